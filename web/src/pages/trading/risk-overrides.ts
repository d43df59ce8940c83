/** What is different for single strategies: as it is shown, filled in, and sent. */
import type { RiskOverrides, RiskSettings } from '$/api/types';
import {
  fromInput,
  groupProblems,
  RISK_GROUPS,
  settingOf,
  showSetting,
  toInput,
  withSettings,
  type GroupName,
  type RiskField,
} from './risk-fields';

export interface OverrideDraft {
  /** By name of the field. Empty text of a single figure: as for the account. */
  texts: Record<string, string>;
  switches: Record<string, boolean>;
  /** Groups that the strategy has of its own. */
  own: Record<GroupName, boolean>;
}

/** Single figures: all but those of groups and what is only for the account. */
export const SINGLE_FIELDS: readonly RiskField[] = RISK_GROUPS.filter((group) => !group.group)
  .flatMap((group) => group.fields)
  .filter((field) => field.name !== 'live_trading');

/** The groups, without the switch of margin: that is the account's. */
export const OWN_GROUPS = RISK_GROUPS.flatMap((group) =>
  group.group ? [{ ...group, group: group.group }] : [],
).map((group) => ({
  ...group,
  fields: group.fields.filter((field) => field.name !== 'margin.enabled'),
}));

/** What a strategy has of its own, in words. */
export function differences(overrides: RiskOverrides): { title: string; value: string }[] {
  const fields = [...SINGLE_FIELDS, ...OWN_GROUPS.flatMap((group) => group.fields)];
  const found = fields
    .filter((field) => (settingOf(overrides, field.name) ?? null) !== null)
    .map((field) => ({ title: field.title, value: showSetting(field, settingOf(overrides, field.name)) }));
  const place = overrides.place;
  return place ? [...found, { title: 'Rules of the place', value: String(place.length) }] : found;
}

export function startOverride(settings: RiskSettings, overrides: RiskOverrides): OverrideDraft {
  const draft: OverrideDraft = {
    texts: {},
    switches: {},
    own: { margin: false, protection: false, intraday: false },
  };
  for (const field of SINGLE_FIELDS)
    draft.texts[field.name] = toInput(field, settingOf(overrides, field.name));
  for (const group of OWN_GROUPS) {
    draft.own[group.group] = Boolean(overrides[group.group]);
    const from = draft.own[group.group] ? overrides : settings;
    for (const field of group.fields) {
      const value = settingOf(from, field.name);
      if (field.kind === 'switch') draft.switches[field.name] = value === true;
      else draft.texts[field.name] = toInput(field, value);
    }
  }
  return draft;
}

/**
 * The strategy's settings, or what is wrong by field. Rules of the place that it has stay as they are; the switch of
 * margin is the account's.
 */
export function toOverride(
  draft: OverrideDraft,
  settings: RiskSettings,
  before: RiskOverrides,
): { overrides: RiskOverrides; problems: Record<string, string> } {
  const problems: Record<string, string> = {};
  const changes: [string, unknown][] = [];
  const take = (field: RiskField) => {
    const value = fromInput(field, draft.texts[field.name] ?? '');
    if (value === undefined) problems[field.name] = 'A number, please.';
    else changes.push([field.name, value]);
  };
  for (const field of SINGLE_FIELDS) if (draft.texts[field.name]?.trim()) take(field);
  for (const group of OWN_GROUPS) {
    if (!draft.own[group.group]) continue;
    if (group.group === 'margin') changes.push(['margin.enabled', settings.margin?.enabled ?? false]);
    for (const field of group.fields) {
      if (field.kind === 'switch') changes.push([field.name, draft.switches[field.name] ?? false]);
      else take(field);
    }
  }
  const start: RiskOverrides = before.place ? { place: before.place } : {};
  const overrides = withSettings(start, changes);
  const { margin, intraday } = overrides;
  Object.assign(problems, groupProblems({ ...(margin && { margin }), ...(intraday && { intraday }) }));
  return { overrides, problems };
}

/** The account's settings with a strategy's put in, or taken out. */
export function withOverride(
  settings: RiskSettings,
  strategy: string,
  overrides: RiskOverrides | null,
): RiskSettings {
  const others = Object.entries(settings.overrides ?? {}).filter(([name]) => name !== strategy);
  const own: [string, RiskOverrides][] =
    overrides && Object.keys(overrides).length > 0 ? [[strategy, overrides]] : [];
  return { ...settings, overrides: Object.fromEntries([...others, ...own]) };
}
