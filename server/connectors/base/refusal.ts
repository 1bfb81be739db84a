/** What an HTTP status of a venue means for us. */
export interface Refusal {
  /** `refused`: permanent for this host; `limited`: wait until a date; `lost`: transient. */
  readonly kind: 'refused' | 'limited' | 'lost';
  readonly words: string;
}

/**
 * Words and class of a refused handshake or REST call (venues/README.md, rule 9): 451, 403 and 401 are not retried,
 * 418 and 429 have a date, everything else may pass. `detail` is the venue's own message, shortened by the caller.
 */
export function refusalOf(venue: string, status: number, detail: string): Refusal {
  const said = detail ? `: ${detail}` : '';
  switch (status) {
    case 451:
      return { kind: 'refused', words: `${venue} does not serve this location (HTTP 451${said})` };
    case 403:
      return { kind: 'refused', words: `${venue} forbids access from here (HTTP 403${said})` };
    case 401:
      return { kind: 'refused', words: `${venue} asks for credentials (HTTP 401${said})` };
    case 418:
      return { kind: 'limited', words: `${venue} has banned this address for a while (HTTP 418${said})` };
    case 429:
      return { kind: 'limited', words: `${venue} says too many requests (HTTP 429${said})` };
    default:
      return { kind: 'lost', words: status >= 500 ? `${venue} has a fault (HTTP ${status}${said})` : `${venue} answered HTTP ${status}${said}` };
  }
}

/** `Retry-After` in ms: seconds or an HTTP date relative to `now` (ms); null when absent or unreadable. */
export function parseRetryAfter(header: string | null | undefined, now: number): number | null {
  if (!header) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header.trim()) * 1_000;
  const at = Date.parse(header);
  const base = Number.isFinite(now) ? now : Date.now();
  return Number.isFinite(at) ? Math.max(0, at - base) : null;
}

/** A wait in words: "3 s", "2 min". */
export function waitWords(ms: number): string {
  if (ms < 1_000) return 'a moment';
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
