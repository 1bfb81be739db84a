/** disc = good, ring = on its way, half = connected but late, bar = down. */
export type LampShape = 'disc' | 'ring' | 'half' | 'bar';
