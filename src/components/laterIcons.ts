/** Outlines that no view needs at first: `<Icon :path="LATER.play" />`. On the same grid as `ICONS`. */
export const LATER = {
  expand: 'M9.5 2.5h4v4M13.5 2.5 9 7M6.5 13.5h-4v-4M2.5 13.5 7 9',
  shrink: 'M13 6.5H9.5V3M13.5 2.5l-4 4M3 9.5h3.5V13M2.5 13.5l4-4',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  layout: 'M2 3h12v10H2ZM9 3v10M9 8h5',
  side: 'M2 3h12v10H2ZM6.5 3v10',
  share: 'M8 10V2.5M5 5l3-2.5L11 5M3 9v4.5h10V9',
  play: 'M5 3v10l8-5Z',
  pause: 'M5.5 3v10M10.5 3v10',
  stepEvent: 'M4 4v8l6-4ZM12 4v8',
  stepSecond: 'M2.5 4v8l5-4ZM7.5 4v8l5-4ZM14 4v8',
  record: 'M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z',
  stop: 'M4 4h8v8H4Z',
  download: 'M8 2.5V10M5 7.5 8 10l3-2.5M3 10v3.5h10V10',
  bin: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 9h6l.5-9',
} as const;
