import type { LampShape } from '@/components/lamp';
import type { StreamView } from '@/stores/types';

export interface StreamWords {
  readonly shape: LampShape;
  /** One or two words for the top bar. */
  readonly short: string;
  /** A sentence with time and next step for the connection panel. */
  readonly long: string;
}

/** Names of the streams as users read them; `binary` is the seeds' name for the up/down forecasts. */
export const STREAM_TITLES = { market: 'Market', signals: 'Signals', binary: 'Sentiment' } as const;

const seconds = (ms: number): string => {
  const s = Math.max(0, Math.round(ms / 1000));
  return s < 120 ? `${String(s)} s` : `${String(Math.floor(s / 60))} min`;
};

const sentence = (reason: string, fallback: string): string => {
  const text = reason.trim() || fallback;
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/[.\s]+$/, '');
};

/** State of one stream in words, at monotonic time `now` (ms). */
export function streamWords(view: StreamView, now: number): StreamWords {
  const lasted = seconds(now - (view.downSince ?? view.since));
  const bridge = view.fallback ? ' Prices come by plain requests meanwhile.' : '';
  switch (view.state) {
    case 'live':
      return { shape: 'disc', short: 'live', long: `Live for ${lasted}.` };
    case 'stale':
      return { shape: 'half', short: `silent ${seconds(now - (view.lastMessageAt ?? view.since))}`, long: `${sentence(view.reason, 'Connected, but nothing arrives')}, for ${lasted}.${bridge}` };
    case 'backoff': {
      const wait = view.nextAttemptAt === null ? null : Math.ceil((view.nextAttemptAt - now) / 1000);
      const next = wait === null ? 'waiting' : wait > 0 ? `retry in ${String(wait)} s` : 'reconnecting';
      return { shape: 'bar', short: next, long: `${sentence(view.reason, 'The connection was lost')}; down for ${lasted}, ${next}.${bridge}` };
    }
    case 'offline':
      return { shape: 'bar', short: 'offline', long: `This device has no network, for ${lasted}. Reconnecting as soon as it is back.` };
    case 'stopped':
      return { shape: 'bar', short: 'stopped', long: `${sentence(view.reason, 'Stopped')}. Nothing is retried by itself.` };
    case 'connecting':
    case 'hello':
      return { shape: 'ring', short: 'connecting', long: `Connecting for ${lasted}.${bridge}` };
    case 'syncing':
      return { shape: 'ring', short: 'loading', long: 'Connected; loading the present state.' };
    case 'idle':
      return { shape: 'ring', short: 'not started', long: 'Not started yet.' };
  }
}
