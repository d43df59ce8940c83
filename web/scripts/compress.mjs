// Writes `.br` and `.gz` beside every asset of the build, so that the server never compresses at run time.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = new URL('../dist/', import.meta.url).pathname;
const compressible = /\.(html|js|css|svg|json)$/;
/** Below this a header costs more than compression saves. */
const bytesMin = 256;

// Only scripts/size.mjs needs the manifest; it stays outside what is served.
const manifest = join(root, '.vite', 'manifest.json');
writeFileSync(join(root, '..', 'node_modules', '.tradewind-manifest.json'), readFileSync(manifest));
rmSync(join(root, '.vite'), { recursive: true });

for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const body = readFileSync(path);
  if (body.length < bytesMin) continue;
  writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }));
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
  };
  writeFileSync(`${path}.br`, brotliCompressSync(body, { params }));
}
