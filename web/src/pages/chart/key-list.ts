/** The chart's keys in words, for the help. A test holds them to what the chart does. */

export interface KeyHelp {
  keys: readonly string[];
  what: string;
}

/** Moving about: `chart-keys.ts`. */
export const MOVING: readonly KeyHelp[] = [
  { keys: ['ArrowLeft', 'ArrowRight'], what: 'Five bars back or forward' },
  { keys: ['PageUp', 'PageDown'], what: 'A screen back or forward' },
  { keys: ['Home', 'End'], what: 'The oldest bar here; the newest' },
  { keys: ['+', '-'], what: 'Zoom in or out' },
];
/** Of a replay: `replay.svelte.ts`. */
export const REPLAY: readonly KeyHelp[] = [
  { keys: [' '], what: 'In a replay: play or pause' },
  { keys: [',', '.'], what: 'In a replay: a bar back or forward' },
];
/** Of drawings: `drawings/Drawings.svelte`. */
export const DRAWINGS: readonly KeyHelp[] = [
  { keys: ['Enter'], what: 'Place the drawing whose tool is chosen' },
  { keys: ['[', ']'], what: 'Choose the drawing before or after' },
  { keys: ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'], what: 'Move the chosen drawing' },
  { keys: ['Delete'], what: 'Delete the chosen drawing' },
  { keys: ['Escape'], what: 'Put the tool or the drawing down' },
];

const NAMES: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'Page up',
  PageDown: 'Page down',
  ' ': 'Space',
};
/** As it stands on a keyboard. */
export function keyName(key: string): string {
  return NAMES[key] ?? key;
}
