import { defaultHorzScaleBehavior, type IHorzScaleBehavior, type TickMark, type Time, type TimeScalePoint } from 'lightweight-charts';
import { tickLabel, tickRank, type TickRank, type ZoneClock } from '@/core/market/chartTime';

/** The library's own ranks of labels (TickMarkWeight). */
const WEIGHTS: Readonly<Record<TickRank, number>> = {
  none: 0, second: 10, minute: 20, fiveMinutes: 21, halfHour: 22, hour: 30, threeHours: 31, sixHours: 32, halfDay: 33, day: 50, month: 60, year: 70,
};
const Plain: new () => IHorzScaleBehavior<Time> = defaultHorzScaleBehavior();

/** The library ranks labels by UTC days and hours; this one by those of a named zone, so that "31" stands where the zone's day begins. */
export class ZoneScale extends Plain {
  clock: ZoneClock | null = null;
  private labelled: ZoneClock | null = null;

  override fillWeightsForPoints(points: readonly { -readonly [K in keyof TimeScalePoint]: TimeScalePoint[K] }[], from: number): void {
    const { clock } = this;
    if (!clock) return super.fillWeightsForPoints(points, from);
    for (let i = from; i < points.length; i++) {
      const point = points[i];
      if (!point) continue;
      const before = i === 0 ? null : msOf(points[i - 1]?.originalTime);
      // The first one has nothing before it: it is ranked as if a candle of the same length were.
      const ahead = before ?? 2 * msOf(point.originalTime) - msOf(points[1]?.originalTime ?? point.originalTime);
      point.timeWeight = WEIGHTS[tickRank(ahead, msOf(point.originalTime), clock)] as TimeScalePoint['timeWeight'];
    }
  }

  override formatTickmark({ weight, originalTime }: TickMark): string {
    const name = weight >= WEIGHTS.year ? 'year' : weight >= WEIGHTS.month ? 'month' : weight >= WEIGHTS.day ? 'day' : weight >= WEIGHTS.minute ? 'time' : 'seconds';
    return this.clock ? tickLabel(msOf(originalTime), name, this.clock) : '';
  }

  /** Labels are kept by the library; after a change of the zone they are other ones. */
  override shouldResetTickmarkLabels(): boolean {
    const changed = this.clock !== this.labelled;
    this.labelled = this.clock;
    return changed;
  }
}

const msOf = (time: unknown): number => (typeof time === 'number' ? time * 1_000 : 0);
