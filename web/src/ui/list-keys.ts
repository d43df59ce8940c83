/** Keys of a list beneath its search field, which keeps the focus: arrows mark an entry, Enter takes it. */

export interface MarkedList {
  count: number;
  /** Index of the marked entry. */
  marked: number;
  mark(index: number): void;
  take(index: number): void;
}

/** Handles the key when it is one of the list's. True when it was. */
export function listKey(event: KeyboardEvent, list: MarkedList): boolean {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined) {
    event.preventDefault();
    list.mark(Math.max(0, Math.min(list.count - 1, list.marked + step)));
    return true;
  }
  if (event.key !== 'Enter' || list.marked >= list.count) return false;
  event.preventDefault();
  list.take(list.marked);
  return true;
}

/** Brings the entry with this element id into view. */
export function showEntry(id: string): void {
  document.getElementById(id)?.scrollIntoView({ block: 'nearest' });
}
