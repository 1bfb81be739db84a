import { WebSocket } from 'ws';
import { STREAMS } from '@/core/contract';
import { Raw } from '../../support/rawFrames';
import { Stage, withClient } from '../stage';
import { pause, quantile, timeUntil, type FaultRow } from '../trial';
import type { Watch } from '../watch';

/** Longest wait between two attempts of a client, ms. */
const CAP_MS = 10_000;

const kill: FaultRow = {
  id: 'F01', fault: 'server killed, started again after 0.2, 5 and 30 s', injection: 'SIGKILL by pid, started on the same port', criterion: 'new epoch, snapshot, receipt; recovered p99 <= 2 s after 0.2 s, <= 12 s after the others',
  quick: true, limitSeconds: 120,
  async run(trial) {
    const stage = await Stage.open(trial, { samePort: true });
    const watches = await crowd(stage, trial.quick ? 3 : 12, false);
    for (const seconds of trial.quick ? [0.2] : [0.2, 5, 30]) {
      const down = performance.now();
      if (seconds < 1) await stage.replace(seconds * 1_000);
      else {
        await stage.server.stop('SIGKILL');
        await pause(seconds * 1_000);
        await stage.restart();
      }
      const up = performance.now();
      await timeUntil(() => watches.every((watch) => watch.state === 'live' && fresh(watch, down) !== undefined), CAP_MS + 20_000, 'every client is live again');
      const late = watches.map((watch) => Math.max(0, watch.when('live', down) - up));
      trial.within(`${seconds} s away: recovered p99, from its being back`, quantile(late, 0.99), seconds < 1 ? 2_000 : CAP_MS + 2_000);
      trial.holds(`${seconds} s away: whole state anew, with a receipt`, watches.every((watch) => fresh(watch, down)?.resumed?.['market'] !== true && watch.receipts.length > 0));
      await timeUntil(() => stage.venue.open.length > 0, 15_000, 'the venue is subscribed again');
      trial.within('the right values after', await stage.converge(20_000, watches), 2_000);
      stage.run();
    }
    await stage.sane();
  },
};

/** The first connection after the fault that brought the whole state. */
const fresh = (watch: Watch, since: number) => watch.sockets.find((socket) => socket.made > since && socket.snapshots > 0);

/** Clients from several addresses, so that no limit of one address is met. */
async function crowd(stage: Stage, count: number, direct = true): Promise<Watch[]> {
  return Promise.all(Array.from({ length: count }, (_none, i) => stage.watch({ direct, localAddress: `127.0.2.${1 + (i % 250)}` })));
}

const drain: FaultRow = {
  id: 'F02', fault: 'graceful stop', injection: 'SIGTERM', criterion: 'goaway to every client, /health 503 draining, no new upgrades, code 4001, exit 0 <= 10 s',
  quick: true,
  async run(trial) {
    const stage = await Stage.open(trial);
    const watches = await crowd(stage, trial.quick ? 5 : 60);
    const at = performance.now();
    const ended = stage.server.stop('SIGTERM');
    const health = async (): Promise<string> => {
      const answer = await fetch(`${stage.server.url}/health`);
      return `${answer.status} ${((await answer.json()) as { status: string }).status}`;
    };
    await timeUntil(async () => (await health()) === '503 draining', 3_000, '/health says draining');
    trial.holds('/health is 503 draining', true);
    trial.note(`an upgrade meanwhile: ${await refusal(stage.server.port)}`);
    const code = await ended;
    trial.holds('exit code 0', code === 0);
    trial.within('ended after', performance.now() - at, 10_000);
    await timeUntil(() => watches.every((watch) => watch.sockets[0]?.code !== null), 5_000, 'every connection is closed');
    trial.holds(`goaway and 4001 to all ${watches.length}`, watches.every((watch) => watch.sockets[0]?.goaway !== null && watch.sockets[0]?.code === 4001));
    const delays = watches.map((watch) => watch.sockets[0]?.goaway ?? 0);
    trial.note(`advised delays from ${Math.min(...delays)} to ${Math.max(...delays)} ms`);
    trial.holds('each of them is one line of the log', stage.server.output().split('\n').filter((line) => line.includes('"code":"4001"')).length === watches.length);
    trial.holds('nothing in the log of the server says fault', !/unexpected fault|did not stop cleanly/.test(stage.server.output()));
  },
};

