import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { STREAMS } from '@/core/contract';
import { freePort, startServer, type ServerProcess } from '../../support/serverProcess';
import { repoRoot } from '../../support/shared';
import { sane } from '../stage';
import { pause, timeUntil, type FaultRow, type Trial } from '../trial';

const which = (name: string): string | null => ['/usr/sbin', '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
const HOST = 'terminal.example.org';
const TOKEN = 'k7'.repeat(24);

interface Proxied {
  readonly port: number;
  readonly server: ServerProcess;
  /** Ends the proxy and starts it again. */
  restart(): Promise<void>;
}

/** A certificate of our own for the host of the examples. */
function certificate(folder: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, 'fullchain.pem'), join(folder, 'privkey.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

/** The example of the documentation with ports, files and addresses of this run, started with the real program. */
async function proxied(trial: Trial, kind: 'nginx' | 'caddy'): Promise<Proxied> {
  const folder = mkdtempSync(join(tmpdir(), `tickglass-${kind}-`));
  trial.defer(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'logs'));
  const { cert, key } = certificate(folder);
  const [port, plain] = [await freePort(), await freePort()];
  const server = await startServer({ env: { TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_ALLOWED_HOSTS: `${HOST},127.0.0.1`, TICKGLASS_TRUSTED_PROXIES: 'loopback', TICKGLASS_TOKEN: TOKEN } });
  trial.defer(() => server.stop('SIGKILL'));
  const example = readFileSync(join(repoRoot, 'docs/hosting', kind === 'nginx' ? 'nginx.conf' : 'Caddyfile'), 'utf8').replace('127.0.0.1:8000', `127.0.0.1:${server.port}`);
  const file = join(folder, 'proxy.conf');
  if (kind === 'nginx') {
    const site = example.replace('listen 443', `listen 127.0.0.1:${port}`).replace('listen 80', `listen 127.0.0.1:${plain}`).replace('/etc/ssl/tickglass/fullchain.pem', cert).replace('/etc/ssl/tickglass/privkey.pem', key);
    writeFileSync(file, `daemon off;\npid ${folder}/pid;\nerror_log ${folder}/logs/error.log;\nworker_processes 1;\nevents {}\nhttp {\naccess_log off;\nclient_body_temp_path ${folder}/b;\nproxy_temp_path ${folder}/p;\nfastcgi_temp_path ${folder}/f;\nuwsgi_temp_path ${folder}/u;\nscgi_temp_path ${folder}/s;\n${site}\n}\n`);
  } else {
    // The example asks an authority for its certificate; here it is given one.
    writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${example.replace(`${HOST} {`, `https://${HOST}:${port} {\n\ttls ${cert} ${key}`)}`);
  }
  const begin = async (): Promise<() => Promise<void>> => {
    const command = kind === 'nginx' ? ['-c', file, '-p', folder] : ['run', '--config', file, '--adapter', 'caddyfile'];
    const child = spawn(which(kind) ?? kind, command, { stdio: 'ignore', env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await timeUntil(async () => (await ask(port, '/health/live')).status === 200, 15_000, `${kind} answers`);
    return async () => {
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await ended;
      clearTimeout(hard);
    };
  };
  let end = await begin();
  trial.defer(() => end());
  return {
    port, server,
    async restart() {
      await end();
      end = await begin();
    },
  };
}

/** A request through TLS, whose certificate is the one made here. */
function ask(port: number, path: string, options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string; readonly localAddress?: string } = {}): Promise<{ status: number; body: string; cookie: string }> {
  return new Promise((resolve) => {
    const asked = request({ port, host: '127.0.0.1', path, method: options.method ?? 'GET', servername: HOST, rejectUnauthorized: false, headers: { host: HOST, ...options.headers }, ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }) }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, cookie: answer.headers['set-cookie']?.join('; ') ?? '' }));
    });
    asked.on('error', () => resolve({ status: 0, body: '', cookie: '' }));
    asked.end(options.body);
  });
}

/** A socket through TLS with the token, as a bot opens it; comes back by itself with its position. */
class ThroughTls {
  frames = 0;
  opened = 0;
  codes: number[] = [];
  resumed: unknown = null;
  lastAt = 0;
  private place: { epoch: string; seq: number } | null = null;
  private ended = false;
  constructor(private readonly port: number) {
    this.open();
  }
  private open(): void {
    // The name for TLS is passed on, though the type does not know it.
    const options = { servername: HOST, rejectUnauthorized: false, headers: { host: HOST, authorization: `Bearer ${TOKEN}` } };
    const ws = new WebSocket(`wss://127.0.0.1:${this.port}${STREAMS.market.path}`, ['tickglass.v2.json'], options);
    ws.on('error', () => undefined);
    ws.on('open', () => {
      this.opened += 1;
      ws.send(JSON.stringify({ type: 'hello', v: 2, ...(this.place ? { resume: { market: this.place } } : {}) }));
    });
    ws.on('close', (code) => {
      this.codes.push(code);
      if (!this.ended) setTimeout(() => this.open(), 200);
    });
    ws.on('message', (data: Buffer) => {
      this.frames += 1;
      this.lastAt = performance.now();
      const { type, channel, epoch, seq, resumed } = JSON.parse(data.toString('utf8')) as { type?: string; channel?: string; epoch?: string; seq?: number; resumed?: unknown };
      if (type === 'hello') this.resumed = resumed;
      if (channel === 'market' && epoch !== undefined && seq !== undefined) this.place = { epoch, seq };
      if (this.ended) ws.terminate();
    });
  }
  end(): void {
    this.ended = true;
  }
}

const proxies: FaultRow = {
  id: 'F37', fault: 'proxy in front', injection: 'the examples of docs/hosting with real nginx and Caddy, TLS with a certificate made here; idle for 65 s; proxy restarted; server drained', criterion: 'socket through, no idle drop, restart seen as a reconnect with resume, goaway through, address from the trusted proxy only',
  quick: false, limitSeconds: 200, needs: () => ['nginx', 'caddy', 'openssl'].filter((name) => which(name) === null).join(', ') || null,
  async run(trial) {
    for (const kind of ['nginx', 'caddy'] as const) {
      const { port, server, restart } = await proxied(trial, kind);
      const socket = new ThroughTls(port);
      trial.defer(() => socket.end());
      await timeUntil(() => socket.frames > 3, 15_000, 'frames through the proxy');
      trial.holds(`${kind}: WebSocket through TLS`, true);
      trial.holds(`${kind}: page and interface (${(await ask(port, '/')).status}, without token ${(await ask(port, '/api/v1/prices')).status})`, (await ask(port, '/')).status === 200 && (await ask(port, '/api/v1/prices')).status === 401);
      await addresses(trial, kind, port, server);
      if (kind === 'nginx') {
        await pause(65_000);
        trial.holds('nginx: same socket after 65 s (its own limit is 60 s of silence)', socket.opened === 1 && performance.now() - socket.lastAt < 6_000);
      }
      const frames = socket.frames;
      await restart();
      await timeUntil(() => socket.opened === 2 && socket.frames > frames + 2, 15_000, 'a new socket after the restart of the proxy');
      trial.holds(`${kind}: restarted, reconnected with resume (close ${socket.codes.join(', ')})`, JSON.stringify(socket.resumed).includes('"market":true'));
      const ends = socket.codes.length;
      const code = await server.stop('SIGTERM');
      await timeUntil(() => socket.codes.length > ends, 5_000, 'the drain is seen');
      trial.holds(`${kind}: drained (close ${String(socket.codes[ends])}), exit code ${String(code)}`, code === 0 && socket.codes[ends] === 4001);
      socket.end();
    }
  },
};

/** Whose address the server takes an attempt to sign in for: the audit log tells. */
async function addresses(trial: Trial, kind: string, port: number, server: ServerProcess): Promise<void> {
  const body = JSON.stringify({ token: 'wrong'.repeat(9) });
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.77' };
  await ask(port, '/api/v1/login', { method: 'POST', headers, body, localAddress: '127.0.37.5' });
  // Straight to the server from an address that is no proxy of ours cannot be tried on loopback alone; straight from one that is trusted can.
  const answer = await fetch(`${server.url}/api/v1/audit`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const { entries } = (await answer.json()) as { entries: { action: string; address: string }[] };
  const seen = entries.find(({ action }) => action === 'login')?.address ?? 'none';
  trial.holds(`${kind}: the address is that of the client, not what it claims (${seen})`, seen === '127.0.37.5');
}

interface Session { readonly csrf: string | null; readonly mode: string }

const auth: FaultRow = {
  id: 'F38', fault: 'rights: none, wrong, signed out elsewhere, turned clock', injection: 'real server with a token; sockets without, with a wrong one, with a session that ends', criterion: '4401 <= 100 ms without a data byte; 4401 or 4410 <= 5 s after the session ended; others go on',
  quick: true,
  async run(trial) {
    const server = await startServer({ env: { TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_TOKEN: TOKEN, TICKGLASS_LOG_LEVEL: 'info' } });
    trial.defer(() => server.stop('SIGKILL'));
    const own = { origin: server.url };
    const none = await seenBy(server, {});
    await timeUntil(() => none.code !== null, 5_000, 'a close');
    trial.holds('nobody: 4401, no data', none.code === 4401 && !none.types.some((type) => type === 'initial_data' || type === 'market_update' || type === 'hello'));
    trial.within('nobody: closed after', none.closedAt - none.openedAt, 100);
    const wrong = await seenBy(server, { authorization: 'Bearer wrong-wrong-wrong-wrong-wrong-wrong-wrong' });
    await timeUntil(() => wrong.code !== null, 5_000, 'a close');
    trial.holds('wrong token: the same', wrong.code === 4401 && wrong.types.every((type) => type === 'error'));
    const bearer = await seenBy(server, { authorization: `Bearer ${TOKEN}` });
    const signIn = async (): Promise<{ cookie: string; csrf: string }> => {
      const answer = await fetch(`${server.url}/api/v1/login`, { method: 'POST', headers: { 'content-type': 'application/json', ...own }, body: JSON.stringify({ token: TOKEN }) });
      return { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '', csrf: ((await answer.json()) as Session).csrf ?? '' };
    };
    const [one, other] = [await signIn(), await signIn()];
    const [first, second] = [await seenBy(server, { cookie: one.cookie, ...own }), await seenBy(server, { cookie: other.cookie, ...own })];
    await timeUntil(() => [bearer, first, second].every(({ types }) => types.includes('initial_data')), 10_000, 'streams with token and sessions');
    const at = performance.now();
    const out = await fetch(`${server.url}/api/v1/logout`, { method: 'POST', headers: { cookie: one.cookie, 'x-csrftoken': one.csrf, 'content-type': 'application/json', ...own }, body: '{}' });
    await timeUntil(() => first.code !== null, 10_000, 'the socket of the ended session is closed');
    trial.holds(`signed out (${out.status}): ${String(first.code)}`, first.code === 4401 || first.code === 4410);
    trial.within('closed after the sign-out', performance.now() - at, 5_000);
    trial.holds('the other session and the bearer go on', second.code === null && bearer.code === null);
    trial.holds('the log holds neither token nor cookie', !server.output().includes(TOKEN) && !server.output().includes(one.cookie.split('=')[1] ?? 'none'));
    await sane(trial, server, [], TOKEN);
    for (const { ws } of [first, second, bearer, none, wrong]) ws.terminate();
  },
};

interface Seen {
  readonly ws: WebSocket;
  readonly types: string[];
  code: number | null;
  openedAt: number;
  closedAt: number;
}
async function seenBy(server: ServerProcess, headers: Record<string, string>): Promise<Seen> {
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}${STREAMS.market.path}`, { headers });
  const seen: Seen = { ws, types: [], code: null, openedAt: 0, closedAt: 0 };
  ws.on('message', (data: Buffer) => seen.types.push((JSON.parse(data.toString('utf8')) as { type?: string }).type ?? ''));
  ws.on('close', (code) => {
    seen.code = code;
    seen.closedAt = performance.now();
  });
  await new Promise<void>((resolve, reject) => ws.once('open', () => resolve()).once('error', reject));
  seen.openedAt = performance.now();
  return seen;
}

export const EDGE_ROWS: readonly FaultRow[] = [proxies, auth];
