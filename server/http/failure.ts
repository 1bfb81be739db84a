import { ERRORS, type ErrorName } from '@/core/contract';
import type { FastifyReply } from 'fastify';

const STATUS: Partial<Record<ErrorName, number>> = {
  unknown_symbol: 404, unknown_channel: 404, not_found: 404, unauthorized: 401, token_expired: 401, forbidden: 403, bad_origin: 403,
  bad_host: 421, payload_too_large: 413, not_possible: 409, bad_recording: 422, rate_limited: 429, overloaded: 503, history_unavailable: 503, internal: 500,
};

/** Answers with `{ error: { code, message } }`; the message is the code's own words and what exactly was wrong. */
export function fail(reply: FastifyReply, code: ErrorName, detail = ''): FastifyReply {
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
  return reply.code(STATUS[code] ?? 400).send(failureBody(code, detail));
}

export function failureBody(code: ErrorName, detail = ''): { error: { code: ErrorName; message: string } } {
  return { error: { code, message: detail === '' ? ERRORS[code].words : `${ERRORS[code].words}: ${detail}` } };
}
