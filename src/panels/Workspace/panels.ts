import type { Component } from 'vue';
import { PANEL_IDS, type PanelId } from '@/stores/layoutTree';

/** Panels that other folders hold, by file; a folder that is not there is a panel that is not offered. */
const FILES = import.meta.glob<{ default: Component }>(['../Chart/ChartPanel.vue', '../OrderBook/OrderBook.vue', '../DepthChart/DepthChart.vue', '../TradeTape/TradeTape.vue', '../ComparePanel/ComparePanel.vue', '../InstrumentPanel/SymbolAnalysis.vue', '../InstrumentPanel/HourPanel.vue']);

export interface PanelFacts {
  readonly title: string;
  /** What it shows, for tooltips. */
  readonly words: string;
  readonly load: () => Promise<{ default: Component }>;
}
const entry = (title: string, words: string, file: string): PanelFacts | null => {
  const load = FILES[file];
  return load ? { title, words, load } : null;
};
const ALL: Readonly<Record<PanelId, PanelFacts | null>> = {
  chart: entry('Chart', 'Candles, indicators and drawings', '../Chart/ChartPanel.vue'),
  book: entry('Book', 'Order book as a ladder', '../OrderBook/OrderBook.vue'),
  tape: entry('Trades', 'Each trade as it comes', '../TradeTape/TradeTape.vue'),
  depth: entry('Depth', 'Cumulated sizes of both sides', '../DepthChart/DepthChart.vue'),
  compare: entry('Venues', 'The same instrument at every venue', '../ComparePanel/ComparePanel.vue'),
  analysis: entry('Analysis', 'Ratings and sentiment of this symbol', '../InstrumentPanel/SymbolAnalysis.vue'),
  hour: entry('Last hour', 'One point a minute', '../InstrumentPanel/HourPanel.vue'),
};

/** Facts of a panel; null when this page does not have it. */
export const panelFacts = (id: PanelId): PanelFacts | null => ALL[id];
export const AVAILABLE: readonly PanelId[] = PANEL_IDS.filter((id) => ALL[id] !== null);
