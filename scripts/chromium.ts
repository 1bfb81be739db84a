import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not ours to run: both mean "look further"
  }
}

/** Path of a program on PATH, or null. */
export function onPath(name: string, path = process.env['PATH'] ?? ''): string | null {
  return path.split(delimiter).map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

/** The browser for tests, benchmarks and screenshots: `TICKGLASS_CHROMIUM`, else Chromium or Chrome on PATH, else null. */
export function findChromium(): string | null {
  const named = process.env['TICKGLASS_CHROMIUM'];
  if (named) return isExecutable(named) ? named : null;
  for (const name of NAMES) {
    const found = onPath(name);
    if (found) return found;
  }
  return null;
}
