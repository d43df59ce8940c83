/** Moving about a chart by keyboard. */
import type { PriceChart } from './price-chart';

const STEP_BARS = 5;
const ZOOM = 0.8;

/** True when the key was one of the chart's. */
export function chartKey(chart: PriceChart, event: KeyboardEvent): boolean {
  const scale = chart.api.timeScale();
  const range = scale.getVisibleLogicalRange();
  if (!range) return false;
  const shown = range.to - range.from;
  const scroll = (bars: number) => scale.scrollToPosition(scale.scrollPosition() + bars, false);
  const zoom = (factor: number) =>
    scale.setVisibleLogicalRange({ from: range.to - shown * factor, to: range.to });
  const action = {
    ArrowLeft: () => scroll(-STEP_BARS),
    ArrowRight: () => scroll(STEP_BARS),
    PageUp: () => scroll(-shown),
    PageDown: () => scroll(shown),
    Home: () => scale.setVisibleLogicalRange({ from: 0, to: shown }),
    End: () => scale.scrollToRealTime(),
    '+': () => zoom(ZOOM),
    '-': () => zoom(1 / ZOOM),
  }[event.key];
  action?.();
  return action !== undefined;
}
