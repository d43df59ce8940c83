/** Short words on what just happened. Failures stay until they are dismissed. */
import { ApiError, describeError } from '$/api/problem';

export interface Toast {
  id: number;
  tone: 'good' | 'bad';
  text: string;
  detail: string | null;
}

const GOOD_MS = 5_000;
/** What happened by itself stays a little longer: nobody was waiting for it. */
const NOTICE_MS = 10_000;
const TOASTS_MAX = 4;

class Toasts {
  list: Toast[] = $state.raw([]);
  #next = 1;

  good(text: string): void {
    const id = this.#add('good', text, null);
    setTimeout(() => this.dismiss(id), GOOD_MS);
  }

  /** Something that happened by itself. */
  notice(text: string, detail: string | null, tone: Toast['tone']): void {
    const id = this.#add(tone, text, detail);
    setTimeout(() => this.dismiss(id), NOTICE_MS);
  }

  fail(what: string, error: unknown): void {
    const request =
      error instanceof ApiError && error.correlationId ? `Request ${error.correlationId}` : null;
    this.#add('bad', `${what}: ${describeError(error)}`, request);
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

  #add(tone: Toast['tone'], text: string, detail: string | null): number {
    const id = this.#next++;
    // Said once: what one did shows as what happened, too.
    const others = this.list.filter((toast) => toast.text !== text);
    this.list = [...others, { id, tone, text, detail }].slice(-TOASTS_MAX);
    return id;
  }
}

export const toasts = new Toasts();
