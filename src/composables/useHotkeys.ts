import { onScopeDispose } from 'vue';

/** Keys as `mod+k`, `/`, `?`, `escape`, `g m` (two strokes). `mod` is Ctrl, on a Mac Cmd. */
export type Hotkeys = Readonly<Record<string, (event: KeyboardEvent) => void>>;
export interface HotkeyOptions {
  readonly target?: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;
  /** Keys that also work while a text field has the focus. */
  readonly inFields?: readonly string[];
}

/** Longest pause between two strokes, ms. */
const SEQUENCE_MS = 1_000;

function inField(event: KeyboardEvent): boolean {
  const { target } = event;
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Name of a stroke. Shift is part of a printed character (`?`) and only named for other keys. */
export function strokeOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const key = event.key === ' ' ? 'space' : event.key.toLowerCase();
  const mod = event.ctrlKey || event.metaKey ? 'mod+' : '';
  return mod + (event.altKey ? 'alt+' : '') + (event.shiftKey && key.length > 1 ? 'shift+' : '') + key;
}

/** Listens for keys while the calling scope lives. A handled key is not passed on to the browser. */
export function useHotkeys(hotkeys: Hotkeys, options: HotkeyOptions = {}): void {
  const target = options.target ?? document;
  let previous = { stroke: '', at: -Infinity };
  const onKey = (event: Event): void => {
    if (!(event instanceof KeyboardEvent) || event.defaultPrevented || event.isComposing) return;
    const stroke = strokeOf(event);
    if (inField(event) && !options.inFields?.includes(stroke)) return;
    const sequence = event.timeStamp - previous.at < SEQUENCE_MS ? `${previous.stroke} ${stroke}` : '';
    const handler = hotkeys[sequence] ?? hotkeys[stroke];
    previous = { stroke, at: event.timeStamp };
    if (!handler) return;
    event.preventDefault();
    handler(event);
  };
  target.addEventListener('keydown', onKey);
  onScopeDispose(() => target.removeEventListener('keydown', onKey));
}
