import type { IconName } from '@/components/icons';

/** The views in the bars, each with its key. */
export const VIEWS: readonly { readonly path: string; readonly title: string; readonly key: string; readonly icon: IconName }[] = [
  { path: '/market', title: 'Market', key: '1', icon: 'market' },
  { path: '/analysis', title: 'Analysis', key: '2', icon: 'analysis' },
  { path: '/status', title: 'Status', key: '3', icon: 'status' },
  { path: '/replay', title: 'Replay', key: '4', icon: 'replay' },
];
