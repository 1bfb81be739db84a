/** The part of a long list that is drawn. */
export interface Window {
  /** First row drawn. */
  readonly first: number;
  /** One past the last row drawn. */
  readonly end: number;
}

/** Rows of a scrolled box that must exist: those in sight and `overscan` either side. All lengths in px. */
export function visibleWindow(scrollTop: number, height: number, rowHeight: number, count: number, overscan = 2): Window {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + overscan);
  return { first: Math.min(first, end), end };
}

/** Where to scroll so that row `index` is wholly in sight; the same place when it already is. */
export function scrollToShow(index: number, scrollTop: number, height: number, rowHeight: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}

/** Row that a key moves to; null when the key does not move. */
export function moveBy(key: string, active: number, count: number, page: number): number | null {
  const last = count - 1;
  if (last < 0) return null;
  switch (key) {
    case 'ArrowDown': return Math.min(last, active + 1);
    case 'ArrowUp': return Math.max(0, active - 1);
    case 'PageDown': return Math.min(last, active + page);
    case 'PageUp': return Math.max(0, active - page);
    case 'Home': return 0;
    case 'End': return last;
    default: return null;
  }
}
