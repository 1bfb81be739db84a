/** What a client does after a close code. `once`: reconnect, but stop at the second within 60 s. */
export type CloseAction = 'reconnect' | 'once' | 'stop' | 'fresh-state' | 'wait';

export interface CloseCode {
  readonly code: number;
  readonly name: string;
  readonly action: CloseAction;
  /** What the user reads; plain words, no code. */
  readonly words: string;
}

/** Every close code of the protocol (docs/protocol.md, section 5). Nobody writes a close number elsewhere. */
export const CLOSE = {
  normal: { code: 1000, name: 'normal', action: 'reconnect', words: 'The server closed the connection' },
  goingAway: { code: 1001, name: 'goingAway', action: 'reconnect', words: 'The server is going away' },
  protocol: { code: 1002, name: 'protocol', action: 'once', words: 'The connection broke the WebSocket rules' },
  noStatus: { code: 1005, name: 'noStatus', action: 'reconnect', words: 'The server closed the connection' },
  abnormal: { code: 1006, name: 'abnormal', action: 'reconnect', words: 'The server cannot be reached' },
  badText: { code: 1007, name: 'badText', action: 'once', words: 'A message was not valid text' },
  policy: { code: 1008, name: 'policy', action: 'once', words: 'The server refused a message' },
  tooBig: { code: 1009, name: 'tooBig', action: 'once', words: 'A message was too large' },
  internalStop: { code: 1011, name: 'internalStop', action: 'reconnect', words: 'The server had an internal fault' },
  restart: { code: 1012, name: 'restart', action: 'reconnect', words: 'The server is restarting' },
  tryLater: { code: 1013, name: 'tryLater', action: 'reconnect', words: 'The server is busy' },
  watchdog: { code: 4000, name: 'watchdog', action: 'reconnect', words: 'Nothing arrived for too long' },
  drain: { code: 4001, name: 'drain', action: 'wait', words: 'The server is being updated' },
  noPong: { code: 4002, name: 'noPong', action: 'reconnect', words: 'The server did not hear from this client' },
  slowConsumer: { code: 4003, name: 'slowConsumer', action: 'reconnect', words: 'The link is too slow to keep up' },
  stateInvalidated: { code: 4004, name: 'stateInvalidated', action: 'fresh-state', words: 'The numbering changed; loading everything anew' },
  ageLimit: { code: 4005, name: 'ageLimit', action: 'reconnect', words: 'The connection reached its age limit' },
  noHello: { code: 4008, name: 'noHello', action: 'reconnect', words: 'The greeting took too long' },
  rateLimited: { code: 4029, name: 'rateLimited', action: 'wait', words: 'Too many requests; waiting' },
  internal: { code: 4100, name: 'internal', action: 'reconnect', words: 'The server had an internal fault' },
  overloaded: { code: 4101, name: 'overloaded', action: 'wait', words: 'The server is full; waiting' },
  badRequest: { code: 4400, name: 'badRequest', action: 'stop', words: 'The server did not understand this client' },
  unauthenticated: { code: 4401, name: 'unauthenticated', action: 'stop', words: 'Please sign in' },
  forbidden: { code: 4403, name: 'forbidden', action: 'stop', words: 'This account may not read the stream' },
  unknownSubprotocol: { code: 4406, name: 'unknownSubprotocol', action: 'stop', words: 'This page and the server speak different versions; reload the page' },
  tooManyConnections: { code: 4409, name: 'tooManyConnections', action: 'wait', words: 'Too many connections from here; waiting' },
  credentialExpired: { code: 4410, name: 'credentialExpired', action: 'reconnect', words: 'The sign-in expired; renewing it' },
  clientTooOld: { code: 4426, name: 'clientTooOld', action: 'stop', words: 'This page is too old for the server; reload it' },
} as const satisfies Record<string, CloseCode>;
export type CloseName = keyof typeof CLOSE;

const CLOSE_BY_CODE: ReadonlyMap<number, CloseCode> = new Map(Object.values(CLOSE).map((c) => [c.code, c]));

/** The entry of a close code. Unknown codes reconnect with back-off, unless in 4400-4499, which stop. */
export function closeCode(code: number): CloseCode {
  const known = CLOSE_BY_CODE.get(code);
  if (known) return known;
  const stop = code >= 4400 && code <= 4499;
  return { code, name: 'unknown', action: stop ? 'stop' : 'reconnect', words: `The server closed the connection (code ${code})` };
}

/** Codes of `status` messages: things a user should know although nothing was asked. */
export const STATUS_CODES = [
  'feed_mode', // live, simulated, replay or nothing: what the numbers are
  'feed_stale', // a source sends nothing although connected
  'feed_live', // a source delivers again
  'feed_down', // a source cannot be reached
  'feed_refused', // a source refuses us and says why (451, 429, 418, 403)
  'feed_stopped', // an administrator stopped a source
  'feed_started', // an administrator started a source
  'data_quality', // a value was refused: not finite, negative, absurd
  'storage_degraded', // history cannot be written; streaming goes on
  'replay_ended', // the recording is over
  'recording', // everything the market sends is being written to a file, or no longer
] as const;
export type StatusCode = (typeof STATUS_CODES)[number];
