/** Figures of indicators and changes as text. They are floats of the engine, no amounts of money. */

/** A figure of an indicator for an axis or a legend: five digits that count, no exponent until it must be. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-6)) return value.toExponential(3);
  const decimals = size >= 1_000 ? 2 : size >= 1 ? 3 : 6;
  return String(Number(value.toFixed(decimals)));
}

export function percent(fraction: number): string {
  const text = (fraction * 100).toFixed(2);
  return `${fraction > 0 ? '+' : ''}${text}%`;
}
