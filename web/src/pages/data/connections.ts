/** What a connection's state means for the eye. */
import type { Tone } from '$/ui/Badge.svelte';

const TONES: Record<string, Tone> = {
  CONNECTED: 'good',
  CONNECTING: 'info',
  WAITING: 'warn',
  CLOSING: 'neutral',
  CLOSED: 'neutral',
  IDLE: 'neutral',
  FAILED: 'bad',
};

export function connectionTone(state: string): Tone {
  return TONES[state.toUpperCase()] ?? 'warn';
}

/** Decimal multiples, one digit after the point. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}

export function totalErrors(errors: Record<string, number>): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}
