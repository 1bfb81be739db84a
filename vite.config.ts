import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';
import packageJson from './package.json' with { type: 'json' };

const server = process.env['TICKGLASS_DEV_SERVER'] ?? 'http://127.0.0.1:8000';

/**
 * Browsers fetch scripts and styles ahead, before the base finder in index.html has run, and would ask for them in the wrong folder
 * under a deep link. So their addresses wait in data attributes (docs/decisions/0002).
 */
const waitForBase = (): Plugin => ({
  name: 'wait-for-base',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (html) =>
      html
        .replace(/<link rel="(modulepreload|stylesheet)"([^>]*?)\shref="\.\//g, '<link data-rel="$1"$2 data-href="./')
        .replace(/(<script type="module"[^>]*?\s)src="\.\//g, '$1data-src="./'),
  },
});

/** Compressed once, beside the file itself: our server, and others that know `.gz` and `.br`, send these as they are. */
const compressed = (): Plugin => ({
  name: 'compressed',
  apply: 'build',
  writeBundle: ({ dir = '' }, bundle) => {
    for (const path of Object.keys(bundle).filter((name) => /\.(?:js|css|svg)$/.test(name)).map((name) => join(dir, name))) {
      const bytes = readFileSync(path);
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      writeFileSync(`${path}.br`, brotliCompressSync(bytes));
    }
  },
});

/** What every page needs, in one file: many small ones compress worse, and this one changes less often than the pages. */
const BASE = [
  /[\\/]node_modules[\\/](vue|@vue|pinia|vue-router|valibot|reconnecting-websocket)[\\/]/, /plugin-vue/,
  /[\\/]src[\\/]core[\\/](util[\\/]result|contract[\\/](channels|primitives|limits)|market[\\/]instrument)/, /[\\/]src[\\/]composables[\\/]format/,
];

export default defineConfig({
  // Relative, so that one bundle works at the root and under any sub-path.
  base: './',
  plugins: [vue(), waitForBase(), compressed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // Components here are all script-setup: the older way of writing them need not be loaded.
  define: { __APP_VERSION__: JSON.stringify(packageJson.version), __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: 'dist', target: 'es2022', sourcemap: false, assetsInlineLimit: 0,
    // Every browser that runs this knows `modulepreload`. Lists of what else a later file needs stand in the first load with all their hashes: only style sheets are worth that, as a view must not appear without them.
    modulePreload: { polyfill: false, resolveDependencies: (_file, needed) => needed.filter((name) => name.endsWith('.css')) },
    rollupOptions: {
      output: { codeSplitting: { groups: [{ name: 'base', test: (id) => BASE.some((part) => part.test(id)) }] } },
      // Core is pure by rule and by lint: a module of it that nobody uses may go, and one that a single view uses goes with that view.
      treeshake: { moduleSideEffects: [{ test: /[\\/]src[\\/]core[\\/]/, sideEffects: false }] },
    },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': { target: server, changeOrigin: true },
      '/health': { target: server, changeOrigin: true },
      '/ws': { target: server, changeOrigin: true, ws: true },
    },
  },
});
