import type { Client, ClientEvents } from '@/service';
import { applyChange } from '.';
import type { LateHandlers } from './late';
import type { Stores } from './stores';

type Handlers = { readonly [K in keyof ClientEvents]: (payload: ClientEvents[K]) => void };

/** Wires everything the client tells to the stores. A new event does not compile until it has an entry. */
export function wireClient(client: Pick<Client, 'on'>, stores: Stores, late: LateHandlers, touched: () => void): void {
  const { connection } = stores;
  const handlers: Handlers = {
    // Said already by the stream's status and by activity lines.
    connected: () => undefined,
    disconnected: () => undefined,
    receipt: () => undefined,
    status: () => undefined,
    rejected: () => undefined,
    stream: (status) => connection.setStream(status),
    change: (change) => {
      applyChange(stores, change, late);
      touched();
    },
    mode: (mode) => connection.setMode(mode),
    feeds: (feeds) => connection.setFeeds(feeds),
    feedTime: ({ time, heardAt }) => connection.setFeedTime(time, heardAt),
    server: ({ version }) => connection.setServerVersion(version),
    activity: (note) => connection.log(note),
  };
  const wire = <K extends keyof ClientEvents>(event: K): void => void client.on(event, handlers[event]);
  for (const event of Object.keys(handlers) as (keyof ClientEvents)[]) wire(event);
}
