/** Tells people what happened, in the ways that they chose. */
import { notifications, type Chosen } from '$/api/notifications';
import { ApiError } from '$/api/problem';
import type { NotificationChoice, NotificationSettings } from '$/api/types';
import { toasts } from '$/ui/toasts.svelte';
import type { Notice } from './notices';
import { isQuiet } from './quiet';

export interface Means {
  toast(notice: Notice): void;
  desktop(notice: Notice): void;
  sound(bad: boolean): void;
}

/** By which means a notice is told, in this moment. */
export function meansOf(settings: NotificationSettings, notice: Notice, now_ms: number): (keyof Means)[] {
  const choice = settings.events.find((of) => of.event === notice.event);
  if (!choice) return [];
  const quiet = isQuiet(settings.quiet, now_ms);
  const all = ['toast', 'desktop', 'sound'] as const;
  return all.filter((by) => choice[by] && (by === 'toast' || !quiet));
}

/** What this browser lets us do, as of now. */
export function desktopState(): 'granted' | 'denied' | 'default' | 'missing' {
  return typeof Notification === 'undefined' ? 'missing' : Notification.permission;
}

/** So many accounts are listened to: each takes two of the subscriptions that a page may have. */
export const ACCOUNTS_MAX = 10;
const BEEP_S = 0.18;

class Browser implements Means {
  #audio: AudioContext | null = null;

  toast(notice: Notice): void {
    toasts.notice(`${notice.event} ${notice.key}`, notice.text, notice.detail, notice.bad ? 'bad' : 'good');
  }

  desktop(notice: Notice): void {
    if (desktopState() !== 'granted') return;
    try {
      // The same twice from two open pages shows once.
      const tag = `${notice.event} ${notice.key}`;
      const shown = new Notification(notice.text, { body: notice.detail ?? '', tag });
      shown.onclick = () => {
        window.focus();
        shown.close();
      };
    } catch {
      // Some phones take them from service workers only.
    }
  }

  sound(bad: boolean): void {
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    // Browsers hold sound back until somebody has clicked.
    if (audio.state === 'suspended') void audio.resume().catch(() => undefined);
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = bad ? 330 : 660;
    volume.gain.setValueAtTime(0.15, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + BEEP_S);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + BEEP_S);
  }
}

export class Notifier {
  chosen: Chosen | null = $state.raw(null);
  readonly #means: Means;
  readonly #now: () => number;
  /** Of several open pages one makes the sounds. */
  #leads = true;

  constructor(means: Means = new Browser(), now: () => number = () => Date.now()) {
    this.#means = means;
    this.#now = now;
  }

  async load(): Promise<void> {
    this.chosen = await notifications.read();
  }

  async choose(settings: NotificationSettings): Promise<void> {
    try {
      this.chosen = await notifications.choose(this.chosen?.tag ?? '*', settings);
    } catch (error) {
      // Chosen on another page meanwhile: the next attempt is based on that.
      if (error instanceof ApiError && error.status === 412) await this.load();
      throw error;
    }
    this.#others()?.postMessage('chosen');
  }

  /** Hears what is chosen on other pages of this browser, and takes turns with them at making sounds; returns how to stop. */
  join(): () => void {
    const others = this.#others();
    if (others) others.onmessage = () => void this.load().catch(() => undefined);
    const stop = new AbortController();
    // Locks are there on pages that came safely only.
    if (typeof navigator !== 'undefined' && 'locks' in navigator) {
      this.#leads = false;
      const { signal } = stop;
      const held = navigator.locks.request('tradewind.sounds', { signal }, async () => {
        this.#leads = true;
        await new Promise((ended) => signal.addEventListener('abort', ended, { once: true }));
      });
      held.catch(() => undefined);
    }
    return () => {
      stop.abort();
      others?.close();
      this.#channel = null;
    };
  }

  #channel: BroadcastChannel | null = null;
  #others(): BroadcastChannel | null {
    if (typeof BroadcastChannel === 'undefined') return null;
    return (this.#channel ??= new BroadcastChannel('tradewind.notifications'));
  }

  /** Nothing is told before it is known what is wanted. */
  tell(notice: Notice | null): void {
    const settings = this.chosen?.settings;
    if (!notice || !settings) return;
    for (const by of meansOf(settings, notice, this.#now())) this.#by(by, notice);
  }

  /** Tries the means of a choice, quiet hours or not. */
  test(choice: NotificationChoice): void {
    const notice: Notice = {
      event: choice.event,
      key: 'test',
      text: 'This is how it looks',
      detail: 'Nothing has happened.',
      bad: false,
    };
    for (const by of ['toast', 'desktop', 'sound'] as const) if (choice[by]) this.#by(by, notice);
  }

  #by(by: keyof Means, notice: Notice): void {
    try {
      if (by !== 'sound') this.#means[by](notice);
      else if (this.#leads || notice.key === 'test') this.#means.sound(notice.bad);
    } catch {
      // A browser that refuses one way of telling is no reason to miss the others.
    }
  }
}

export const notifier = new Notifier();
