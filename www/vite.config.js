import { defineConfig } from 'vite';

export default defineConfig({
  // Works under any path.
  base: './',
  build: {
    target: 'es2022',
    // The content security policy knows no data: scripts or modules.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // The package finds its wasm module beside its own files, so it is served as it is.
  optimizeDeps: { exclude: ['hyla'] },
});
