import { against } from './fanout';
import type { Figure } from './figure';
import { OWN_SYMBOLS } from './peers/subject';
import { race } from './race';

const CLIENTS = 1_000;

/** A thousand clients, each with a set of symbols of its own: nothing is shared but the rows. */
export async function measureViews(): Promise<Figure[]> {
  const [product, naive] = await race([{ subject: 'product', dialect: 'sparse', ticks: 100, options: { marketIntervalMs: 1 } }, { subject: 'naive ws', dialect: 'naive ws', ticks: 6 }], { clients: CLIENTS, own: true });
  return product && naive ? against(`views, ${CLIENTS} different sets of ${OWN_SYMBOLS} symbols`, product, [{ name: 'naive ws', result: naive, budget: 10 }]) : [];
}
