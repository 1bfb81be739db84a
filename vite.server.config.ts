import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The server as one file for plain Node; packages stay in node_modules. */
export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    ssr: 'server/main.ts',
    outDir: 'build/server',
    target: 'node20',
    minify: false,
    sourcemap: true,
    copyPublicDir: false,
    rollupOptions: { output: { entryFileNames: 'main.js', format: 'es' } },
  },
});
