import { deflateRawSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { STREAMS } from '@/core/contract';
import { BROKEN_FRAMES, declared, frame, Raw, repeat, upgrade } from '../../support/rawFrames';
import { besideOthers, type Stage } from '../stage';
import { pause, timeUntil, type FaultRow, type Trial } from '../trial';

/** Memory may grow by this much under an attack, MB; what a collector takes back comes later, so it is waited for. */
const LITTLE_MB = 2;
const SOME_MB = 5;

/**
 * The server's memory grows by little with one more attack, when buffers and code of the first ones are where they stay. The short form attacks once and
 * judges nothing by it.
 */
async function little(trial: Trial, stage: Stage, attack: () => Promise<void>, limitMb = LITTLE_MB, first = 1): Promise<void> {
  if (trial.quick) return attack();
  for (let i = 0; i < first; i += 1) await attack();
  await pause(1_000);
  const before = stage.residentMb;
  await attack();
  let least = Infinity;
  for (let i = 0; i < 20; i += 1) {
    least = Math.min(least, stage.residentMb - before);
    await pause(100);
  }
  trial.within('memory grows by', Math.max(0, least), limitMb, 'MB');
}

/** Addresses of one row, each new: no limit of an address is met. */
function addresses(row: number): () => string {
  let host = 0;
  return () => `127.0.${row}.${(host += 1)}`;
}

const malformed = besideOthers({
  id: 'F12', fault: 'malformed frames', injection: `${BROKEN_FRAMES.length} raw cases on a raw socket`, criterion: 'exact code 1002, 1007, 1008 or 1009; others unaffected', quick: true,
}, async (trial, stage) => {
  const wrong: string[] = [];
  const next = addresses(12);
  for (const [name, bytes, code] of BROKEN_FRAMES) {
    const got = await Raw.judge(stage.server.port, bytes, { localAddress: next() });
    if (got !== code) wrong.push(`${name}: ${got} instead of ${code}`);
  }
  trial.holds(`${BROKEN_FRAMES.length} cases end with their code`, wrong.length === 0);
  if (wrong.length > 0) trial.note(wrong.join('; '));
});

const UGLY: readonly (readonly [name: string, text: string, code: string])[] = [
  ['no JSON', '{', 'bad_json'], ['1e999', '1e999', 'bad_message'], ['array', '[]', 'bad_message'], ['null', 'null', 'bad_message'], ['no type', '{}', 'bad_message'],
  ['type of another kind', '{"type":{}}', 'bad_message'], ['unknown type', '{"type":"nope"}', 'unknown_type'], ['type constructor', '{"type":"constructor"}', 'unknown_type'],
  ['type __proto__', '{"type":"__proto__"}', 'unknown_type'], ['nested 8,000 deep', '['.repeat(8_000), 'bad_message'], ['nested whole', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'bad_message'],
  ['wrong field types', '{"type":"subscribe","channels":"market"}', 'bad_message'], ['huge number', '{"type":"ping","t":1e999}', 'bad_message'], ['huge id', '{"type":"ping","id":1e15}', 'bad_message'],
  ['lone surrogate', '{"type":"subscribe","channels":["market"],"symbols":["\\ud800"]}', 'bad_message'], ['symbol __proto__', '{"type":"subscribe","id":1,"channels":["book:__proto__"]}', ''],
];

const json = besideOthers({
  id: 'F13', fault: 'malformed JSON', injection: 'wrong types, deep nesting, __proto__, duplicate keys, lone surrogates, 1e999', criterion: 'error bad_json or bad_message, never a throw; 20 in 10 s close with 4400', quick: true,
}, async (trial, stage) => {
  const wrong: string[] = [];
  const next = addresses(13);
  for (const [name, text, code] of UGLY) {
    const got = await answerTo(stage.server.port, text, next());
    if (code !== '' && got !== code) wrong.push(`${name}: ${got}`);
  }
  trial.holds(`${UGLY.length} texts get their code`, wrong.length === 0);
  if (wrong.length > 0) trial.note(wrong.join('; '));
  trial.holds('20 in a row close with 4400', (await Raw.judge(stage.server.port, repeat(20, frame(0x81, '{')), { localAddress: next() })) === 4400);
});

/** The code of the error that answers a text. */
async function answerTo(port: number, text: string, localAddress: string): Promise<string> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${STREAMS.market.path}`, { localAddress });
  try {
    return await new Promise<string>((resolve, reject) => {
      ws.on('error', reject);
      ws.on('close', (code) => resolve(`closed ${code}`));
      ws.on('open', () => ws.send(text));
      ws.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString('utf8')) as { type?: string; code?: string };
        if (message.type === 'error') resolve(message.code ?? '');
        if (message.type === 'subscribed') resolve('subscribed');
      });
    });
  } finally {
    ws.terminate();
  }
}

const oversize = besideOthers({
  id: 'F14', fault: 'oversize', injection: '16 KiB + 1; 2^40 and 2^60 bytes declared and 8 MB of them sent', criterion: '1009 at once; memory grows by less than 2 MB', quick: true,
}, async (trial, stage) => {
  const next = addresses(14);
  await little(trial, stage, async () => {
    for (const bytes of [frame(0x81, Buffer.alloc(16_385, 0x20)), declared(0x81, 1n << 40n), declared(0x81, 1n << 60n)]) {
      const raw = await Raw.open(stage.server.port, { localAddress: next() });
      raw.socket.write(bytes);
      for (let i = 0; i < 8 && !raw.ended; i += 1) raw.socket.write(Buffer.alloc(2 ** 20, 0x20));
      const code = await raw.verdict();
      if (code !== 1009) trial.failures.push(`closed with ${code} instead of 1009`);
      raw.socket.destroy();
    }
  }, LITTLE_MB, 6);
});

const bomb = besideOthers({
  id: 'F15', fault: 'compression bomb', injection: 'permessage-deflate offered; 50 MB as 48.6 KB and 12 MB as 11.7 KB', criterion: 'compression is off: not accepted, 1002 (oversize first: 1009) before anything is inflated; memory grows by less than 2 MB', quick: true,
}, async (trial, stage) => {
  const bombs = [50, 12].map((mb) => deflateRawSync(Buffer.alloc(mb * 1_000_000)));
  const next = addresses(15);
  const codes = new Set<number>();
  let accepted = false;
  await little(trial, stage, async () => {
    for (const body of bombs) {
      const raw = await Raw.open(stage.server.port, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' }, localAddress: next() });
      accepted ||= /sec-websocket-extensions/i.test(raw.received.toString('latin1'));
      raw.socket.write(frame(0xc1, body));
      codes.add(await raw.verdict());
      raw.socket.destroy();
    }
  });
  trial.holds('the extension is not accepted', !accepted);
  trial.holds(`refused with ${[...codes].join(', ')}`, [...codes].every((code) => code === 1002 || code === 1009));
});

const fragments = besideOthers({
  id: 'F16', fault: 'flood of tiny fragments', injection: '100,000 fragments of one byte, 100,000 empty ones', criterion: '1008 (at most 16 fragments); memory grows by less than 2 MB', quick: false,
}, async (trial, stage) => {
  const next = addresses(16);
  await little(trial, stage, async () => {
    for (const payload of ['a', '']) {
      const code = await Raw.judge(stage.server.port, Buffer.concat([frame(0x01, payload), repeat(100_000, frame(0x00, payload))]), { localAddress: next() });
      if (code !== 1008) trial.failures.push(`closed with ${code} instead of 1008`);
    }
  });
});

const pings = besideOthers({
  id: 'F17', fault: 'flood of pings by a client that never reads', injection: 'RFC pings of 125 bytes without end; text pings without end', criterion: 'the client is cut or closed; memory grows by less than 5 MB', quick: false,
}, async (trial, stage) => {
  const next = addresses(17);
  const ends: number[] = [];
  await little(trial, stage, async () => {
    for (const one of [frame(0x89, Buffer.alloc(125)), frame(0x81, '{"type":"ping"}')]) {
      const raw = await Raw.open(stage.server.port, { localAddress: next() });
      raw.socket.pause();
      const at = performance.now();
      const many = repeat(200, one);
      while (!raw.ended && !raw.socket.destroyed && performance.now() - at < 8_000) {
        raw.socket.write(many);
        await pause(1);
        // What its own system still takes is not the server's.
        if (raw.socket.writableLength > 4_000_000) break;
      }
      raw.socket.resume();
      await timeUntil(() => raw.ended, 20_000, 'the flooding client is cut');
      ends.push(performance.now() - at);
      raw.socket.destroy();
    }
  }, SOME_MB);
  trial.within('cut after', Math.max(...ends), 20_000);
});

const handshakes = besideOthers({
  id: 'F18', fault: 'broken and slow handshakes', injection: 'header byte by byte; 41 KiB header; 2,000 headers; no Sec-WebSocket-Key; body that never comes', criterion: '431, 400 or 408; the slot is free within 10 s', quick: false, limitSeconds: 90,
}, async (trial, stage) => {
  const { port } = stage.server;
  const answer = async (text: string): Promise<number> => {
    const raw = Raw.dial(port, '127.0.18.1');
    raw.socket.write(text);
    await timeUntil(() => raw.ended || raw.received.length > 12, 15_000, 'an answer');
    raw.socket.destroy();
    return raw.status;
  };
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_none, i) => [`X-${i}`, 'a']));
  trial.holds('41 KiB header: 431', (await answer(upgrade(port, { 'X-Big': 'a'.repeat(41_000) }))) === 431);
  trial.holds('2,000 headers: 431', (await answer(upgrade(port, many))) === 431);
  trial.holds('no key: 400', (await answer(upgrade(port, { 'Sec-WebSocket-Key': '' }))) === 400);
  trial.holds('not HTTP: 400', (await answer('\u0016\u0003\u0001 hello\r\n\r\n')) === 400);
  const at = performance.now();
  const slow = Array.from({ length: 200 }, (_none, i) => Raw.dial(port, `127.0.18.${2 + i}`));
  const bytes = upgrade(port);
  let sent = 0;
  const dripping = setInterval(() => {
    for (const { socket, ended } of slow) if (!ended) socket.write(bytes[sent] ?? '');
    sent += 1;
  }, 500);
  trial.defer(() => clearInterval(dripping));
  await timeUntil(() => slow.every((raw) => raw.ended), 20_000, 'every slow handshake is ended');
  trial.within(`${slow.length} slow handshakes are ended after`, performance.now() - at, 10_000);
  trial.holds('with 408', slow.every((raw) => raw.status === 408));
  for (const { socket } of slow) socket.destroy();
});

export const FRAME_ROWS: readonly FaultRow[] = [malformed, json, oversize, bomb, fragments, pings, handshakes];
