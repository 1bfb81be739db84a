import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { hasPeer } from '../installed';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const GRID = 'ag-grid-community.min.js';

/** Builds the pages of the peers into `folder` as they would be shipped. True when AG Grid is installed; the other needs only what the product has. */
export async function buildPeerPages(folder: string): Promise<boolean> {
  await build({
    configFile: false, logLevel: 'silent', root: here('.'), base: '/peers/', resolve: { alias: { '@': here('../../../src') } },
    build: { outDir: folder, emptyOutDir: true, rollupOptions: { input: [here('./agGrid.html'), here('./piniaTable.html')] } },
  });
  const agGrid = hasPeer('ag-grid-community');
  if (agGrid) copyFileSync(here(`../../node_modules/ag-grid-community/dist/${GRID}`), `${folder}/${GRID}`);
  return agGrid;
}
