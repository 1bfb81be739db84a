/** Values that break what expects another: numbers at every edge, names of the prototype, texts that look like numbers. */
const ODD: readonly unknown[] = [
  null, true, false, 0, -0, -1, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 1e21, 0.1, '', ' ', '0', '-1', '1e999', 'NaN', 'Infinity', '0x1f', '1_000', '٣', '__proto__', 'constructor', 'toString',
  'hasOwnProperty', '\u0000', '\ud800', '\u2028', 'x'.repeat(300), [], {}, [[]], [null], [[[[[[[[[[]]]]]]]]]], { toString: 1 }, { length: 1e9 }, '2038-01-19T03:14:08Z', '1970-01-01T00:00:00.000Z', '9'.repeat(400),
];
/** Pieces of text that JSON and WebSocket code trips over. */
const PIECES = ['{', '}', '[', ']', '"', ':', ',', '\\', '\\u', '\\ud800', '1e999', '-', 'null', '"__proto__":{"x":1},', '\u0000', '\ufeff', '\u2028', '🙂', '0'.repeat(50), '['.repeat(200), '{"a":'.repeat(100)];

type Random = () => number;
const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;
const at = (length: number, random: Random): number => Math.floor(random() * (length + 1));

/** Changes one or a few places of a JSON value: replaced, left out, doubled, renamed, deepened, exchanged with another. */
function mutateTree(value: unknown, random: Random, depth = 0): unknown {
  if (random() < 0.08 || depth > 12) return pick(ODD, random);
  if (Array.isArray(value)) return mutateList(value, random, depth);
  if (typeof value === 'object' && value !== null) return mutateRecord(value, random, depth);
  if (random() < 0.75) return value;
  if (typeof value === 'number') return pick([-value, value * 1e6, value / 1e6, value + 1, String(value), value * 1e300], random);
  if (typeof value === 'string') return mutateText(value, random);
  return value;
}

function mutateList(list: readonly unknown[], random: Random, depth: number): unknown[] {
  const made = [...list];
  const i = Math.floor(random() * made.length);
  const kind = random();
  if (made.length === 0 || kind < 0.1) made.splice(i, 0, pick(ODD, random));
  else if (kind < 0.2) made.splice(i, 1);
  else if (kind < 0.3) made.splice(i, 0, made[i]);
  else if (kind < 0.35) return Array.from({ length: 200 }, () => made[i]);
  else made[i] = mutateTree(made[i], random, depth + 1);
  return made;
}

function mutateRecord(record: object, random: Random, depth: number): object {
  const entries = Object.entries(record);
  const i = Math.floor(random() * entries.length);
  const [key = 'x', value] = entries[i] ?? [];
  const kind = random();
  if (kind < 0.1) entries.splice(i, 1);
  else if (kind < 0.18) entries.push([pick(['__proto__x', 'constructor', 'extra', '', key.toUpperCase()], random), pick(ODD, random)]);
  else if (kind < 0.25) entries[i] = [pick(['type', 't', 'data', 'channel', 'seq', 'id'], random), value];
  else entries[i] = [key, mutateTree(value, random, depth + 1)];
  return Object.fromEntries(entries);
}

/** Changes the text itself: bytes turned, put in, taken out, cut off. */
export function mutateText(text: string, random: Random): string {
  const i = at(text.length, random);
  const j = Math.min(text.length, i + at(20, random));
  const kind = random();
  if (kind < 0.25) return text.slice(0, i) + pick(PIECES, random) + text.slice(i);
  if (kind < 0.5) return text.slice(0, i) + text.slice(j);
  if (kind < 0.65) return text.slice(0, i);
  if (kind < 0.8) return text.slice(0, i) + String.fromCharCode(Math.floor(random() * 65_536)) + text.slice(i + 1);
  if (kind < 0.9) return text.slice(0, j) + text.slice(i);
  return text + text;
}

/** A real frame, made wrong. Most keep their grammar, so that what lies behind the parser is reached. */
export function mutate(frame: string, random: Random): string {
  const kind = random();
  if (kind < 0.3) return mutateText(frame, random);
  let tree: unknown;
  try {
    tree = JSON.parse(frame);
  } catch {
    return mutateText(frame, random);
  }
  for (let n = 0; n < 1 + Math.floor(random() * 3); n += 1) tree = mutateTree(tree, random);
  const text = JSON.stringify(tree) ?? 'undefined';
  // Twice the same key, which a parser resolves and a validator never sees.
  return kind < 0.4 ? text.replace('{', `{"type":"ping","seq":-1,`) : text;
}

/** A request in HTTP/1.1, made wrong. */
export function mutateRequest(host: string, random: Random): string {
  const method = pick(['GET', 'GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'get', 'TRACE', 'CONNECT', '\u0000'], random);
  const path = pick([
    '/', '/health', '/metrics', '/api/v1/prices', '/api/v1/prices/BTC%2FUSDT', '/api/v1/prices/%00', '/api/v1/candles?symbol=BTC/USDT&interval=1m&limit=5', '/api/v1/candles?symbol[]=x&limit=-1', '/api/v1/trades?symbol=__proto__',
    '/api/v1/snapshot?channel=market', '/api/v1/orderbook?symbol=BTC/USDT&depth=1e9', '/api/v1/compare?symbol=BTC/USDT&size=1e999', '/api/v1/venues', '/api/v1/venues/simulator/stop%2e', '/api/v1/history', '/api/v1/export?format=csv', '/api/v1/client-metrics',
    '/api/v1/scorecard', '/assets/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/ws/market/stream', '//', '/\\', `/${'a'.repeat(3_000)}`, '/api/v1/backtests', '/replay/x/api/v1/prices',
  ], random);
  const body = method === 'POST' ? pick(['{}', '{"version":1,"hops":{}}', '[', '{"a":'.repeat(2_000), 'x'.repeat(70_000), ''], random) : '';
  const headers = [
    `Host: ${random() < 0.9 ? host : pick(['evil.example', 'localhost.evil', '', '127.0.0.1:99999', '[::1]'], random)}`, 'Connection: close',
    ...(body === '' ? [] : [`Content-Length: ${random() < 0.9 ? Buffer.byteLength(body) : pick(['-1', '1e9', '5', '99999999999'], random)}`, `Content-Type: ${pick(['application/json', 'text/plain', 'application/json; charset=utf-7', ''], random)}`]),
    ...(random() < 0.2 ? [pick(['Origin: null', 'Origin: http://evil.example', 'Cookie: a=b; __proto__=1', `X: ${'y'.repeat(9_000)}`, 'Upgrade: websocket', 'Transfer-Encoding: chunked', 'Range: bytes=0-0,-1', 'Accept-Encoding: *;q=1e999', 'Sec-Fetch-Site: cross-site'], random)] : []),
  ];
  const text = `${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
  return random() < 0.15 ? mutateText(text, random) : text;
}
