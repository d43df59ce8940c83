/** Asks once, clearly, before what can't be taken back. */

export interface Question {
  title: string;
  /** What will happen, one line each. */
  consequences: string[];
  action: string;
  danger?: boolean;
  /** Asks for a reason, which goes to the record. */
  reason?: { label: string; initial: string };
  /** A choice beside the question. */
  option?: { label: string; initial: boolean };
}
export interface Answer {
  reason: string;
  option: boolean;
}

class Confirmation {
  question: Question | null = $state.raw(null);
  #resolve: ((answer: Answer | null) => void) | null = null;

  /** `null` when the person thinks better of it. */
  ask(question: Question): Promise<Answer | null> {
    this.#resolve?.(null);
    this.question = question;
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  answer(answer: Answer | null): void {
    this.question = null;
    this.#resolve?.(answer);
    this.#resolve = null;
  }
}

export const confirmation = new Confirmation();
