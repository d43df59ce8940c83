/** A ticket being filled in, sent, and answered. */
import type { NewBracket, Order } from '$/api/types';
import {
  emptyDraft,
  fingerprint,
  newOrderId,
  timesInForce,
  toBracket,
  type Draft,
  type Ground,
} from './ticket';
import { checkDraft, isSound, type DraftProblems } from './ticket-check';

/** Sends an entry, with its legs when there are any; answers all orders that were made, the entry first. */
export type Place = (account: string, bracket: NewBracket) => Promise<Order[]>;

export class TicketState {
  draft: Draft = $state(emptyDraft());
  /** Problems show only after the first attempt. */
  tried: boolean = $state(false);
  busy: boolean = $state(false);
  placed: Order[] = $state.raw([]);
  failure: unknown = $state.raw(null);
  readonly #place: Place;
  #unanswered: { id: string; fingerprint: string } | null = null;

  constructor(place: Place) {
    this.#place = place;
  }

  problems(ground: Ground): DraftProblems {
    return checkDraft(this.draft, ground);
  }

  /** Another type keeps what is typed, and a life span that it can have. */
  setType(type: Draft['type']): void {
    this.draft.type = type;
    const allowed = timesInForce(type);
    if (!allowed.includes(this.draft.timeInForce)) this.draft.timeInForce = allowed[0] ?? 'IOC';
  }

  /** Sends it if it is sound. The same order sent again after a lost answer keeps its id, so it can't count twice. */
  async submit(account: string, ground: Ground): Promise<void> {
    this.tried = true;
    if (this.busy || !isSound(this.problems(ground))) return;
    const { instrument, zone } = ground;
    const print = fingerprint(this.draft, account, instrument.id, zone);
    const id = this.#unanswered?.fingerprint === print ? this.#unanswered.id : newOrderId();
    this.#unanswered = { id, fingerprint: print };
    this.busy = true;
    this.failure = null;
    this.placed = [];
    try {
      this.placed = await this.#place(account, toBracket(this.draft, instrument.id, zone, id));
      this.#unanswered = null;
      this.tried = false;
    } catch (error) {
      this.failure = error;
      // A refusal is an answer; only silence and a failing server leave it open whether the order is there.
      const status = (error as { status?: number }).status ?? 0;
      if (status >= 400 && status < 500) this.#unanswered = null;
    } finally {
      this.busy = false;
    }
  }
}
