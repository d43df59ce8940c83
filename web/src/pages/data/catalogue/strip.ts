/** Gaps on a strip of time: where each stands, as parts of the whole. */
import type { CatalogueGap, CatalogueGaps } from '$/api/catalogue';

export interface Piece {
  /** Of the strip's width, 0 to 1. */
  start: number;
  width: number;
  /** Gaps that are drawn as one, since they would touch. */
  gaps: number;
}

/** Narrower ones would not be seen. */
const WIDTH_MIN = 0.003;

/** Pieces in order, without overlap, inside of the strip. */
export function pieces({ from, to, gaps }: Pick<CatalogueGaps, 'from' | 'to' | 'gaps'>): Piece[] {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const length = end - begin;
  if (!(length > 0)) return [];
  const found: Piece[] = [];
  for (const gap of [...gaps].sort((a, b) => Date.parse(a.from) - Date.parse(b.from))) {
    const start = Math.max(0, (Date.parse(gap.from) - begin) / length);
    const stop = Math.min(1, (Date.parse(gap.to) - begin) / length);
    if (stop < start || start >= 1) continue;
    const width = Math.min(Math.max(stop - start, WIDTH_MIN), 1);
    const piece = { start: Math.min(start, 1 - width), width, gaps: 1 };
    const last = found.at(-1);
    if (last && piece.start <= last.start + last.width) {
      last.width = Math.max(last.start + last.width, piece.start + piece.width) - last.start;
      last.gaps += 1;
    } else {
      found.push(piece);
    }
  }
  return found;
}

export function barsMissing(gaps: readonly CatalogueGap[]): number {
  return gaps.reduce((sum, gap) => sum + gap.bars, 0);
}