/** What the upgrade of one more client ends with. */
function refusal(port: number): Promise<string> {
  return new Promise((resolve) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${STREAMS.market.path}`);
    ws.on('unexpected-response', (_request, response) => {
      resolve(String(response.statusCode));
      response.destroy();
    });
    ws.on('open', () => {
      resolve('accepted');
      ws.terminate();
    });
    ws.on('error', (error) => resolve(error.message));
  });
}

const blocked = withClient({
  id: 'F24', fault: 'event loop held up for 5 s, of the client and of the server', injection: 'busy loop in the client; SIGSTOP and SIGCONT of the server', criterion: 'no false death of anybody; the backlog is one conflated frame per channel',
  quick: false,
}, async (trial, stage, watch) => {
  const ms = trial.quick ? 2_000 : 5_000;
  const until = performance.now() + ms;
  const at = performance.now();
  while (performance.now() < until);
  await stage.converge(5_000, [watch]);
  trial.holds('client held up: same connection, never given up', watch.sockets.length === 1 && !watch.since(at).includes('backoff'));
  stage.run();
  await pause(300);
  const frames = watch.sockets[0]?.frames ?? 0;
  const stopped = performance.now();
  process.kill(stage.server.pid, 'SIGSTOP');
  trial.defer(() => process.kill(stage.server.pid, 'SIGCONT'));
  await pause(ms);
  process.kill(stage.server.pid, 'SIGCONT');
  await timeUntil(() => watch.price === stage.truth || (watch.sockets[0]?.frames ?? 0) > frames + 1, 5_000, 'the server goes on');
  const backlog = (watch.sockets[0]?.frames ?? 0) - frames;
  trial.within('server held up: right values after', await stage.converge(5_000, [watch]), 2_000);
  trial.holds('server held up: same connection', watch.sockets.length === 1 && !watch.since(stopped).includes('backoff'));
  trial.holds(`${ms / 50} prices came as ${backlog} frames`, backlog < 12);
});

const restartStorm: FaultRow = {
  id: 'F32', fault: 'restart in mid-stream with many subscribers', injection: '1,000 real clients, SIGKILL, back after 5 s', criterion: '99 % resumed <= 10 s after it is back; at most 12 % of the clients in any 100 ms',
  quick: false, limitSeconds: 150,
  async run(trial) {
    const count = 1_000;
    const stage = await Stage.open(trial, { samePort: true, everyMs: 1_000 });
    const watches: Watch[] = [];
    for (let i = 0; i < count; i += 100) {
      watches.push(...(await Promise.all(Array.from({ length: 100 }, (_none, k) => stage.watch({ direct: true, localAddress: `127.0.32.${1 + ((i + k) % 50)}` })))));
    }
    await stage.server.stop('SIGKILL');
    await pause(5_000);
    await stage.restart();
    const up = performance.now();
    const back = (watch: Watch): boolean => watch.when('live', up - 500) > 0;
    await timeUntil(() => watches.filter(back).length >= count * 0.99, 30_000, '99 % are live again');
    trial.within(`99 % of ${count} live again after`, performance.now() - up, 10_000);
    await timeUntil(() => watches.every(back), 30_000, 'all are live again');
    trial.note(`all after ${Math.round(performance.now() - up)} ms`);
    const lives = watches.map((watch) => watch.when('live', up - 500) - up).toSorted((a, b) => a - b);
    const opened = watches.map((watch) => watch.when('hello', up - 500)).toSorted((a, b) => a - b);
    const tried = watches.map((watch) => (watch.sockets.at(-1)?.made ?? NaN) - up).toSorted((a, b) => a - b);
    trial.note(`last attempts after ${[0.01, 0.5, 0.99].map((q) => Math.round(quantile(tried, q))).join(', ')} ms (1st, 50th, 99th of a hundred)`);
    const peak = Math.max(...opened.map((t, i) => opened.findLastIndex((other) => other <= t + 100) - i + 1));
    trial.within('most connections opened in any 100 ms', (peak / count) * 100, 12, '%');
    trial.note(`median ${Math.round(quantile(lives, 0.5))} ms`);
    for (const watch of watches) watch.close();
    await stage.sane();
  },
};

const skew: FaultRow = {
  id: 'F39', fault: 'versions that do not match', injection: 'plain client of the first version, unknown types both ways, unknown subprotocol, hello of version 1', criterion: 'the old client works; unknown types are answered or ignored, never closed for; 4406 and 4426 say what to do',
  quick: true,
  async run(trial) {
    const stage = await Stage.open(trial);
    const plain = await talk(stage.server.port, []);
    await timeUntil(() => plain.types.includes('initial_data') && plain.types.includes('market_update'), 10_000, 'the plain client gets its stream');
    plain.ws.send('ping');
    plain.ws.send('{"type":"from_the_future","x":1}');
    plain.ws.send('{"type":"subscribe"}');
    await timeUntil(() => plain.types.includes('pong') && plain.types.includes('error') && plain.types.includes('subscribed'), 5_000, 'its answers');
    trial.holds('plain client: stream, pong, subscribed; unknown type answered, not closed', plain.code === null && plain.codes.includes('unknown_type'));
    // The library refuses such an answer before it hears the reason; browsers do not.
    const unknown = await Raw.open(stage.server.port, { headers: { 'Sec-WebSocket-Protocol': 'tickglass.v9.xml' } });
    trial.holds('unknown subprotocol: 4406', (await unknown.verdict()) === 4406);
    unknown.socket.destroy();
    const old = await talk(stage.server.port, ['tickglass.v2.json']);
    old.ws.send('{"type":"hello","v":1}');
    await timeUntil(() => old.code !== null, 5_000, 'a close');
    trial.holds('hello of version 1: 4426', old.code === 4426);
    await stage.sane();
    plain.ws.terminate();
  },
};

interface Talk {
  readonly ws: WebSocket;
  readonly types: string[];
  readonly codes: string[];
  code: number | null;
}
async function talk(port: number, protocols: string[]): Promise<Talk> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${STREAMS.market.path}`, protocols);
  const made: Talk = { ws, types: [], codes: [], code: null };
  ws.on('message', (data: Buffer) => {
    const { type, code } = JSON.parse(data.toString('utf8')) as { type?: string; code?: string };
    made.types.push(type ?? '');
    if (type === 'error') made.codes.push(code ?? '');
  });
  ws.on('close', (code) => (made.code = code));
  await new Promise<void>((resolve, reject) => ws.once('open', () => resolve()).once('error', reject));
  return made;
}

export const PROCESS_ROWS: readonly FaultRow[] = [kill, drain, blocked, restartStorm, skew];
