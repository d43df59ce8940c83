// The size budget: first load, what a chart's candles need beyond it, and the whole app. Exits 1 above any.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const KB = 1000;
const FIRST_LOAD_MAX = 60 * KB;
const CHART_ROUTE_MAX = 60 * KB;
const WHOLE_APP_MAX = 300 * KB;
/** What a signed-in person's first page is: the entry, the shell and the dashboard. */
const FIRST_PAGES = ['index.html', 'src/app/Shell.svelte', 'src/pages/dashboard/Dashboard.svelte'];
/** Until candles are drawn and live. Indicators, drawings and depth load after them, dialogs when they are opened. */
const CHART = ['src/pages/chart/Chart.svelte', 'src/pages/chart/price-chart.ts'];

const dist = new URL('../dist/', import.meta.url).pathname;
const manifest = JSON.parse(
  readFileSync(new URL('../node_modules/.tradewind-manifest.json', import.meta.url), 'utf8'),
);

function gzip(file) {
  return gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
}

function closure(keys) {
  const chunks = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`${key} is not in the build's manifest`);
    if (chunks.has(chunk)) return;
    chunks.add(chunk);
    chunk.imports?.forEach(visit);
  };
  keys.forEach(visit);
  return [...new Set([...chunks].flatMap((chunk) => [chunk.file, ...(chunk.css ?? [])]))];
}

function report(name, files, max) {
  const total = files.reduce((sum, file) => sum + gzip(file), 0);
  const fits = total <= max;
  console.log(`${fits ? 'ok  ' : 'OVER'} ${name}: ${(total / KB).toFixed(1)} kB of ${max / KB} kB gzip`);
  return fits;
}

const first = ['index.html', ...closure(FIRST_PAGES)];
const chart = closure(CHART).filter((file) => !first.includes(file));
const all = readdirSync(dist, { recursive: true })
  .map(String)
  // The report is no part of the app: it has a budget of its own in scripts/report.mjs.
  .filter(
    (file) => file !== 'report.html' && !/\.(gz|br)$/.test(file) && statSync(join(dist, file)).isFile(),
  );

for (const file of all.sort((a, b) => gzip(b) - gzip(a))) {
  const when = first.includes(file) ? ' (first load)' : chart.includes(file) ? ' (chart)' : '';
  console.log(`${String(gzip(file)).padStart(7)} ${file}${when}`);
}
/** Cut into chunks along a circle of imports, a chunk can export what it does not have: it parses nowhere. */
function parses(file) {
  const input = readFileSync(join(dist, file));
  const checked = spawnSync(process.execPath, ['--input-type=module', '--check'], { input });
  if (checked.status !== 0) console.log(`BROKEN ${file}: ${checked.stderr}`);
  return checked.status === 0;
}

const fits = [
  ...all.filter((file) => file.endsWith('.js')).map(parses),
  report('first load', first, FIRST_LOAD_MAX),
  report('chart route', chart, CHART_ROUTE_MAX),
  report('whole app', all, WHOLE_APP_MAX),
];
process.exit(fits.every(Boolean) ? 0 : 1);
