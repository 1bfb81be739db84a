import { expect, it } from 'vitest';
import type { EventsOf } from '../support/connectorRig';
import type { FakeVenue } from '../support/fakeVenue';
import { waitFor } from '../support/waitFor';

type BookCase = 'B01' | 'B02' | 'B03' | 'B04' | 'B05';
/** A connector with books against its fake venue. */
type Rig = (prepare?: (venue: FakeVenue) => void) => Promise<{ readonly venue: FakeVenue; readonly of: EventsOf; readonly asked: () => Promise<unknown> }>;

/** The numbered cases of order books; those a venue cannot meet are named by its suite. */
export function bookCases(applies: (id: BookCase) => boolean, rig: Rig): void {
  if (applies('B01')) it('B01 gives no delta before the snapshot, then the book in sequence', async () => {
    const { venue, of, asked } = await rig();
    await asked();
    venue.depth('BTCUSDT', 99, 101, [['99.00', '3']]);
    venue.depth('BTCUSDT', 102, 103, [], [['101.00', '0']]);
    await waitFor(() => of('bookState').some((s) => s.state === 'ok'));
    expect(of('book').map((b) => [b.action, b.updateId])).toEqual([['snapshot', 100], ['delta', 101], ['delta', 103]]);
    expect(of('bookState').map((s) => s.state)).toEqual(['syncing', 'ok']);
  });

  if (applies('B02')) it('B02 a lost update is told in the same moment and the book loaded anew', async () => {
    const { venue, of, asked } = await rig();
    await asked();
    venue.depth('BTCUSDT', 101, 101);
    await waitFor(() => of('bookState').at(-1)?.state === 'ok');
    venue.book = { ...venue.book, lastUpdateId: 110 };
    venue.depth('BTCUSDT', 105, 106);
    const gap = await waitFor(() => of('bookState').find((s) => s.state === 'gap'));
    expect(gap.reason).toContain('102 to 104');
    await waitFor(() => of('bookState').at(-1)?.state === 'ok', { message: 'the book was not loaded anew' });
    expect(of('book').at(-1)).toMatchObject({ action: 'snapshot', updateId: 110 });
  });

  if (applies('B03')) it('B03 duplicates and late updates are dropped; a cut makes the book stale', async () => {
    const { venue, of, asked } = await rig();
    await asked();
    venue.depth('BTCUSDT', 101, 101);
    await waitFor(() => of('bookState').at(-1)?.state === 'ok');
    venue.depth('BTCUSDT', 101, 101);
    venue.depth('BTCUSDT', 102, 102);
    venue.depth('BTCUSDT', 90, 95);
    await waitFor(() => of('book').at(-1)?.updateId === 102);
    venue.drop();
    await waitFor(() => of('bookState').at(-1)?.state === 'stale');
    expect(of('book').map((b) => b.updateId)).toEqual([100, 101, 102]);
  });

  if (applies('B04')) it('B04 a snapshot that comes late finds its place in what came meanwhile', async () => {
    const { venue, of, asked } = await rig((v) => (v.restFault = { status: 200, body: null, delayMs: 80, path: 'depth' }));
    await asked();
    venue.depth('BTCUSDT', 95, 100);
    await waitFor(() => venue.restCalls.some((c) => c.includes('depth')));
    for (let id = 101; id <= 110; id += 1) venue.depth('BTCUSDT', id, id, [['99.00', String(id)]]);
    await waitFor(() => of('bookState').at(-1)?.state === 'ok');
    expect(of('book').map((b) => b.updateId)).toEqual([100, ...Array.from({ length: 10 }, (_, i) => 101 + i)]);
  });

  if (applies('B05')) it('B05 an update that overtakes another is a gap in the same moment, and repaired by one snapshot', async () => {
    const { venue, of, asked } = await rig();
    await asked();
    venue.depth('BTCUSDT', 101, 101);
    await waitFor(() => of('bookState').at(-1)?.state === 'ok');
    venue.book = { ...venue.book, lastUpdateId: 104 };
    venue.onNetwork('duplicate', 'reordered');
    for (let id = 102; id <= 104; id += 1) venue.depth('BTCUSDT', id, id);
    await waitFor(() => of('bookState').filter((s) => s.state === 'ok').length === 2, { message: 'the book was not loaded anew' });
    expect(of('bookState').map((s) => s.state)).toEqual(['syncing', 'ok', 'gap', 'ok']);
    expect(of('book').filter((b) => b.action === 'snapshot').length).toBe(2);
  });
}
