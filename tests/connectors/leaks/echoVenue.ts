import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';

/** What a venue may do with a request: each way puts the secrets into another place of its answer. */
const WAYS = ['error body in HTTP 200', 'error text', 'redirect', 'web page', 'status text', 'broken JSON', 'limited'] as const;

/**
 * Venues that repeat the key they were sent in whatever they say: error bodies inside HTTP 200, error texts, redirects, status
 * lines, frames, refused handshakes and close reasons; plain, percent-encoded and in base64. The first part of the path names the
 * venue.
 */
export class EchoVenue {
  /** Addresses and headers of all requests, to prove that the secret was really sent. */
  readonly requests: string[] = [];
  readonly frames: string[] = [];
  private calls = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server, private readonly upgrades: WebSocketServer, private readonly keys: Readonly<Record<string, string>>) {}

  /** @param keys by venue id. */
  static async start(keys: Readonly<Record<string, string>>): Promise<EchoVenue> {
    const server = createServer();
    const venue = new EchoVenue(server, new WebSocketServer({ noServer: true }), keys);
    server.on('connection', (socket) => {
      venue.sockets.add(socket);
      socket.on('close', () => venue.sockets.delete(socket));
      // A handshake that is refused has no other listener: its reset must not end the test.
      socket.on('error', () => socket.destroy());
    });
    server.on('request', (request, response) => venue.answer(request, response));
    server.on('upgrade', (request, socket: Socket, head) => venue.upgrade(request, socket, head));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return venue;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Notes a request and gives what is said to it. */
  private note(request: IncomingMessage): string {
    this.requests.push(`${request.url ?? ''} ${JSON.stringify(request.headers)}`);
    this.calls += 1;
    const key = this.keys[(request.url ?? '').split(/[/?]/)[1] ?? ''];
    // Often enough that wherever a text is cut off, the cut goes through a key.
    return key === undefined ? 'no' : Array.from({ length: 4 }, () => forms([key]).join(' ')).join(' ');
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const said = this.note(request);
    const way = WAYS[this.calls % WAYS.length];
    const error = { code: 400, status: 'error', message: said, msg: said, error: said, 'Error Message': said, Information: said, Note: said };
    switch (way) {
      case 'error text':
        return void response.writeHead(400, { 'x-said': said }).end(JSON.stringify(error));
      case 'redirect':
        return void response.writeHead(302, { location: `http://localhost:${this.port}/elsewhere?apikey=${encodeURIComponent(said)}` }).end();
      case 'web page':
        return void response.writeHead(200).end(`<html>${said}</html>`);
      case 'status text':
        return void response.writeHead(500, said.replace(/[^\x20-\x7e]/g, '')).end(said);
      case 'broken JSON':
        return void response.writeHead(200).end(`{"error":"${said}`);
      case 'limited':
        return void response.writeHead(429, { 'retry-after': '1' }).end(JSON.stringify(error));
      default:
        return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(error));
    }
  }

  /** Every third handshake is refused in words; the others are accepted, told errors, and closed with a reason. */
  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const said = this.note(request);
    if (this.calls % 3 === 0) {
      socket.end(`HTTP/1.1 503 ${said}\r\nX-Said: ${said}\r\nContent-Length: ${Buffer.byteLength(said)}\r\nConnection: close\r\n\r\n${said}`);
      return;
    }
    this.upgrades.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      ws.on('message', (data) => this.frames.push(String(data)));
      for (const frame of [
        { type: 'error', msg: said, message: said }, { event: 'subscribe-status', status: 'error', success: null, fails: [{ symbol: 'AAPL', msg: said }], messages: [said] },
        { event: 'error', code: '60012', msg: said }, { error: { code: 2, msg: said }, id: 1 }, { method: 'subscribe', success: false, error: said, symbol: 'BTC/USDT', req_id: 1 }, { type: said, e: said, channel: said },
      ]) ws.send(JSON.stringify(frame));
      ws.send(`{"broken ${said}`);
      ws.close(1008, said.slice(0, 120));
    });
  }
}

/** The ways in which a secret may be written. */
export function forms(secrets: readonly string[]): readonly string[] {
  return secrets.flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')]);
}
