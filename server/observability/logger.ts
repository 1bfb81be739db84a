import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** Keys whose values never reach a log line, at any of the usual depths. */
const SECRET_KEYS = ['token', 'apiKey', 'apikey', 'key', 'authorization', 'cookie', 'ticket', 'password'];

/** The one logger of the process; parts take `child({ part, venue, ... })`. JSON lines on standard error. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_KEYS.flatMap((k) => [k, `*.${k}`, `*.*.${k}`]), censor: '[redacted]' },
    },
    pino.destination(2),
  );
}
