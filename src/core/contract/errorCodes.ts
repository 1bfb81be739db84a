export interface ErrorCode {
  /** Who can do something about it. */
  readonly audience: 'client' | 'user' | 'operator';
  readonly retryable: boolean;
  readonly words: string;
}

/** Every error code of the socket and HTTP interfaces (docs/errors.md). */
export const ERRORS = {
  bad_json: { audience: 'client', retryable: false, words: 'The message is not valid JSON' },
  bad_message: { audience: 'client', retryable: false, words: 'The message does not have the expected form' },
  unknown_type: { audience: 'client', retryable: false, words: 'This message type is not known' },
  unknown_channel: { audience: 'client', retryable: false, words: 'There is no such channel on this stream' },
  unknown_symbol: { audience: 'user', retryable: false, words: 'This symbol is not known here' },
  not_subscribed: { audience: 'client', retryable: false, words: 'This channel is not subscribed' },
  too_many_symbols: { audience: 'client', retryable: false, words: 'The symbol limit of this connection is reached' },
  too_many_channels: { audience: 'client', retryable: false, words: 'The channel limit of this connection is reached' },
  rate_limited: { audience: 'client', retryable: true, words: 'Too many messages' },
  unauthorized: { audience: 'user', retryable: false, words: 'Sign-in is required' },
  forbidden: { audience: 'user', retryable: false, words: 'This is not allowed for this account' },
  token_expired: { audience: 'user', retryable: true, words: 'The sign-in has expired' },
  unrecoverable_position: { audience: 'client', retryable: true, words: 'The missed part is no longer kept; a snapshot follows' },
  unsupported_version: { audience: 'client', retryable: false, words: 'None of the offered protocol versions is spoken here' },
  overloaded: { audience: 'operator', retryable: true, words: 'The server is at its limit' },
  internal: { audience: 'operator', retryable: true, words: 'An internal fault; it has been logged' },
  not_found: { audience: 'client', retryable: false, words: 'There is nothing at this address' },
  bad_request: { audience: 'client', retryable: false, words: 'The request does not have the expected form' },
  bad_host: { audience: 'operator', retryable: false, words: 'This host name is not allowed here' },
  bad_origin: { audience: 'operator', retryable: false, words: 'This origin is not allowed here' },
  payload_too_large: { audience: 'client', retryable: false, words: 'The request is too large' },
  not_possible: { audience: 'operator', retryable: false, words: 'This cannot be done as things are' },
  bad_recording: { audience: 'user', retryable: false, words: 'This recording cannot be read' },
  history_unavailable: { audience: 'operator', retryable: true, words: 'Stored history cannot be read at the moment' },
} as const satisfies Record<string, ErrorCode>;
export type ErrorName = keyof typeof ERRORS;
