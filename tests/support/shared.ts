import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const repoRoot = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Path of a file or folder of the reference material that may lie beside the repository (`../shared`), or null when
 * it is absent: such tests say `describe.skipIf(!path)` and have a small fixture in the repository besides.
 */
export function sharedPath(relative: string): string | null {
  const path = fileURLToPath(new URL(`../../../shared/${relative}`, import.meta.url));
  return existsSync(path) ? path : null;
}
