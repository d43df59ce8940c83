/** Statements of brokers and exchanges: which files are known, and what a preview says, in words. */
import type { Statement, StatementRow, StatementRowState } from '$/api/types';
import type { StatementReading } from '$/api';

export const PRESETS: readonly { name: string; title: string }[] = [
  { name: '', title: 'By its header' },
  { name: 'zerodha-tradebook', title: 'Zerodha Console: tradebook' },
  { name: 'zerodha-funds', title: 'Zerodha Console: funds' },
  { name: 'coinbase', title: 'Coinbase: transaction history' },
  { name: 'kraken-ledgers', title: 'Kraken: ledgers' },
  { name: 'kraken-trades', title: 'Kraken: trades' },
  { name: 'ibkr-flex', title: 'Interactive Brokers: flex query' },
  { name: 'generic', title: 'Our own columns' },
];

/** The server's bound. */
export const BYTES_MAX = 10_000_000;
/** The server lists no more rows than this; its counts are of all. */
export const ROWS_LISTED_MAX = 2_000;

export function presetTitle(name: string): string {
  return PRESETS.find((preset) => preset.name === name)?.title ?? name;
}

/** Only files in our own columns can leave out their market and their currency. */
export function takesDefaults(preset: string): boolean {
  return preset === '' || preset === 'generic';
}

/** What is sent of a form: what does not go with the preset is left out. */
export function readingOf({ preset, market, currency }: StatementReading): StatementReading {
  const generic = takesDefaults(preset);
  return {
    preset,
    market: generic ? market.trim().toUpperCase() : '',
    currency: generic ? currency.trim().toUpperCase() : '',
  };
}

/** Why a file is not even sent. */
export function fileProblem(file: { size: number; name: string } | null): string | null {
  if (!file) return 'Choose a file: CSV or XLSX.';
  if (file.size === 0) return `${file.name} is empty.`;
  return file.size > BYTES_MAX ? `${file.name} is larger than 10 MB; split it.` : null;
}

export const STATES: Record<StatementRowState, { before: string; after: string }> = {
  BOOKED: { before: 'to be booked', after: 'booked' },
  DUPLICATE: { before: 'booked before', after: 'booked before' },
  PASSED_OVER: { before: 'moves nothing', after: 'moves nothing' },
  REFUSED: { before: 'refused', after: 'refused' },
};

/** How many rows there are of each state, in the order in which they matter. */
export function countsOf(statement: Statement): { state: StatementRowState; count: number }[] {
  return [
    { state: 'BOOKED', count: statement.booked },
    { state: 'REFUSED', count: statement.refused },
    { state: 'DUPLICATE', count: statement.duplicates },
    { state: 'PASSED_OVER', count: statement.passed_over },
  ];
}

export function rowsOf(statement: Statement, state: StatementRowState | null): StatementRow[] {
  return state ? statement.rows.filter((row) => row.state === state) : statement.rows;
}

/** Whether rows were left out of the list. */
export function isCut(statement: Statement): boolean {
  const { booked, duplicates, passed_over, refused } = statement;
  return booked + duplicates + passed_over + refused > statement.rows.length;
}

const rows = (count: number) => `${count} ${count === 1 ? 'row' : 'rows'}`;

/** What booking would do, one line each, for the question before it. */
export function consequences(statement: Statement): string[] {
  return [
    `Books in one step, all or nothing: ${rows(statement.booked)} of the file.`,
    ...(statement.refused > 0 ? [`Stays out, because it cannot be booked: ${rows(statement.refused)}.`] : []),
    ...(statement.duplicates > 0 ? [`Is booked already: ${rows(statement.duplicates)}.`] : []),
    'Entries are never deleted; a mistake is taken back by a new entry.',
  ];
}

export const EXPORTS: readonly { what: string; title: string; meaning: string }[] = [
  { what: 'entries', title: 'Ledger entries', meaning: 'Every posting, newest first' },
  { what: 'fills', title: 'Fills', meaning: 'Every execution with its fee' },
  { what: 'orders', title: 'Orders', meaning: 'Every order with its last state' },
  { what: 'positions', title: 'Positions', meaning: 'What is held now' },
  { what: 'lots', title: 'Lots', meaning: 'Open lots with their cost, wash sales marked' },
];
