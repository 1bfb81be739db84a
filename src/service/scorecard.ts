import { ScorecardReport } from '@/core/contract';
import type { ScorecardQuery } from './api';
import type { Answer, Ask } from './ask';

/** `GET /api/v1/scorecard` (docs/http.md). */
export function askScorecard(ask: Ask, { source, window, symbol, tf }: ScorecardQuery, signal: AbortSignal): Answer<ScorecardReport> {
  const query = new URLSearchParams({ window, ...(source === null ? {} : { source }), ...(symbol === null ? {} : { symbol }), ...(tf === null ? {} : { tf }) });
  return ask('GET', `api/v1/scorecard?${query.toString()}`, ScorecardReport, signal);
}
