import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../observability/folder';
import type { Logger } from '../../observability/logger';
import type { BudgetLedger } from './budget';
import { isRecord, parseJson } from './json';

interface Period {
  readonly start: number;
  readonly used: number;
}

/** A ledger that forgets at the end of the process. */
export function memoryLedger(): BudgetLedger {
  return ledgerOf(new Map(), () => undefined);
}

function ledgerOf(periods: Map<string, Period>, changed: () => void): BudgetLedger {
  return {
    used(id, periodStart) {
      const known = periods.get(id);
      return known?.start === periodStart ? known.used : 0;
    },
    note(id, periodStart, used) {
      periods.delete(id);
      periods.set(id, { start: periodStart, used });
      changed();
    },
  };
}

/** A few budgets per source; more are of sources that are gone, the oldest first. */
const MAX_ENTRIES = 200;

/**
 * A ledger in a small file: counts by source and period, no keys. Written whole beside the old one and put in its place, so that
 * a power cut leaves either. What cannot be read starts empty; what cannot be written is told once and kept in memory.
 */
export function fileLedger(path: string, log: Logger): BudgetLedger {
  const periods = readPeriods(path, log);
  let told = false;
  return ledgerOf(periods, () => {
    while (periods.size > MAX_ENTRIES) periods.delete(periods.keys().next().value ?? '');
    try {
      makeFolder(dirname(path));
      writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(periods)));
      renameSync(`${path}.new`, path);
      told = false;
    } catch (error) {
      if (!told) log.warn({ err: error }, 'budgets of sources cannot be written: a restart will forget what was used');
      told = true;
    }
  });
}

function readPeriods(path: string, log: Logger): Map<string, Period> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // No file is the first start; anything else is worth a line.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) log.warn({ err: error }, 'budgets of sources cannot be read: counted from zero');
    return new Map();
  }
  const body = parseJson(text);
  if (!isRecord(body)) {
    log.warn('the file of budgets is broken: counted from zero');
    return new Map();
  }
  return new Map(Object.entries(body).slice(-MAX_ENTRIES).flatMap(([id, value]) => {
    const { start, used } = isRecord(value) ? value : {};
    return typeof start === 'number' && typeof used === 'number' && used >= 0 ? [[id, { start, used }] as const] : [];
  }));
}
