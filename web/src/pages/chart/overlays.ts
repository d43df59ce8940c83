/** The overlays on offer, named as the engine names them; it computes them. */

export interface OverlayChoice {
  /** As the API knows it. */
  spec: string;
  title: string;
  /** Which of the theme's series colours, 1 to 5. */
  colour: number;
}

export const OVERLAYS: readonly OverlayChoice[] = [
  { spec: 'EMA_3', title: 'EMA 3', colour: 1 },
  { spec: 'EMA_5', title: 'EMA 5', colour: 2 },
  { spec: 'EMA_20', title: 'EMA 20', colour: 5 },
  { spec: 'BBANDS_10_2', title: 'Bollinger 10/2', colour: 3 },
  { spec: 'VWAP', title: 'VWAP', colour: 4 },
];
export const OVERLAYS_DEFAULT = ['EMA_3', 'EMA_5'];
export const INTERVALS = ['1s', '5s', '10s', '30s', '1m', '5m', '15m', '1h', '4h', 'D', 'W', 'M'] as const;

const UNIT_S: Record<string, number> = { s: 1, m: 60, h: 3_600, D: 86_400, W: 604_800, M: 2_592_000 };

/** Seconds of an interval's name, e.g. `5m`; of a week or month the nominal length. */
export function intervalSeconds(interval: string): number {
  const match = /^(\d*)([smhDWM])$/.exec(interval);
  return match ? Number(match[1] || 1) * (UNIT_S[match[2] ?? ''] ?? 60) : 60;
}

/** The choice that a line belongs to: `BBANDS_10_2.upper` → Bollinger. */
export function choiceOf(line: string): OverlayChoice | null {
  const [spec] = line.split('.');
  return OVERLAYS.find((choice) => choice.spec === spec) ?? null;
}

/** Overlay names of an address; unknown ones fall away. `none` is the empty choice. */
export function readOverlays(text: string | null): string[] {
  if (text === null) return OVERLAYS_DEFAULT;
  return text.split(',').filter((spec) => OVERLAYS.some((choice) => choice.spec === spec));
}
