/** The indicators and compared instruments of one chart, as the address holds them. */
import type { Cell } from './cell';
import { readShown, writeShown, type ShownIndicator } from './shown-indicators';

export const COMPARED_MAX = 3;

export function shownOf(cell: Cell): ShownIndicator[] {
  // `overlays` is what older addresses say.
  return readShown(cell.get('indicators') ?? cell.get('overlays'));
}
export function setShown(cell: Cell, list: readonly ShownIndicator[]): void {
  cell.set('overlays', null);
  cell.set('indicators', writeShown(list));
}

export function comparedOf(cell: Cell): string[] {
  return (cell.get('compare') ?? '').split(',').filter(Boolean).slice(0, COMPARED_MAX);
}
export function setCompared(cell: Cell, list: readonly string[]): void {
  cell.set('compare', list.slice(0, COMPARED_MAX).join(',') || null);
}
