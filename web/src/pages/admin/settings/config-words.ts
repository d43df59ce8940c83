/** The configuration in words, and finding in it. */
import type { ConfigValue } from '$/api/types';
import type { Tone } from '$/ui/Badge.svelte';

export const SOURCES: Record<ConfigValue['source'], { word: string; tone: Tone }> = {
  DEFAULT: { word: 'Default', tone: 'neutral' },
  FILE: { word: 'File', tone: 'info' },
  ENVIRONMENT: { word: 'Environment', tone: 'info' },
  ARGUMENT: { word: 'Command line', tone: 'info' },
  CHANGED: { word: 'Changed here', tone: 'warn' },
};

/** What stands in place of a value. */
export function valueOf(of: ConfigValue): { text: string; quiet: boolean } {
  if (of.secret) return { text: of.set ? 'set' : 'not set', quiet: true };
  if (of.value === null || of.value === undefined || of.value === '') return { text: 'not set', quiet: true };
  if (of.value === '[]') return { text: 'none', quiet: true };
  return { text: of.value, quiet: false };
}

/** Those in which every word of the text is found, in any place: name, value, source or what it is for. */
export function found(values: readonly ConfigValue[], text: string): ConfigValue[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return values.filter((of) => {
    const all = `${of.key} ${of.value ?? ''} ${SOURCES[of.source].word} ${of.about}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** Sections with their keys, in order; keys without one come first. */
export function sections(values: readonly ConfigValue[]): { name: string; values: ConfigValue[] }[] {
  const all: { name: string; values: ConfigValue[] }[] = [];
  const of = (name: string) => {
    let section = all.find((one) => one.name === name);
    if (!section) all.push((section = { name, values: [] }));
    return section;
  };
  for (const value of values)
    of(value.key.includes('.') ? (value.key.split('.')[0] ?? '') : '').values.push(value);
  return all.sort((a, b) => a.name.localeCompare(b.name));
}
