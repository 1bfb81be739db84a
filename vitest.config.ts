import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

const shared = {
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: { __APP_VERSION__: JSON.stringify('test') },
};

/**
 * One project per part, as in the tree: `vitest --project core` and so on. Core and server keep no state in modules, so that their
 * files share a process and what it has loaded; a component may leave some, and each of its files begins anew.
 */
export default defineConfig({
  test: {
    // One less is the default, which leaves half of a machine with two cores unused.
    maxWorkers: availableParallelism(),
    projects: [
      { ...shared, test: { name: 'core', include: ['tests/core/**/*.test.ts'], environment: 'node', testTimeout: 60_000, isolate: false } },
      { ...shared, plugins: [vue()], test: { name: 'client', include: ['tests/client/**/*.test.ts'], environment: 'happy-dom' } },
      { ...shared, test: { name: 'server', include: ['tests/server/**/*.test.ts', 'tests/connectors/**/*.test.ts'], environment: 'node', testTimeout: 20_000, isolate: false } },
      { ...shared, test: { name: 'integration', include: ['tests/integration/**/*.test.ts', 'tests/faults/**/*.test.ts'], environment: 'node', testTimeout: 60_000, fileParallelism: false } },
      { ...shared, test: { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], environment: 'node', testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
