import { createPinia } from 'pinia';
import { createApp } from 'vue';
import { createAccessApi } from '@/service/access';
import { useSettingsStore } from '@/stores/settings';
import LoginView from '@/views/LoginView.vue';
import { appBase } from './base';
import { loadConfig } from './config';
import { heldFor, hold } from './held';

/** Where to go after the sign-in: a page of this app, never another host. */
export function targetOf(search: string, base: URL): string {
  const asked = new URLSearchParams(search).get('to') ?? '';
  const home = new URL(base.pathname, base);
  const target = URL.canParse(asked, home) ? new URL(asked, home) : home;
  const inside = target.origin === home.origin && target.pathname.startsWith(home.pathname) && !target.pathname.endsWith('/login');
  return inside ? target.href : home.href;
}

/** The page on which one signs in: by itself, without streams and prices. */
export async function startSignIn(root: string): Promise<void> {
  const base = appBase();
  const { server } = await loadConfig(base);
  const own = server === base.href;
  const api = createAccessApi(server, heldFor(base, server)?.fetch);
  const app = createApp(LoginView, {
    server: new URL(server).host,
    out: new URLSearchParams(location.search).has('out'),
    session: () => api.session(new AbortController().signal),
    signIn: async (token: string) => {
      const answer = await api.signIn(token, own, new AbortController().signal);
      if (answer.ok && answer.value.session !== undefined) hold(answer.value.session);
      return answer;
    },
    go: () => location.assign(targetOf(location.search, base)),
  });
  app.use(createPinia());
  const { theme, palette } = useSettingsStore();
  Object.assign(document.documentElement.dataset, { theme, palette });
  document.title = 'Sign in · Tickglass';
  app.mount(root);
}
