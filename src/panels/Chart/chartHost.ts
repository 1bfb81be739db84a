import type { ComputedRef, ShallowRef } from 'vue';
import type { Label } from '@/components/kinds';
import type { CandleFeed } from '@/composables/useCandles';
import type { ZoneClock } from '@/core/market/chartTime';
import type { DrawingKind } from '@/stores/drawings';
import type { ChartLook } from './look';
import type { ChartRenderer } from './renderer';
import type { ChartLines } from './useChartLines';

/** What the candles of a chart share with all that stands around them, which comes after their first paint. */
export interface ChartHost {
  readonly symbol: () => string;
  readonly feed: CandleFeed;
  readonly renderer: ShallowRef<ChartRenderer | null>;
  readonly look: ShallowRef<ChartLook | null>;
  readonly clock: ComputedRef<ZoneClock>;
  /** Where the candles are drawn, and keys are heard. */
  readonly element: Readonly<ShallowRef<HTMLElement | null>>;
  readonly lines: ChartLines;
  /** The symbol compared with; null = none. */
  readonly compare: ShallowRef<string | null>;
  /** The drawing tool in hand; null = none. */
  readonly tool: ShallowRef<DrawingKind | null>;
  /** What is in sight, in words. */
  readonly summary: ShallowRef<string>;
  /** What kind of data the candles are. */
  readonly kind: ComputedRef<Label>;
  readonly decimals: () => number;
  /** Smallest price step. */
  readonly tick: () => number;
  /** Whether prices come. */
  readonly moving: () => boolean;
}
