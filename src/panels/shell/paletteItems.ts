import type { InstrumentView } from '@/stores/types';
import { instrumentPath } from '../paths';
import { matches } from '../PriceTable/rows';

export interface PaletteItem {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  /** Address to go to, or null for an action. */
  readonly path: string | null;
}
export interface PaletteAction extends PaletteItem { readonly run: () => void }

/** Most items shown at once. */
export const PALETTE_LIMIT = 12;

const startsWith = (i: InstrumentView, text: string): boolean => i.symbol.toLowerCase().replace('/', '').startsWith(text.toLowerCase().replace('/', ''));

/** Symbols whose name begins with the text first, then those that contain it, then actions; at most `PALETTE_LIMIT`. */
export function findItems(text: string, instruments: readonly InstrumentView[], actions: readonly PaletteAction[]): readonly (PaletteItem | PaletteAction)[] {
  const wanted = text.trim();
  const found = instruments.filter((i) => matches(i, wanted));
  const ordered = wanted ? [...found.filter((i) => startsWith(i, wanted)), ...found.filter((i) => !startsWith(i, wanted))] : found;
  const symbols = ordered.map((i) => ({ id: i.symbol, title: i.symbol, detail: i.name, path: instrumentPath(i.symbol) }));
  const words = wanted.toLowerCase();
  const fitting = actions.filter((a) => `${a.title} ${a.detail}`.toLowerCase().includes(words));
  return wanted ? [...symbols.slice(0, PALETTE_LIMIT), ...fitting].slice(0, PALETTE_LIMIT) : [...fitting, ...symbols].slice(0, PALETTE_LIMIT);
}
