/**
 * The indicators that a chart shows, as the address and templates hold them:
 * `EMA_20`, `RSI_14@1h` (computed on a higher interval), `~3` (its colour), `!` (hidden).
 */
export interface ShownIndicator {
  /** Id as the engine knows it, e.g. `RSI_14`. */
  id: string;
  /** The interval that it is computed on; the chart's own when `null`. */
  interval: string | null;
  /** Which of the theme's series colours its first output has, from 1. */
  colour: number;
  hidden: boolean;
}

export const COLOURS = 8;
export const SHOWN_MAX = 20;
export const INDICATORS_DEFAULT = 'EMA_3~1,EMA_5~2';

/** What tells one from another; the same indicator may stand there for several intervals. */
export function keyOf(shown: Pick<ShownIndicator, 'id' | 'interval'>): string {
  return shown.interval ? `${shown.id}@${shown.interval}` : shown.id;
}

const PATTERN = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9.+-]+)*)(?:@(\d*[smhDWM]))?(?:~(\d))?(!)?$/;

export function readShown(text: string | null): ShownIndicator[] {
  const list: ShownIndicator[] = [];
  for (const part of (text ?? INDICATORS_DEFAULT).split(',')) {
    const match = PATTERN.exec(part.trim());
    if (!match) continue;
    const [, id = '', interval = null, colour, hidden] = match;
    const shown = { id, interval, colour: Number(colour), hidden: hidden !== undefined };
    if (!(shown.colour >= 1 && shown.colour <= COLOURS)) shown.colour = nextColour(list);
    if (!list.some((other) => keyOf(other) === keyOf(shown))) list.push(shown);
  }
  return list.slice(0, SHOWN_MAX);
}

/** `null` for the default, so that a plain address stays plain. */
export function writeShown(list: readonly ShownIndicator[]): string | null {
  const text = list.map((shown) => `${keyOf(shown)}~${shown.colour}${shown.hidden ? '!' : ''}`).join(',');
  return text === INDICATORS_DEFAULT ? null : text || 'none';
}

/** The colour that is used least, the first of equals. */
export function nextColour(list: readonly ShownIndicator[]): number {
  const used = (colour: number) => list.filter((shown) => shown.colour === colour).length;
  const all = Array.from({ length: COLOURS }, (_, index) => index + 1);
  return all.reduce((best, colour) => (used(colour) < used(best) ? colour : best), 1);
}

/** Adds it, or leaves the list when it is there or full. */
export function addShown(
  list: readonly ShownIndicator[],
  id: string,
  interval: string | null,
): ShownIndicator[] {
  const known = list.some((shown) => keyOf(shown) === keyOf({ id, interval }));
  if (known || list.length >= SHOWN_MAX) return [...list];
  return [...list, { id, interval, colour: nextColour(list), hidden: false }];
}

/** Changes the one with the key, or with `null` removes it. */
export function changeShown(
  list: readonly ShownIndicator[],
  key: string,
  change: Partial<ShownIndicator> | null,
): ShownIndicator[] {
  const changed = list.flatMap((shown) => {
    if (keyOf(shown) !== key) return [shown];
    return change ? [{ ...shown, ...change }] : [];
  });
  // A change of parameters may make two the same.
  return changed.filter((shown, at) => changed.findIndex((other) => keyOf(other) === keyOf(shown)) === at);
}
