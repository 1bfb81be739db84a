import * as v from 'valibot';

/** `config.json` beside `index.html`: where a bundle on a foreign host finds its server. Empty = same origin. */
const Config = v.object({ server: v.optional(v.pipe(v.string(), v.maxLength(2_048)), '') });

const TIMEOUT_MS = 3_000;

export interface AppConfig {
  /** Root address of the server, with a slash at the end. */
  readonly server: string;
  /** In words, when the file could not be used and the own origin stands in. */
  readonly problem: string | null;
}

/** Reads the configuration; a missing or faulty file means the own origin, and says so. */
export async function loadConfig(base: URL, get: typeof fetch = fetch): Promise<AppConfig> {
  const own = (problem: string | null): AppConfig => ({ server: base.href, problem });
  try {
    const response = await get(new URL('config.json', base), { cache: 'no-cache', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) return own(`config.json was not found (${response.status}); using the server of this page`);
    const { server } = v.parse(Config, await response.json());
    if (server === '') return own(null);
    const url = new URL(server.endsWith('/') ? server : `${server}/`, base);
    return url.protocol === 'http:' || url.protocol === 'https:' ? { server: url.href, problem: null } : own('The server in config.json is no http address; using the server of this page');
  } catch {
    return own('config.json could not be read; using the server of this page');
  }
}
