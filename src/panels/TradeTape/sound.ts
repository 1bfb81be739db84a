import type { TradeSide } from '@/core/contract';
import type { Weight } from './tapeWords';

/** Shortest pause between two tones, ms: a burst is one tone. */
const PAUSE_MS = 120;
const PITCH: Readonly<Record<TradeSide, number>> = { buy: 660, sell: 440, unknown: 550 };

export interface TradeSound {
  play(side: TradeSide, weight: Weight): void;
  close(): void;
}

/** Short tones by WebAudio, higher for buys. Must be made in a gesture of the user: browsers stay silent otherwise. null where there is no sound. */
export function createTradeSound(): TradeSound | null {
  if (typeof AudioContext === 'undefined') return null;
  const context = new AudioContext();
  let last = -Infinity;
  return {
    play(side, weight) {
      const now = performance.now();
      if (now - last < PAUSE_MS || context.state !== 'running') return;
      last = now;
      const tone = context.createOscillator();
      const gain = context.createGain();
      const at = context.currentTime;
      tone.frequency.value = PITCH[side];
      gain.gain.setValueAtTime(weight === 'huge' ? 0.18 : 0.07, at);
      gain.gain.exponentialRampToValueAtTime(0.001, at + 0.14);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.15);
    },
    close: () => void context.close(),
  };
}
