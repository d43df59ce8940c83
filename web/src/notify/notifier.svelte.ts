/** Tells people what happened, in the ways that they chose. */
import { notifications, type Chosen } from '$/api/notifications';
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

const BEEP_S = 0.18;

class Browser implements Means {
  #audio: AudioContext | null = null;

  toast(notice: Notice): void {
    toasts.notice(notice.text, notice.detail, notice.bad ? 'bad' : 'good');
  }

  desktop(notice: Notice): void {
    if (desktopState() !== 'granted') return;
    try {
      // The same twice from two open pages shows once.
      const tag = `${notice.event} ${notice.text}`;
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

  constructor(means: Means = new Browser(), now: () => number = () => Date.now()) {
    this.#means = means;
    this.#now = now;
  }

  async load(): Promise<void> {
    this.chosen = await notifications.read();
  }

  async choose(settings: NotificationSettings): Promise<void> {
    this.chosen = await notifications.choose(this.chosen?.tag ?? '*', settings);
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
      text: 'This is how it looks',
      detail: 'Nothing has happened.',
      bad: false,
    };
    for (const by of ['toast', 'desktop', 'sound'] as const) if (choice[by]) this.#by(by, notice);
  }

  #by(by: keyof Means, notice: Notice): void {
    if (by === 'sound') this.#means.sound(notice.bad);
    else this.#means[by](notice);
  }
}

export const notifier = new Notifier();
