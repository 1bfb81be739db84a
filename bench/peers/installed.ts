import { existsSync } from 'node:fs';

/** How to get what the product is measured against (`bench/package.json`); the product needs none of it. */
export const INSTALL_PEERS = 'npm ci --prefix bench --ignore-scripts';

/** Is this package of bench/package.json there? */
export const hasPeer = (name: string): boolean => existsSync(new URL(`../node_modules/${name}/package.json`, import.meta.url));

export const peersInstalled = (): boolean => ['socket.io', 'ag-grid-community'].every(hasPeer);
