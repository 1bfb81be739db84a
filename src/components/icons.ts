/** Outlines on a 16 px grid, drawn by one stroke. */
export const ICONS = {
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5 14 14',
  star: 'M8 2l1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5Z',
  settings: 'M2 4.5h7M13 4.5h1M11 2.7a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6ZM2 11.5h1M7 11.5h7M5 9.7a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6Z',
  keyboard: 'M1.5 4h13v8h-13ZM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6',
  columns: 'M2 3h12v10H2ZM6 3v10M10 3v10',
  close: 'M4 4l8 8M12 4l-8 8',
  chevron: 'M6 4l4 4-4 4',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  copy: 'M5.5 5.5h8v8h-8ZM3 10.5H2.5v-8h8V3',
  retry: 'M13 8a5 5 0 1 1-1.5-3.6M13.5 2v3h-3',
  market: 'M2 13.5h12M4 11V7M8 11V3M12 11V5.5',
  analysis: 'M2 11.5 6 7l3 3 5-6M2 14h12',
  status: 'M1.5 8.5h3L6.5 3l3 10 2-4.5h3',
  list: 'M2.5 4h.01M5.5 4h8M2.5 8h.01M5.5 8h8M2.5 12h.01M5.5 12h8',
  plus: 'M8 3v10M3 8h10',
  up: 'M4 10l4-4 4 4',
  down: 'M4 6l4 4 4-4',
  replay: 'M3 8a5 5 0 1 0 1.5-3.6M2.5 2v3h3M6.8 6v4L10 8Z',
} as const;
export type IconName = keyof typeof ICONS;
