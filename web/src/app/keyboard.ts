/** Shortcuts: single keys outside of text fields, and `g` followed by a page's letter. */
import { NAVIGATION } from './navigation';
import type { PageName } from './router.svelte';

export interface Actions {
  search(): void;
  help(): void;
  go(page: PageName): void;
}

const CHORD_MS = 1_500;

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.('input, select, textarea, [contenteditable], dialog');
}

/** A handler for `keydown`; `now` in milliseconds. */
export function shortcuts(actions: Actions, now: () => number) {
  let chordUntil = 0;
  return (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (now() < chordUntil) {
      chordUntil = 0;
      const item = NAVIGATION.find((entry) => entry.key === event.key);
      if (!item) return;
      event.preventDefault();
      return actions.go(item.page);
    }
    if (event.key === 'g') chordUntil = now() + CHORD_MS;
    const action = { '/': actions.search, '?': actions.help }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
}
