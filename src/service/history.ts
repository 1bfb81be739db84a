import { HistoryAnswer } from '@/core/contract';
import type { Answer, Ask } from './ask';

/** `GET /api/v1/history` (docs/http.md). */
export function askHistory(ask: Ask, signal: AbortSignal): Answer<HistoryAnswer> {
  return ask('GET', 'api/v1/history', HistoryAnswer, signal);
}
