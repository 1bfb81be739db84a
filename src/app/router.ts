import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router';
import AppShell from '@/views/AppShell.vue';
import MarketView from '@/views/MarketView.vue';

/** A symbol may hold a slash; links escape it, but an address typed by hand works as well. */
export const routes: readonly RouteRecordRaw[] = [
  { path: '/', redirect: '/market' },
  { path: '/index.html', redirect: '/market' },
  { path: '/market', component: MarketView, meta: { title: 'Market' } },
  { path: '/market/:symbol(.+)', component: () => import('@/views/InstrumentView.vue') },
  { path: '/analysis', component: () => import('@/views/AnalysisView.vue'), meta: { title: 'Analysis' } },
  { path: '/analysis/scorecard', component: () => import('@/views/ScorecardView.vue'), meta: { title: 'Scorecard' } },
  { path: '/analysis/method', component: () => import('@/views/MethodView.vue'), meta: { title: 'Method' } },
  { path: '/status', component: () => import('@/views/StatusView.vue'), meta: { title: 'Status' } },
  { path: '/replay/:room(.*)?', component: () => import('@/views/ReplayView.vue'), meta: { title: 'Replay' } },
  { path: '/:rest(.*)*', component: () => import('@/views/NotFoundView.vue'), meta: { title: 'Page not found' } },
];

/** The app's root component; it holds the place where views appear. */
export const Shell = AppShell;

/** Routes below the app's own root, wherever that is hosted. */
export function createAppRouter(base: URL): Router {
  return createRouter({ history: createWebHistory(base.pathname), routes: [...routes] });
}
