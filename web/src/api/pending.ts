/**
 * Shapes of the server that the snapshot of its OpenAPI document does not hold yet, written after
 * `crates/wire/src/{order,risk,bookkeeping}.rs`. Once the snapshot has them and `npm run api` has run, `types.ts`
 * names the generated ones and this file goes.
 */
import type { components } from './schema';

type Schemas = components['schemas'];
type Decimal = Schemas['Decimal'];
type Timestamp = Schemas['Timestamp'];

export type OrderType = 'MARKET' | 'LIMIT' | 'STOP_MARKET' | 'STOP_LIMIT' | 'TRAILING_STOP';
export type TimeInForce = 'DAY' | 'GTC' | 'IOC' | 'FOK' | 'GTD';
export type TriggerBy = 'QUOTE' | 'LAST' | 'MID';

type OldOrder = Omit<Schemas['Order'], 'type' | 'time_in_force'>;
export interface Order extends OldOrder {
  type: OrderType;
  trigger?: Decimal | null;
  triggered: boolean;
  trigger_by?: TriggerBy | null;
  trailing_offset?: Decimal | null;
  trailing_percent?: Decimal | null;
  activation?: Decimal | null;
  time_in_force: TimeInForce;
  good_till?: Timestamp | null;
  display_quantity?: Decimal | null;
  parent?: string | null;
  oco?: string | null;
}

type OldNewOrder = Omit<Schemas['NewOrder'], 'type' | 'time_in_force'>;
export interface NewOrder extends OldNewOrder {
  type: OrderType;
  time_in_force?: TimeInForce | null;
  trigger?: string | null;
  trigger_by?: TriggerBy | null;
  trailing_offset?: string | null;
  trailing_percent?: string | null;
  activation?: string | null;
  good_till?: Timestamp | null;
  display_quantity?: string | null;
  parent?: string | null;
  oco?: string | null;
}

export interface OrderChange {
  quantity?: string | null;
  price?: string | null;
  trigger?: string | null;
  version?: number | null;
}

/** A price, or a distance from the entry as a fraction. */
export interface BracketLeg {
  price?: string | null;
  distance?: string | null;
}
export interface NewBracket {
  entry: NewOrder;
  stop_loss?: BracketLeg | null;
  take_profit?: BracketLeg | null;
}
export interface OrderBatch {
  mode: 'INDEPENDENT' | 'ALL_OR_NONE';
  orders: Order[];
  compensated: boolean;
}

export interface MarginRules {
  enabled?: boolean;
  leverage_max?: Decimal;
  ratio_warn?: Decimal;
  use_warn?: Decimal;
  use_warn_again?: Decimal;
  use_block?: Decimal;
  use_offer?: Decimal;
  use_force?: Decimal;
}
export interface ProtectionRules {
  enabled?: boolean;
  take_profit?: Decimal;
}
export interface IntradayRules {
  enabled?: boolean;
  warn_minutes?: number;
  act_minutes?: number;
}
export interface PlaceRule {
  rule: 'PATTERN_DAY_TRADER' | 'ORDER_RATE' | 'ALGO_TAG';
  from: Timestamp;
  until?: Timestamp | null;
  action: 'WARN' | 'DENY';
  day_trades_max?: number | null;
  equity_min?: Decimal | null;
  per_second_max?: number | null;
  tag?: string | null;
}
interface Groups {
  margin?: MarginRules;
  protection?: ProtectionRules;
  intraday?: IntradayRules;
  place?: PlaceRule[];
}
type Maybe<T> = { [K in keyof T]?: T[K] | null };
export type RiskOverrides = Maybe<Omit<Schemas['RiskSettings'], 'live_trading'> & Groups>;
export interface RiskSettings extends Omit<Schemas['RiskSettings'], keyof Groups | 'overrides'>, Groups {
  overrides?: Record<string, RiskOverrides>;
}
export interface Risk {
  version: number;
  settings: RiskSettings;
}
export interface RiskWarning {
  client_order_id?: string | null;
  warning: Schemas['Denial'];
  ts: Timestamp;
}

export type StatementRowState = 'BOOKED' | 'DUPLICATE' | 'PASSED_OVER' | 'REFUSED';
export interface StatementRow {
  line: number;
  state: StatementRowState;
  ts?: Timestamp | null;
  text: string;
  column?: string | null;
  message?: string | null;
}
export interface StatementTotal {
  currency: string;
  transfers: Decimal;
  trades: Decimal;
  cash: Decimal;
  fees: Decimal;
}
export interface Statement {
  preset: string;
  digest: string;
  booked: number;
  duplicates: number;
  passed_over: number;
  refused: number;
  totals: StatementTotal[];
  /** At most 2000. */
  rows: StatementRow[];
}
