/** What a file must be before it is sent; the server checks the same. */
import type { BacktestFile } from '$/api/types';

export const ENDINGS = ['.csv', '.csv.gz', '.parquet', '.pq', '.rhai'] as const;
const BYTES_MAX = 256 * 1024 * 1024;
const NAME_MAX = 100;

/** The name under which it is kept: letters, digits, `.`, `_` and `-`; everything else becomes `_`. */
export function plainName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '');
}

/** Why it cannot be sent, if so. */
export function fileProblem(
  name: string,
  bytes: number,
  there: readonly Pick<BacktestFile, 'name'>[],
): string | null {
  if (!ENDINGS.some((ending) => name.endsWith(ending)))
    return `${name || 'The file'} must end in ${ENDINGS.join(', ')}.`;
  if (name.length > NAME_MAX) return `${name}: a name may have ${NAME_MAX} characters.`;
  if (bytes === 0) return `${name} is empty.`;
  if (bytes > BYTES_MAX) return `${name} has more than 256 MB. Cut it, or gzip it (.csv.gz).`;
  if (there.some((file) => file.name === name))
    return `There is a ${name} already. Files are not changed: delete it, or send this one under another name.`;
  return null;
}

/** `1.2 MB`, `340 B`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** at).toFixed(at === 0 ? 0 : 1)} ${units[at] ?? ''}`;
}
