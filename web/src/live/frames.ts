/**
 * Applies what arrives once per drawn frame, in order. Hundreds of quotes a second then cost the page one round
 * of updates per frame. A hidden page draws no frames, so a timer stands in for them.
 */
const HIDDEN_MS = 250;

export class FrameQueue {
  #pending: (() => void)[] = [];
  #scheduled = false;

  push(apply: () => void): void {
    this.#pending.push(apply);
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (document.visibilityState === 'visible') requestAnimationFrame(() => this.#flush());
    else setTimeout(() => this.#flush(), HIDDEN_MS);
  }

  #flush(): void {
    this.#scheduled = false;
    const pending = this.#pending;
    this.#pending = [];
    for (const apply of pending) apply();
  }
}
