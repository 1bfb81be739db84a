import type { Component } from 'vue';
import { PANEL_IDS, type PanelId } from '@/stores/layoutTree';

export interface PanelFacts {
  readonly title: string;
  /** What it shows, for tooltips. */
  readonly words: string;
  /** Each is fetched when it is first shown. It takes `symbol` and fills its container. */
  readonly load: () => Promise<{ default: Component }>;
}

export const PANELS: Readonly<Record<PanelId, PanelFacts>> = {
  chart: { title: 'Chart', words: 'Candles, indicators and drawings', load: () => import('../Chart/ChartPanel.vue') },
  book: { title: 'Book', words: 'Order book as a ladder', load: () => import('../OrderBook/OrderBook.vue') },
  tape: { title: 'Trades', words: 'Each trade as it comes', load: () => import('../TradeTape/TradeTape.vue') },
  depth: { title: 'Depth', words: 'Cumulated sizes of both sides', load: () => import('../DepthChart/DepthChart.vue') },
  compare: { title: 'Venues', words: 'The same instrument at every venue', load: () => import('../ComparePanel/ComparePanel.vue') },
  analysis: { title: 'Analysis', words: 'Ratings and sentiment of this symbol', load: () => import('../InstrumentPanel/SymbolAnalysis.vue') },
  hour: { title: 'Last hour', words: 'One point a minute', load: () => import('../InstrumentPanel/HourPanel.vue') },
};
/** In the order of menus and of the tabs on narrow screens. */
export const PANEL_ORDER: readonly PanelId[] = PANEL_IDS;
