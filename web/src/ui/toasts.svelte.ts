/** Short words on what just happened. Failures stay until they are dismissed. */
import { ApiError, describeError } from '$/api/problem';

export interface Toast {
  id: number;
  tone: 'good' | 'bad';
  text: string;
  detail: string | null;
  /** Of what happened by itself: which happening it is. */
  key: string | null;
  /** Stays until it is dismissed. */
  stays: boolean;
}

const GOOD_MS = 5_000;
/** What happened by itself stays a little longer: nobody was waiting for it. */
const NOTICE_MS = 10_000;
const TOASTS_MAX = 4;

class Toasts {
  list: Toast[] = $state.raw([]);
  #next = 1;

  good(text: string): void {
    // What happened was told already, with more to it.
    if (this.list.some((toast) => toast.text === text && toast.key !== null)) return;
    const id = this.#add({ tone: 'good', text, detail: null, key: null, stays: false });
    setTimeout(() => this.dismiss(id), GOOD_MS);
  }

  /** Something that happened by itself; the same key is the same happening. */
  notice(key: string, text: string, detail: string | null, tone: Toast['tone']): void {
    const id = this.#add({ tone, text, detail, key, stays: false });
    setTimeout(() => this.dismiss(id), NOTICE_MS);
  }

  fail(what: string, error: unknown): void {
    const request =
      error instanceof ApiError && error.correlationId ? `Request ${error.correlationId}` : null;
    this.#add({
      tone: 'bad',
      text: `${what}: ${describeError(error)}`,
      detail: request,
      key: null,
      stays: true,
    });
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Runs something; says so when it failed. True when it did not. */
  async run(what: string, action: () => Promise<unknown>, done?: string): Promise<boolean> {
    try {
      await action();
      if (done) this.good(done);
      return true;
    } catch (error) {
      this.fail(what, error);
      return false;
    }
  }

  #add(said: Omit<Toast, 'id'>): number {
    const id = this.#next++;
    // Said once: what one did shows as what happened, too. Two happenings that read the same are two.
    const same = (toast: Toast) =>
      toast.text === said.text && (toast.key === null || said.key === null || toast.key === said.key);
    const all = [...this.list.filter((toast) => !same(toast)), { ...said, id }];
    while (all.length > TOASTS_MAX) {
      // What passes by itself makes room first.
      const passing = all.findIndex((toast) => !toast.stays);
      all.splice(passing === -1 || passing === all.length - 1 ? 0 : passing, 1);
    }
    this.list = all;
    return id;
  }
}

export const toasts = new Toasts();
