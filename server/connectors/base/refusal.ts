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

/** The longest ban a venue announces; a longer date is a mistake. */
const LONGEST_WAIT_MS = 3 * 86_400_000;

/** `Retry-After` in ms, at most three days: seconds or an HTTP date relative to `now` (ms); null when absent or unreadable. */
export function parseRetryAfter(header: string | null | undefined, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Math.min(LONGEST_WAIT_MS, Number(text) * 1_000);
  // Only the HTTP date form: Date.parse would read "-1" as a year.
  const at = /^[A-Za-z]{3}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(at)) return null;
  return Math.min(LONGEST_WAIT_MS, Math.max(0, at - (Number.isFinite(now) ? now : Date.now())));
}

/** A wait in words: "3 s", "2 min". */
export function waitWords(ms: number): string {
  if (ms < 1_000) return 'a moment';
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
