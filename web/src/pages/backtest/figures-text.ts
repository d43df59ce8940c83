/** Figures and progress in words. */
import type { BacktestProgress } from '$/api/types';

type Figure = number | null | undefined;

/** `12.34 %`, `–` where there is none. */
export function percent(value: Figure): string {
  return value === null || value === undefined ? '–' : `${(value * 100).toFixed(2)} %`;
}
export function ratio(value: Figure): string {
  return value === null || value === undefined ? '–' : value.toFixed(2);
}
export function count(value: Figure): string {
  return value === null || value === undefined ? '–' : value.toLocaleString('en-US');
}

/** What a job is at, in words, and how much of it is done where that is known. */
export function progressOf(progress: BacktestProgress | null | undefined): {
  text: string;
  part: number | null;
} {
  if (!progress) return { text: 'starting', part: null };
  const { stage, done, total } = progress;
  const part = total ? Math.min(1, done / total) : null;
  const many = `${count(done)}${total ? ` of ${count(total)}` : ''}`;
  const words = {
    READING: 'reading the data',
    RUNNING: `${many} rows`,
    CHECKING: `looking for look-ahead: ${many} rows`,
    VARIANTS: `${many} variants`,
    WINDOWS: `${many} windows`,
  };
  return { text: words[stage], part };
}

/** Whether a time stands for no end: the last that the program can hold, in the year 2554. */
export function openEnded(ts: string): boolean {
  return Date.parse(ts) >= Date.UTC(2500, 0, 1);
}
