import { CLOSE, closeCode, type CloseCode } from '@/core/contract';
import type { Pace } from './pace';
import type { Fault } from './resilientSocket';

/** Shortest wait after `rateLimited`, and after `tooManyConnections`, ms (docs/protocol.md, section 5). */
const RATE_LIMIT_MS = 10_000;
const TOO_MANY_MS = 60_000;
/** A second fault of the kind `once` inside this time stops the stream, ms. */
const ONCE_MS = 60_000;

/** What a stream does next and what the user reads about it. */
export interface NextStep {
  readonly kind: 'retry' | 'stop';
  readonly delayMs: number;
  readonly words: string;
  /** true = the positions are void: come back without resume. */
  readonly fresh: boolean;
  /** The server said when to come back: not sooner. */
  readonly patient: boolean;
}

export interface VerdictContext {
  readonly pace: Pick<Pace, 'backoff' | 'soon'>;
  /** From a `goaway` on this connection. */
  readonly goawayMs: number | null;
  /** Monotonic ms of the last fault of the kind `once`. */
  readonly lastOnceAt: number | null;
  readonly now: number;
}

/** `retry_after_ms` of a close reason such as `{"code":"drain","retry_after_ms":3170}`; null when there is none. */
export function retryAfter(reason: string): number | null {
  if (!reason.startsWith('{')) return null;
  let value: unknown;
  try {
    value = JSON.parse(reason);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('retry_after_ms' in value)) return null;
  const ms = value.retry_after_ms;
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? Math.min(ms, 600_000) : null;
}

function waitFor(code: CloseCode, asked: number | null, context: VerdictContext): number {
  if (code.code === CLOSE.rateLimited.code) return Math.max(RATE_LIMIT_MS, asked ?? 0) + context.pace.soon();
  if (code.code === CLOSE.tooManyConnections.code) return Math.max(TOO_MANY_MS, asked ?? 0) + context.pace.soon();
  return asked ?? (code.code === CLOSE.drain.code ? context.pace.soon() : context.pace.backoff());
}

/** The table of close codes as one function. Pure but for the two delays it asks for. */
export function nextStep(fault: Fault, context: VerdictContext): NextStep {
  const code = closeCode(fault.code);
  const asked = retryAfter(fault.reason) ?? context.goawayMs;
  const retry = (delayMs: number, fresh = false): NextStep => ({ kind: 'retry', delayMs, words: code.words, fresh, patient: asked !== null || code.action === 'wait' });
  switch (code.action) {
    case 'stop':
      return { kind: 'stop', delayMs: 0, words: code.words, fresh: false, patient: true };
    case 'once':
      if (context.lastOnceAt !== null && context.now - context.lastOnceAt < ONCE_MS) {
        return { kind: 'stop', delayMs: 0, words: `${code.words}, twice within a minute: this is a fault of the program`, fresh: false, patient: true };
      }
      return retry(context.pace.backoff());
    case 'fresh-state':
      return retry(context.pace.backoff(), true);
    case 'wait':
      return retry(waitFor(code, asked, context));
    case 'reconnect':
      if (code.code === CLOSE.credentialExpired.code) return retry(0);
      return retry(asked ?? (code.code === CLOSE.watchdog.code || code.code === CLOSE.ageLimit.code ? context.pace.soon() : context.pace.backoff()));
  }
}
