import { decodeServer, STREAM_NAMES, STREAMS, TICKET_PROTOCOL, TicketAnswer, CLOSE, ANY_STREAM_PATH } from '@/core/contract';
import { createAsk } from './ask';
import type { FetchLike, WebSocketConstructor, WebSocketLike } from './types';

/** What a client needs where requests cannot carry a cookie: a page on another host, a bot. To be spread into the options of `createClient`. */
export interface Credential {
  readonly fetch: FetchLike;
  readonly WebSocket: WebSocketConstructor;
}

interface Platform {
  readonly fetch?: FetchLike;
  readonly WebSocket?: WebSocketConstructor;
}

type Ticket = { readonly ticket: string } | { readonly closeCode: number };
const TYPES = ['open', 'message', 'error', 'close'] as const;
/** Part of its time after which a right that came by ticket is renewed. */
const RENEW_AT = 0.8;

/**
 * Requests with `Authorization: Bearer`, sockets with a one-time ticket in their hello: neither stands in an address.
 * @param token of the server (TICKGLASS_TOKEN, TICKGLASS_VIEWER_TOKEN), or a session that a sign-in gave.
 */
export function withToken(server: string, token: string, { fetch: get = (url, init) => fetch(url, init), WebSocket: Base = platformSocket() }: Platform = {}): Credential {
  const signed: FetchLike = (url, init) => get(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  const ask = createAsk(server, signed);
  const ticketFor = async (url: string): Promise<Ticket> => {
    const answer = await ask('POST', 'api/v1/ws-ticket', TicketAnswer, new AbortController().signal, { body: { stream: streamOf(url) } });
    if (answer.ok) return { ticket: answer.value.ticket };
    return { closeCode: answer.error.code === 'unauthorized' ? CLOSE.unauthenticated.code : answer.error.code === 'rate_limited' ? CLOSE.rateLimited.code : CLOSE.abnormal.code };
  };
  class Signed extends TicketSocket {
    constructor(url: string, protocols: string[] = []) {
      super(Base, url, protocols, () => ticketFor(url));
    }
  }
  return { fetch: signed, WebSocket: Object.assign(Signed, { CLOSING: Base.CLOSING }) };
}

function platformSocket(): WebSocketConstructor {
  const found = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (!found) throw new TypeError('This platform has no WebSocket; pass one, e.g. that of the ws package');
  return found;
}

const streamOf = (url: string): string => {
  const { pathname } = new URL(url);
  return STREAM_NAMES.find((name) => pathname.endsWith(STREAMS[name].path)) ?? (pathname.endsWith(ANY_STREAM_PATH) ? 'any' : '');
};

/** A socket that asks for its ticket before it connects, says it in its hello, and renews it in time. */
class TicketSocket implements WebSocketLike {
  binaryType = 'blob';
  private socket: WebSocketLike | null = null;
  private ended = false;
  private ticket = '';
  private renewal: ReturnType<typeof setTimeout> | null = null;
  private readonly listeners = new Map<string, Set<(event: never) => void>>();

  constructor(private readonly Base: WebSocketConstructor, url: string, protocols: string[], private readonly ask: () => Promise<Ticket>) {
    void this.begin(url, protocols);
  }

  get readyState(): number {
    return this.ended ? 3 : (this.socket?.readyState ?? 0);
  }

  get protocol(): string {
    return this.socket?.protocol ?? '';
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.listeners.set(type, (this.listeners.get(type) ?? new Set()).add(listener));
  }

  removeEventListener(type: string, listener: (event: never) => void): void {
    this.listeners.get(type)?.delete(listener);
  }

  send(data: string): void {
    this.socket?.send(this.ticket === '' || !data.startsWith('{"type":"hello"') ? data : this.signed(data));
  }

  close(code?: number, reason?: string): void {
    this.stopRenewal();
    if (this.socket) this.socket.close(code, reason);
    else this.ended = true;
  }

  private signed(hello: string): string {
    const { ticket } = this;
    this.ticket = '';
    return `${hello.slice(0, -1)},"auth":${JSON.stringify({ ticket })}}`;
  }

  private async begin(url: string, protocols: string[]): Promise<void> {
    const given = await this.ask();
    if (this.ended) return;
    if ('closeCode' in given) return this.fail(given.closeCode);
    this.ticket = given.ticket;
    // A plain client says no hello: its ticket stands in the address, good for once.
    const address = protocols.length > 0 ? url : `${url}?ticket=${encodeURIComponent(given.ticket)}`;
    const socket = (this.socket = new this.Base(address, protocols.length > 0 ? [...protocols, TICKET_PROTOCOL] : []));
    socket.binaryType = this.binaryType;
    for (const type of TYPES) socket.addEventListener(type, (event: never) => this.heard(type, event));
  }

  private heard(type: string, event: { readonly data?: unknown }): void {
    if (type === 'message' && typeof event.data === 'string') this.look(event.data);
    if (type === 'close') this.stopRenewal();
    this.tell(type, event);
  }

  /** How long the right lasts is told in the greeting and after each renewal. */
  private look(text: string): void {
    if (!text.startsWith('{"type":"hello"') && !text.startsWith('{"type":"auth_ok"')) return;
    const decoded = decodeServer(text);
    const message = decoded.ok && 'type' in decoded.value ? decoded.value : null;
    const ms = message?.type === 'hello' ? message.auth.expires_in_ms : message?.type === 'auth_ok' ? message.expires_in_ms : null;
    this.stopRenewal();
    if (ms !== null) this.renewal = setTimeout(() => void this.renew(), ms * RENEW_AT);
  }

  /** What cannot be renewed ends with 4410, and the next connection brings a new ticket. */
  private async renew(): Promise<void> {
    const given = await this.ask();
    if ('ticket' in given) this.socket?.send(JSON.stringify({ type: 'auth', ticket: given.ticket }));
  }

  private stopRenewal(): void {
    if (this.renewal !== null) clearTimeout(this.renewal);
    this.renewal = null;
  }

  private fail(code: number): void {
    this.ended = true;
    if (code === CLOSE.abnormal.code) this.tell('error', { type: 'error' });
    this.tell('close', { type: 'close', code, reason: '' });
  }

  private tell(type: string, event: object): void {
    for (const listener of [...(this.listeners.get(type) ?? [])]) listener(event as never);
  }
}
