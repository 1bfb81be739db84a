/** Outcome of the check of an upgrade's headers. */
export type OriginVerdict = 'ok' | 'bad_host' | 'bad_origin';

export interface OriginRules {
  /** Host names (any port) or `name:port` pairs, exact, lower case. IPv6 with or without brackets. */
  readonly allowedHosts: readonly string[];
  /** Further origins besides the server's own, exact: `https://app.example`. */
  readonly allowedOrigins: readonly string[];
  /** Clients that are no browser send no Origin; they may come in when they bring no cookie either. */
  readonly allowAbsentOrigin: boolean;
}

export interface OriginHeaders {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly cookie?: string | undefined;
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::([0-9]{1,5}))?$/;

/** Is this Host header one the server answers to? Exact names only, which is what stops DNS rebinding. */
export function hostAllowed(host: string | undefined, allowed: readonly string[]): boolean {
  const name = host === undefined ? undefined : HOST.exec(host)?.[1];
  if (host === undefined || name === undefined) return false;
  return allowed.some((entry) => entry === name || entry === host || `[${entry}]` === name);
}

/**
 * Decides on Host and Origin of an upgrade (reliability, section 4.1). Pure: strings in, verdict out. An origin is the
 * server's own when it is `http://` or `https://` followed by exactly the Host header.
 */
export function checkOrigin(headers: OriginHeaders, rules: OriginRules): OriginVerdict {
  const { host, origin } = headers;
  if (host === undefined || !hostAllowed(host, rules.allowedHosts)) return 'bad_host';
  if (origin === undefined) return rules.allowAbsentOrigin && headers.cookie === undefined ? 'ok' : 'bad_origin';
  if (origin === `http://${host}` || origin === `https://${host}`) return 'ok';
  return origin !== 'null' && rules.allowedOrigins.includes(origin) ? 'ok' : 'bad_origin';
}
