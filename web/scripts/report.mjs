// Puts the report's script and style into one page, dist/report.html, which the program fills with a result.
import { readFileSync, writeFileSync } from 'node:fs';

const BYTES_MAX = 1_000_000;
const built = new URL('../node_modules/.tradewind-report/', import.meta.url);
const script = readFileSync(new URL('report.js', built), 'utf8').replaceAll('</script', '<\\/script');
const style = readFileSync(new URL('report.css', built), 'utf8').replaceAll('</style', '<\\/style');
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>Backtest</title>
<style>${style}</style>
</head>
<body>
<div id="report"></div>
<script type="application/json" id="data">/*TRADEWIND_REPORT_DATA*/</script>
<script>${script}</script>
</body>
</html>
`;
if (page.split('/*TRADEWIND_REPORT_DATA*/').length !== 2)
  throw new Error('the marker has to stand in the page once');
if (page.length > BYTES_MAX) throw new Error(`the report's page has ${page.length} bytes of ${BYTES_MAX}`);
writeFileSync(new URL('../dist/report.html', import.meta.url), page);
console.log(`report.html: ${(page.length / 1000).toFixed(1)} kB`);
