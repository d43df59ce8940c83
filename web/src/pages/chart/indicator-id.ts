/** Ids as the engine knows them: `NAME_param_param`, every parameter optional from the end. */
import type { Indicator, IndicatorParameter } from '$/api/charts';

/** Which indicator an id names, and the values of its parameters. */
export interface IndicatorChoice {
  indicator: Indicator;
  values: number[];
}

/** The value of a parameter that an id leaves out, after those before it. */
export function defaultOf(indicator: Indicator, at: number, before: readonly number[]): number {
  const parameter = indicator.parameters[at];
  const followed = indicator.parameters.findIndex((other) => other.name === parameter?.follows);
  return before[followed] ?? parameter?.default ?? 0;
}

/** All values, those that are not given at their defaults. */
export function fillDefaults(indicator: Indicator, given: readonly number[]): number[] {
  const values: number[] = [];
  indicator.parameters.forEach((_, at) => values.push(given[at] ?? defaultOf(indicator, at, values)));
  return values;
}

/**
 * The shortest usual id: averages and followers at their defaults are left out at the end, as users write
 * `BBANDS_20_2`; periods are always named.
 */
export function writeId(indicator: Indicator, values: readonly number[]): string {
  const shown = [...values];
  while (shown.length > 0) {
    const at = shown.length - 1;
    const parameter = indicator.parameters[at];
    const quiet = parameter?.kind === 'CHOICE' || Boolean(parameter?.follows);
    if (!quiet || shown[at] !== defaultOf(indicator, at, shown)) break;
    shown.pop();
  }
  return [indicator.name, ...shown].join('_');
}

/** `null` when no indicator has that name. Names may hold `_` themselves, so the parameters are the numeric tail. */
export function readId(id: string, registry: readonly Indicator[]): IndicatorChoice | null {
  const parts = id.split('_');
  const tail: number[] = [];
  while (parts.length > 1 && isNumber(parts.at(-1))) tail.unshift(Number(parts.pop()));
  const name = parts.join('_');
  const indicator =
    registry.find((entry) => entry.name === name) ?? registry.find((entry) => entry.aliases?.includes(name));
  return indicator ? { indicator, values: fillDefaults(indicator, tail) } : null;
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text));
}

/** What is wrong with the text of a parameter's field; `null` when nothing is. */
export function parameterProblem(parameter: IndicatorParameter, text: string): string | null {
  if (!isNumber(text)) return 'A number is needed';
  const value = Number(text);
  const { kind, min, max, choices = [] } = parameter;
  if (kind === 'CHOICE' && !choices.some((choice) => choice.value === value)) return 'Choose one of the list';
  if (kind !== 'FLOAT' && !Number.isInteger(value)) return 'A whole number is needed';
  if (value < min || value > max) return `Between ${min} and ${max}`;
  return null;
}

/** Registry entries that match every word, best first: name before title, then the registry's own order. */
export function searchIndicators(registry: readonly Indicator[], text: string): Indicator[] {
  const words = text.toUpperCase().split(/\s+/).filter(Boolean);
  const score = (entry: Indicator): number => {
    const names = [entry.name, ...(entry.aliases ?? [])];
    const whole = `${names.join(' ')} ${entry.title} ${entry.group}`.toUpperCase().replaceAll('_', ' ');
    if (!words.every((word) => whole.includes(word) || entry.name.includes(word))) return -1;
    const first = words[0] ?? '';
    if (names.includes(first)) return 3;
    return names.some((name) => name.startsWith(first)) ? 2 : 1;
  };
  const scored = registry.map((entry, at) => ({ entry, at, score: score(entry) }));
  const found = scored.filter((row) => row.score >= 0);
  return found.sort((a, b) => b.score - a.score || a.at - b.at).map((row) => row.entry);
}
