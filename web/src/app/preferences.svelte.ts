/** How a person wants to see things; kept in this browser. */
import type { Grouping } from '$/money/decimal';

export type Theme = 'system' | 'light' | 'dark';
/** `local`, `UTC`, or an IANA name. */
export type Zone = string;

interface Stored {
  theme: Theme;
  zone: Zone;
  grouping: Grouping;
  shortcuts: boolean;
}

const KEY = 'tradewind.preferences';
const DEFAULTS: Stored = { theme: 'system', zone: 'local', grouping: 'thousands', shortcuts: true };

function load(): Stored {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Stored>) };
  } catch {
    // Storage may be forbidden, or hold another program's text.
    return DEFAULTS;
  }
}

class Preferences {
  #stored: Stored = $state.raw(load());
  #systemDark: boolean = $state(matchMedia('(prefers-color-scheme: dark)').matches);

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
      this.#systemDark = event.matches;
    });
  }

  get theme() {
    return this.#stored.theme;
  }
  get zone() {
    return this.#stored.zone;
  }
  get grouping() {
    return this.#stored.grouping;
  }
  get shortcuts() {
    return this.#stored.shortcuts;
  }
  /** What is drawn now. */
  get effectiveTheme(): 'light' | 'dark' {
    if (this.theme !== 'system') return this.theme;
    return this.#systemDark ? 'dark' : 'light';
  }
  /** For `Intl`; undefined is the browser's own. */
  get timeZone(): string | undefined {
    return this.zone === 'local' ? undefined : this.zone;
  }

  set(change: Partial<Stored>): void {
    this.#stored = { ...this.#stored, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#stored));
    } catch {
      // It then holds for this page only.
    }
  }
}

export const preferences = new Preferences();
