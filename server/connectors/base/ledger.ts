import type { BudgetLedger } from './connector';

/** A ledger that forgets at the end of the process. */
export function memoryLedger(): BudgetLedger {
  const periods = new Map<string, { start: number; used: number }>();
  return {
    used(id, periodStart) {
      const known = periods.get(id);
      return known?.start === periodStart ? known.used : 0;
    },
    note: (id, periodStart, used) => void periods.set(id, { start: periodStart, used }),
  };
}
