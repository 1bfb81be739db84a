import { BROWSER_ROWS } from './rows/browser';
import { CLOCK_ROWS } from './rows/clock';
import { EDGE_ROWS } from './rows/edge';
import { FRAME_ROWS } from './rows/frames';
import { LINK_ROWS } from './rows/link';
import { LOAD_ROWS } from './rows/load';
import { PROCESS_ROWS } from './rows/process';
import { SOAK_ROWS } from './rows/soak';
import { STORAGE_ROWS } from './rows/storage';
import { VENUE_ROWS } from './rows/venue';
import type { FaultRow } from './trial';

/** Every row that needs no cluster, in the order of its number. */
export const MATRIX: readonly FaultRow[] = [...LINK_ROWS, ...FRAME_ROWS, ...LOAD_ROWS, ...PROCESS_ROWS, ...CLOCK_ROWS, ...STORAGE_ROWS, ...EDGE_ROWS, ...BROWSER_ROWS, ...SOAK_ROWS, ...VENUE_ROWS].toSorted((a, b) => a.id.localeCompare(b.id));

/** Rows that need several nodes and are left out by name. */
export const CLUSTER_ROWS: Readonly<Record<string, string>> = {
  F33: 'node loss in a cluster (gateway)', F34: 'node loss (owner of the feed)', F35: 'NATS leader lost, NATS down, NATS slow', F36: 'ordered consumer silently stalled',
};
