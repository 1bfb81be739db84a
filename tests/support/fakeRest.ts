import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { TickerEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import type { ConnectorContext } from '../../server/connectors/base/connector';
import { REST_DEFAULTS, type RestVenueOptions } from '../../server/connectors/base/restVenue';
import { collectingContext } from './connectorRig';

/** Answer of the fake: a body for status 200, or all of it. */
export type FakeAnswer = { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> };

/** A REST source on loopback. `answer` says what it gives for a path; calls are kept. */
export class FakeRest {
  readonly calls: { readonly path: string; readonly headers: IncomingMessage['headers'] }[] = [];
  answer: (path: string) => FakeAnswer = () => ({ status: 404, body: { message: 'not found' } });
  /** Cuts connections instead of answering. */
  down = false;
  private readonly server = createServer((request, response) => {
    if (this.down) return void request.socket.destroy();
    const path = request.url ?? '';
    this.calls.push({ path, headers: request.headers });
    const { status = 200, body, headers = {} } = this.answer(path);
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });

  static async start(): Promise<FakeRest> {
    const fake = new FakeRest();
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What a test began ends with it: the last one first, so a connector before its source. */
export function untilEnd<T extends { stop(): Promise<void> }>(started: T): T {
  onTestFinished(() => started.stop());
  return started;
}

/** Timings of a REST source for tests. */
export const FAST_REST: RestVenueOptions = {
  ...REST_DEFAULTS, spacingMs: 5, lookMs: 5, breaker: { failures: 2, backoff: { firstMs: 30, baseMs: 30, capMs: 60 } }, http: { ...REST_DEFAULTS.http, timeoutMs: 500 },
};

/** A context for one REST source that collects its values. */
export function restRig(fake: FakeRest, instruments: readonly Instrument[], more: Partial<ConnectorContext> = {}) {
  const context = { ...collectingContext({ ws: '', rest: fake.url }, instruments), ...more };
  const { events } = context;
  return {
    context, events,
    tickers: () => events.filter((event): event is TickerEvent => event.type === 'ticker'),
    states: () => events.flatMap((event) => (event.type === 'feedStatus' ? [event.state] : [])),
  };
}
