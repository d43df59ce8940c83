/**
 * The shapes of the REST API and the hub under short names. They are the generated ones; nothing is declared here
 * but names. Decimals are strings and stay strings.
 */
import type * as Pending from './pending';
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
export type FieldProblem = Schemas['FieldError'];

export type Role = Schemas['Role'];
export type Scope = Schemas['Scope'];
export type Session = Schemas['Session'];
export type AccountRef = Schemas['SessionAccount'];
export type User = Schemas['User'];
export type ApiKey = Schemas['ApiKey'];
export type CreatedApiKey = Schemas['CreatedKey'];

export type Account = Schemas['Account'];
export type AccountDetail = Schemas['AccountDetail'];
export type Member = Schemas['Member'];
export type MemberRole = Schemas['MemberRole'];
export type KillSwitch = Schemas['KillSwitch'];
export type Position = Schemas['Position'];
export type LedgerEntry = Schemas['LedgerEntry'];
export type Reconciliation = Schemas['Reconciliation'];
export type Risk = Pending.Risk;
export type RiskSettings = Pending.RiskSettings;
export type RiskOverrides = Pending.RiskOverrides;
export type PlaceRule = Pending.PlaceRule;
export type RiskWarning = Pending.RiskWarning;

export type Side = Schemas['Side'];
export type OrderType = Pending.OrderType;
export type TimeInForce = Pending.TimeInForce;
export type TriggerBy = Pending.TriggerBy;
export type Order = Pending.Order;
export type NewOrder = Pending.NewOrder;
export type OrderChange = Pending.OrderChange;
export type NewBracket = Pending.NewBracket;
export type BracketLeg = Pending.BracketLeg;
export type OrderBatch = Pending.OrderBatch;
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

export type Statement = Pending.Statement;
export type StatementRow = Pending.StatementRow;
export type StatementRowState = Pending.StatementRowState;
