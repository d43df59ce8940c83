/** A ticket being filled in, sent, and answered. */
import type { Instrument, NewOrder, Order } from '$/api/types';
import {
  checkDraft,
  EMPTY_DRAFT,
  fingerprint,
  isSound,
  newOrderId,
  toOrder,
  type Draft,
  type DraftProblems,
} from './ticket';

export class TicketState {
  draft: Draft = $state({ ...EMPTY_DRAFT });
  /** Problems show only after the first attempt. */
  tried: boolean = $state(false);
  busy: boolean = $state(false);
  placed: Order | null = $state.raw(null);
  failure: unknown = $state.raw(null);
  readonly #place: (account: string, order: NewOrder) => Promise<Order>;
  #unanswered: { id: string; fingerprint: string } | null = null;

  constructor(place: (account: string, order: NewOrder) => Promise<Order>) {
    this.#place = place;
  }

  problems(instrument: Instrument): DraftProblems {
    return checkDraft(this.draft, instrument);
  }

  /** Sends it if it is sound. The same order sent again after a lost answer keeps its id, so it can't count twice. */
  async submit(account: string, instrument: Instrument): Promise<void> {
    this.tried = true;
    if (this.busy || !isSound(this.problems(instrument))) return;
    const print = fingerprint(this.draft, account, instrument.id);
    const id = this.#unanswered?.fingerprint === print ? this.#unanswered.id : newOrderId();
    this.#unanswered = { id, fingerprint: print };
    this.busy = true;
    this.failure = this.placed = null;
    try {
      this.placed = await this.#place(account, toOrder(this.draft, instrument.id, id));
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
