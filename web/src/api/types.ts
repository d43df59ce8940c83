/**
 * The shapes of the REST API and the hub under short names. They are the generated ones; nothing is declared here
 * but names. Decimals are strings and stay strings.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Decimal = Schemas['Decimal'];
/** RFC 3339, UTC. */
export type Timestamp = Schemas['Timestamp'];
export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

export type Problem = Schemas['Problem'];
export type ErrorCatalogue = Schemas['ErrorCatalogue'];
export type FieldProblem = Schemas['FieldError'];

export type Role = Schemas['Role'];
export type Scope = Schemas['Scope'];
export type Session = Schemas['Session'];
export type SecondFactor = Schemas['SecondFactor'];
export type FactorSeed = Schemas['FactorSeed'];
export type BackupCodes = Schemas['BackupCodes'];
export type PasswordResetLink = Schemas['ResetLink'];
export type AccountRef = Schemas['SessionAccount'];
export type SessionInfo = Schemas['SessionInfo'];
export type User = Schemas['User'];
export type ApiKey = Schemas['ApiKey'];
export type CreatedApiKey = Schemas['CreatedKey'];
export type NewKey = Schemas['NewKey'];
export type LinkedIdentity = Schemas['LinkedIdentity'];

export type Account = Schemas['Account'];
export type AccountDetail = Schemas['AccountDetail'];
export type Member = Schemas['Member'];
export type MemberRole = Schemas['MemberRole'];
export type KillSwitch = Schemas['KillSwitch'];
export type Position = Schemas['Position'];
export type LedgerEntry = Schemas['LedgerEntry'];
export type Reconciliation = Schemas['Reconciliation'];
/** The document says what an answer has; of what is sent every part may be left out. */
type RiskGroup = 'margin' | 'protection' | 'intraday';
type RiskGroups = { [K in RiskGroup]?: Partial<NonNullable<Schemas['RiskSettings'][K]>> };
export type RiskOverrides = Partial<Omit<Schemas['RiskOverrides'], RiskGroup>> & {
  [K in RiskGroup]?: RiskGroups[K] | null;
};
export type RiskSettings = Omit<Schemas['RiskSettings'], RiskGroup | 'overrides'> &
  RiskGroups & { overrides?: Record<string, RiskOverrides> };
export interface Risk extends Omit<Schemas['Risk'], 'settings'> {
  settings: RiskSettings;
}
export type PlaceRule = Schemas['PlaceRule'];
export type RiskWarning = Schemas['RiskWarning'];

export type Side = Schemas['Side'];
export type OrderType = Schemas['OrderType'];
export type TimeInForce = Schemas['TimeInForce'];
export type TriggerBy = Schemas['TriggerBy'];
export type Order = Schemas['Order'];
export type NewOrder = Schemas['NewOrder'];
export type OrderChange = Schemas['OrderChange'];
export type NewBracket = Schemas['NewBracket'];
export type BracketLeg = Schemas['BracketLeg'];
export type OrderBatch = Schemas['OrderBatch'];
export type Fill = Schemas['Fill'];

export type Signal = Schemas['Signal'];
export type Strategy = Schemas['Strategy'];
export type Weights = Schemas['Weights'];

export type DataState = Schemas['DataState'];
export type Instrument = Schemas['Instrument'];
export type Quote = Schemas['Quote'];
export type Trade = Schemas['Trade'];
export type Bar = Schemas['Bar'];
export type Bars = Schemas['Bars'];
export type OverlayPoint = Schemas['OverlayPoint'];
export type Screening = Schemas['Screening'];
/** Price and size of a level; the document can only say "decimals". */
export type Level = [price: Decimal, size: Decimal];
export interface Levels {
  bids: Level[];
  asks: Level[];
}

export type Connection = Schemas['Connection'];
export type Status = Schemas['Status'];

export type Backtest = Schemas['Backtest'];
export type BacktestDetail = Schemas['BacktestDetail'];
export type BacktestFigures = Schemas['BacktestFigures'];
export type BacktestFile = Schemas['BacktestFile'];
export type BacktestKind = Schemas['BacktestKind'];
export type BacktestObjective = Schemas['BacktestObjective'];
export type BacktestProgress = Schemas['BacktestProgress'];
export type BacktestTable = Schemas['BacktestTable'];
export type BacktestVariant = Schemas['BacktestVariant'];
export type NewBacktest = Schemas['NewBacktest'];
export type StrategyKind = Schemas['StrategyKind'];

export type Backup = Schemas['Backup'];
export type Backups = Schemas['Backups'];
export type ConfigValue = Schemas['ConfigValue'];
export type RunningConfig = Schemas['RunningConfig'];
export type NotificationSettings = Schemas['NotificationSettings'];
export type NotificationChoice = Schemas['NotificationChoice'];
export type NotificationEvent = Schemas['NotificationEvent'];
export type QuietHours = Schemas['QuietHours'];
export type Job = Schemas['Job'];
export type JobKind = Schemas['JobKind'];
export type JobState = Schemas['JobState'];

export type Statement = Schemas['Statement'];
export type StatementRow = Schemas['StatementRow'];
export type StatementRowState = Schemas['StatementRowState'];

export type AuditEntry = Schemas['AuditEntry'];
export type AuditVerification = Schemas['AuditVerification'];
export type Organisation = Schemas['Organisation'];
export type ConsentPurpose = Schemas['ConsentPurpose'];
export type Consents = Schemas['Consents'];
export type DeletionRequest = Schemas['DeletionRequest'];
export type RetentionReport = Schemas['RetentionReport'];
export type RetentionEnforced = Schemas['RetentionEnforced'];
