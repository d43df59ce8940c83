import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** The report's script and style as one file each; scripts/report.mjs puts them into one page. */
export default defineConfig({
  plugins: [svelte({ emitCss: true })],
  build: {
    target: 'es2022',
    outDir: 'node_modules/.tradewind-report',
    emptyOutDir: true,
    cssCodeSplit: false,
    reportCompressedSize: false,
    lib: {
      entry: fileURLToPath(new URL('./src/report/main.ts', import.meta.url)),
      formats: ['iife'],
      name: 'TradewindReport',
      fileName: () => 'report.js',
      cssFileName: 'report',
    },
  },
});
