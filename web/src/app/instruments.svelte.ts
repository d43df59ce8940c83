/** The instruments, loaded once and shared: tick, lot and minimum of each are needed on most pages. */
import { market } from '$/api';
import { Resource } from '$/api/resource.svelte';
import type { Instrument } from '$/api/types';
import { router } from './router.svelte';

/** What a page shows when nothing was asked for: the product that nearly every crypto venue lists. */
const WELL_KNOWN = 'BTC/USD';

class Instruments {
  readonly resource = new Resource<Instrument[]>(() => market.instruments());
  #asked = false;

  get list(): Instrument[] {
    return this.resource.data ?? [];
  }

  /** Loads them unless they are here. Call it in an effect. */
  ensure(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.resource.reload();
  }

  reload(): void {
    this.#asked = true;
    void this.resource.reload();
  }

  find(id: string | null | undefined): Instrument | null {
    return this.list.find((instrument) => instrument.id === id) ?? null;
  }

  /** Those that an account of this venue can trade. */
  ofVenue(venue: string | null | undefined): Instrument[] {
    return venue ? this.list.filter((instrument) => instrument.venue === venue) : this.list;
  }

  /** The one in the address, or a well-known one of the venue, or its first. */
  current(venue?: string | null): Instrument | null {
    const choice = this.ofVenue(venue);
    const wanted = router.get('instrument');
    const asked = choice.find((instrument) => instrument.id === wanted);
    return asked ?? choice.find((instrument) => instrument.product === WELL_KNOWN) ?? choice[0] ?? null;
  }

  search(text: string): Instrument[] {
    const words = text.toUpperCase().split(/\s+/).filter(Boolean);
    const matches = (instrument: Instrument) => {
      const name = `${instrument.id} ${instrument.product} ${instrument.venue_symbol}`.toUpperCase();
      return words.every((word) => name.includes(word));
    };
    return this.list.filter(matches);
  }
}

export const instruments = new Instruments();
