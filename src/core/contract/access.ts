import * as v from 'valibot';
import { MaybeFinite, ShortText } from './primitives';

/** `GET /api/v1/session`: whom the server takes the asker for. `POST /api/v1/login` answers the same. */
export const SessionAnswer = v.object({
  /** `none` = no token is set, everybody is the administrator. */
  mode: v.fallback(v.picklist(['none', 'token']), 'token'),
  /** null = nobody is signed in. */
  role: v.nullable(v.fallback(v.picklist(['admin', 'viewer']), 'viewer')),
  via: v.nullable(ShortText),
  /** To be sent back as `X-CSRFToken` with every request that changes something; null where no cookie is used. */
  csrf: v.nullable(v.pipe(v.string(), v.maxLength(128))),
  /** Time until the sign-in ends if nobody uses it, ms; null = it does not. */
  expires_in_ms: MaybeFinite,
  /** Secret of the session, for pages on another host only. */
  session: v.optional(v.pipe(v.string(), v.maxLength(128))),
});
export type SessionAnswer = v.InferOutput<typeof SessionAnswer>;

/** `POST /api/v1/ws-ticket`. */
export const TicketAnswer = v.object({ ticket: v.pipe(v.string(), v.maxLength(128)), expires_in_ms: v.number() });
export type TicketAnswer = v.InferOutput<typeof TicketAnswer>;

/** Subprotocol offered beside the others by a client that brings a ticket in its hello: the server then waits for it as long as for any hello. */
export const TICKET_PROTOCOL = 'tickglass.ticket';
