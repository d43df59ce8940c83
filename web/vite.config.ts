import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const server = process.env['TRADEWIND_URL'] ?? 'http://127.0.0.1:8700';

/** What nearly every page has: one chunk, for each chunk costs those that use it a line of imports. */
const BASE = /\/(node_modules\/svelte|src\/(ui|money|time))\/|\/src\/api\/(http|plain|problem|resource)\b/;

/**
 * Rooms: what a person who opens one page of it mostly opens next. One chunk each, without what they share with others;
 * of pages by themselves a tenth would be lists of imports.
 */
const ROOMS = {
  entry: /\/src\/(pages\/(setup|signin)\/|app\/EntryPage|session\/(credentials|factor\/)|api\/security)/,
  office: /\/src\/(pages\/(settings|admin|reference)\/|api\/(audit|privacy|has))/,
  help: /\/src\/(app\/(Help|Search)Dialog|ui\/SearchList|pages\/chart\/key-list)/,
  desk: /\/src\/pages\/(statements|algorithms|backtest)\//,
  data: /\/src\/pages\/data\//,
  // What a chart needs after its candles.
  beside:
    /\/src\/pages\/chart\/(drawings\/|beside|plots|chart-keys|Swatches|Side|ReplayBar|BarsTable|AccountMarks|IndicatorLegend|\w+Dialog)/,
};
const rooms = Object.entries(ROOMS).map(([name, test]) => ({
  name,
  test,
  includeDependenciesRecursively: false,
}));
const base = { name: 'base', test: BASE, priority: 1 };

export default defineConfig({
  plugins: [svelte()],
  resolve: {
    alias: { $: fileURLToPath(new URL('./src', import.meta.url)) },
    ...(process.env['VITEST'] ? { conditions: ['browser'] } : {}),
  },
  build: {
    target: 'es2022',
    // The content security policy allows no data: URLs and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // scripts/size.mjs reads it to tell the first load from the lazy chunks.
    manifest: true,
    rolldownOptions: { output: { codeSplitting: { groups: [base, ...rooms] } } },
  },
  server: { proxy: { '/api': { target: server, ws: true, changeOrigin: true } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
