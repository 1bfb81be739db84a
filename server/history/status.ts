import type { StatusMessage } from '@/core/contract';
import type { HistoryWriter } from './port';

type Health = ReturnType<HistoryWriter['health']>;

/** Health of history in the words of a status message; `now` wall ms. */
export function storageStatus({ state, reason }: Health, now: number): StatusMessage {
  const good = state === 'ok';
  const message = reason !== '' ? reason.slice(0, 512) : 'History is written again';
  return { type: 'status', level: good && reason === '' ? 'info' : 'warn', code: 'storage_degraded', state, message: message.charAt(0).toUpperCase() + message.slice(1), timestamp: new Date(now).toISOString() };
}

/** What a client that connects now should know about history: nothing while it is written. */
export function presentStorage(health: Health, now: number): readonly StatusMessage[] {
  return health.state === 'degraded' ? [storageStatus(health, now)] : [];
}
