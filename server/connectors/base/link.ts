import { WebSocket, type RawData } from 'ws';
import { scrubber } from './http';
import { parseRetryAfter, refusalOf } from './refusal';

/** How one socket ended. `refused` is final for this host, `limited` has a date, `lost` may be tried again with back-off. */
export interface LinkEnd {
  readonly kind: 'refused' | 'limited' | 'lost';
  /** In plain words, without the next step. */
  readonly words: string;
  readonly retryAfterMs: number | null;
}

export interface LinkOptions {
  readonly venue: string;
  readonly connectTimeoutMs: number;
  /** Largest message accepted, bytes; a larger one ends the link. */
  readonly maxMessageBytes: number;
  /** Client messages per second the venue allows us, with a margin. */
  readonly messagesPerSecond: number;
  /** Client messages waiting for their turn; more are refused by `send`. */
  readonly maxQueued: number;
  /** A key in the address: never part of any words. */
  readonly secret?: string | null;
}

export interface LinkEvents {
  opened(): void;
  message(text: string): void;
  ended(end: LinkEnd): void;
}

/** One WebSocket to a venue, used once. After `close()` or its first `ended` it calls nobody any more. */
export class Link {
  private readonly socket: WebSocket;
  private readonly queue: string[] = [];
  private sendTimer: NodeJS.Timeout | null = null;
  private done = false;
  /** Tokens left in this second: what was sent within the last second counts. */
  private sentAt: number[] = [];
  /** Takes our key out of what the venue says. */
  private readonly scrub: (text: string) => string;

  constructor(
    readonly generation: number,
    readonly url: string,
    private readonly options: LinkOptions,
    private readonly events: LinkEvents,
  ) {
    this.scrub = scrubber(options.secret ? [options.secret] : []);
    this.socket = new WebSocket(url, {
      handshakeTimeout: options.connectTimeoutMs,
      maxPayload: options.maxMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.listen();
  }

  get open(): boolean {
    return !this.done && this.socket.readyState === WebSocket.OPEN;
  }

  /** Messages sent within the last second. */
  get sentInSecond(): number {
    const now = performance.now();
    return this.sentAt.filter((t) => now - t < 1_000).length;
  }

  /** Sends within the venue's message limit; false = not open or too many waiting. */
  send(text: string): boolean {
    if (!this.open || this.queue.length >= this.options.maxQueued) return false;
    this.queue.push(text);
    this.pump();
    return true;
  }

  /** Ends the link silently: no callback follows. The socket is cut when the venue does not answer the close frame. */
  close(): void {
    this.done = true;
    this.clear();
    if (this.socket.readyState === WebSocket.CONNECTING) this.socket.terminate();
    else this.socket.close(1000);
    const cut = setTimeout(() => this.socket.terminate(), 1_000);
    cut.unref();
    this.socket.once('close', () => clearTimeout(cut));
  }

  /** Cuts the socket without a close frame and reports it as lost. */
  abort(words: string): void {
    this.end({ kind: 'lost', words, retryAfterMs: null });
    this.socket.terminate();
  }

  private listen(): void {
    const { socket, options } = this;
    let failure: string | null = null;
    socket.on('open', () => !this.done && this.events.opened());
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (this.done || isBinary) return;
      this.events.message(data.toString());
    });
    socket.on('unexpected-response', (request, response) => {
      const retryAfterMs = parseRetryAfter(response.headers['retry-after'], Date.parse(response.headers.date ?? ''));
      const status = response.statusCode ?? 0;
      response.resume();
      request.destroy();
      this.end({ ...refusalOf(options.venue, status, ''), retryAfterMs });
    });
    socket.on('error', (error) => {
      failure = faultWords(options, error);
    });
    socket.on('close', (code, reason) => {
      const text = this.scrub(reason.toString('utf8')).slice(0, 120);
      this.end({ kind: 'lost', retryAfterMs: null, words: failure ?? `the venue closed the connection (code ${code}${text && `: ${text}`})` });
    });
  }

  private end(end: LinkEnd): void {
    if (this.done) return;
    this.done = true;
    this.clear();
    this.events.ended({ ...end, words: this.scrub(end.words) });
  }

  private clear(): void {
    this.queue.length = 0;
    if (this.sendTimer) clearTimeout(this.sendTimer);
    this.sendTimer = null;
  }

  /** Sends what the sliding second allows and comes back for the rest. */
  private pump(): void {
    if (this.sendTimer || !this.open) return;
    const now = performance.now();
    this.sentAt = this.sentAt.filter((t) => now - t < 1_000);
    while (this.queue.length > 0 && this.sentAt.length < this.options.messagesPerSecond) {
      this.socket.send(this.queue.shift() ?? '');
      this.sentAt.push(now);
    }
    if (this.queue.length === 0) return;
    const wait = 1_000 - (now - (this.sentAt[0] ?? now));
    this.sendTimer = setTimeout(() => {
      this.sendTimer = null;
      this.pump();
    }, Math.max(1, wait));
  }
}

/** A socket fault in words; the code of the system only where there is no better. */
function faultWords(options: LinkOptions, error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the address of ${options.venue} cannot be found: no network or no name service`;
    case 'ECONNREFUSED':
      return `nothing answers at the address of ${options.venue}`;
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `${options.venue} cannot be reached from this network`;
    case 'ECONNRESET':
      return `the connection to ${options.venue} was cut`;
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
      return `${options.venue} sent a message larger than ${options.maxMessageBytes} bytes`;
    default:
      return /handshake has timed out/.test(error.message) ? `${options.venue} did not answer within ${options.connectTimeoutMs / 1_000} s` : error.message;
  }
}
