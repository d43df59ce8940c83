/** A form on its way to the server: what the person has to mend, and what the server said. */
import { ApiError } from '$/api/problem';

/** What is wrong, by field; nothing where a field is right. */
export type Problems<Field extends string> = { readonly [Name in Field]?: string | null };

export class Submission<Field extends string = never> {
  busy: boolean = $state(false);
  failure: unknown = $state.raw(null);
  /** Sent once at least: from then on each field says what is wrong with it. */
  tried: boolean = $state(false);
  readonly #problems: () => Problems<Field>;

  constructor(problems: () => Problems<Field> = () => ({})) {
    this.#problems = problems;
  }

  /** What stands under a field. */
  problem(field: Field): string | null {
    const said = this.failure instanceof ApiError ? this.failure.field(field) : null;
    return said ?? (this.tried ? (this.#problems()[field] ?? null) : null);
  }

  /** Sends, unless something is to be mended or is under way. */
  async send(action: () => Promise<void>): Promise<void> {
    this.tried = true;
    if (this.busy || Object.values(this.#problems()).some(Boolean)) return;
    this.busy = true;
    this.failure = null;
    try {
      await action();
    } catch (error) {
      this.failure = error;
    } finally {
      this.busy = false;
    }
  }
}
