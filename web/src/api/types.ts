/**
 * The shapes of the REST API and the hub, as the pages use them. Decimals are strings and stay strings.
 */

export type Decimal = string;
/** RFC 3339, UTC. */
export type Timestamp = string;
export type DataState = 'VALID' | 'STALE' | 'NO_DATA' | 'NOT_SUBSCRIBED';
export type Side = 'BUY' | 'SELL';
export type OrderType = 'MARKET' | 'LIMIT';
export type TimeInForce = 'DAY' | 'GTC' | 'IOC' | 'FOK';
export type Opinion = 'BUY' | 'SELL' | 'HOLD';
export type Role = 'SUPER_ADMIN' | 'ADMIN' | 'COMPLIANCE' | 'ANALYST' | 'TRADER' | 'VIEWER' | 'SERVICE';
export type MemberRole = 'OWNER' | 'TRADER' | 'VIEWER';
export type Scope = 'READ' | 'TRADE' | 'CANCEL' | 'MANAGE' | 'ADMIN';

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string | null;
  instance?: string | null;
  error_code: string;
  correlation_id?: string | null;
  timestamp?: Timestamp;
  errors?: FieldProblem[];
}
export interface FieldProblem {
  field: string;
  code: string;
  message: string;
}

export interface Setup {
  required: boolean;
  demo: boolean;
}
export interface User {
  id: string;
  username: string;
  display_name: string;
  role: Role;
  disabled?: boolean;
  created_at?: Timestamp | null;
}
export interface AccountRef {
  account: string;
  name: string;
  /** `null` for one who sees it without being a member (an administrator). */
  role?: MemberRole | null;
}
export interface Session {
  user: User;
  csrf_token: string;
  expires_at: Timestamp;
  accounts: AccountRef[];
  demo: boolean;
}
export interface SessionRow {
  id: string;
  created_at: Timestamp;
  last_seen_at: Timestamp;
  user_agent: string;
  current: boolean;
}
export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  accounts?: string[] | null;
  created_at?: Timestamp;
  expires_at?: Timestamp | null;
  last_used_at?: Timestamp | null;
}
export interface CreatedApiKey extends ApiKey {
  key: string;
}
export interface Member {
  user: string;
  display_name: string;
  role: MemberRole;
  since: Timestamp;
}

export interface KillSwitch {
  engaged: boolean;
  reason: string;
  actor: string;
  ts: Timestamp;
}
export interface KillSwitchStatus {
  engaged: boolean;
  kill_switch?: KillSwitch | null;
}
export interface Account {
  id: string;
  name: string;
  kind: string;
  venue: string;
  base_currency: string;
  role?: MemberRole | null;
  simulated: boolean;
}
export interface CurrencySum {
  currency: string;
  sum: Decimal;
}
export interface AccountDetail extends Account {
  equity?: Decimal | null;
  equity_state: DataState;
  cash_available: Decimal;
  cash_locked: Decimal;
  cash_total: Decimal;
  position_value?: Decimal | null;
  realised_pnl: Decimal;
  unrealised_pnl?: Decimal | null;
  fees: Decimal;
  day_pnl?: Decimal | null;
  day_open_equity?: Decimal | null;
  peak_equity?: Decimal | null;
  drawdown?: Decimal | null;
  exposure?: Decimal | null;
  open_orders: number;
  open_positions: number;
  kill_switch?: KillSwitch | null;
  risk_version: number;
  ledger_sum: CurrencySum[];
  ts: Timestamp;
}
export interface Balance {
  currency: string;
  available: Decimal;
  locked: Decimal;
  total: Decimal;
}
export interface PositionShare {
  strategy?: string | null;
  quantity: Decimal;
  average_cost?: Decimal | null;
}
export interface TaxLot {
  id: string;
  opened_at: Timestamp;
  quantity: Decimal;
  price: Decimal;
}
export interface Position {
  instrument: string;
  quantity: Decimal;
  side: 'LONG' | 'SHORT';
  average_cost?: Decimal | null;
  mark?: Decimal | null;
  mark_state: DataState;
  market_value?: Decimal | null;
  unrealised_pnl?: Decimal | null;
  realised_pnl: Decimal;
  fees: Decimal;
  strategies: PositionShare[];
  lots: TaxLot[];
  simulated: boolean;
}
export interface Denial {
  rule: string;
  actual: string;
  limit: string;
  message: string;
}
export interface Order {
  client_order_id: string;
  account: string;
  instrument: string;
  side: Side;
  type: OrderType;
  price?: Decimal | null;
  quantity: Decimal;
  time_in_force: TimeInForce;
  post_only: boolean;
  reduce_only: boolean;
  state: string;
  filled: Decimal;
  leaves: Decimal;
  average_price?: Decimal | null;
  origin: string;
  strategy?: string | null;
  signal?: string | null;
  venue_order_id?: string | null;
  reason?: string | null;
  denials: Denial[];
  created_at: Timestamp;
  updated_at: Timestamp;
  version: number;
  simulated: boolean;
}
export interface NewOrder {
  client_order_id: string;
  instrument: string;
  side: Side;
  type: OrderType;
  price?: Decimal;
  quantity: Decimal;
  time_in_force?: TimeInForce;
  post_only?: boolean;
  reduce_only?: boolean;
}
export interface Fill {
  id: string;
  client_order_id: string;
  instrument: string;
  side: Side;
  price: Decimal;
  quantity: Decimal;
  fee: Decimal;
  fee_currency: string;
  liquidity: string;
  strategy?: string | null;
  venue_trade_id: string;
  ts: Timestamp;
  simulated: boolean;
}
export interface Posting {
  account: string;
  currency: string;
  amount: Decimal;
}
export interface LedgerEntry {
  id: string;
  ts: Timestamp;
  kind: string;
  postings: Posting[];
  instrument?: string | null;
  client_order_id?: string | null;
  actor: string;
  reason: string;
}
export interface Signal {
  id: string;
  ts: Timestamp;
  bar_ts: Timestamp;
  strategy: string;
  instrument: string;
  interval: string;
  opinion: Opinion;
  strength: Decimal;
  confidence: Decimal;
  reason: string;
  outcome: 'ACCEPTED' | 'DENIED' | 'RECORDED';
  client_order_id?: string | null;
  denials: Denial[];
}
export interface StrategyOpinion {
  instrument: string;
  opinion: Opinion;
  confidence: Decimal;
  reason: string;
  ts: Timestamp;
}
export interface Strategy {
  strategy: string;
  name: string;
  description: string;
  status: 'RUNNING' | 'STOPPED' | 'HALTED';
  halt_reason?: string | null;
  interval: string;
  /** `null` for the combination, which weighs the others. */
  weight?: Decimal | null;
  mean_r?: Decimal | null;
  trades: number;
  warm: boolean;
  bars_seen: number;
  bars_needed: number;
  last: StrategyOpinion[];
  open_positions: number;
  realised_pnl: Decimal;
}
export interface StrategyWeight {
  strategy: string;
  weight: Decimal;
  mean_r?: Decimal | null;
  trades: number;
}
export interface Weights {
  ts: Timestamp;
  weights: StrategyWeight[];
}
export interface Risk {
  version: number;
  settings: Record<string, unknown>;
}
export interface Reconciliation {
  account: string;
  ts: Timestamp;
  compared: number;
  differences: { subject: string; ours: string; theirs: string; severity: 'INFO' | 'WARNING' | 'CRITICAL' }[];
}

export interface Instrument {
  id: string;
  symbol: string;
  market: string;
  venue: string;
  venue_symbol: string;
  product: string;
  kind: string;
  base: string;
  quote: string;
  tick: Decimal;
  lot: Decimal;
  quantity_min: Decimal;
  notional_min: Decimal;
  price_scale: number;
  size_scale: number;
  status: string;
  simulated: boolean;
  data_state: DataState;
}
export interface Quote {
  instrument: string;
  bid?: Decimal | null;
  ask?: Decimal | null;
  bid_size?: Decimal | null;
  ask_size?: Decimal | null;
  mid?: Decimal | null;
  last?: Decimal | null;
  last_size?: Decimal | null;
  ts?: Timestamp | null;
  age_ms?: number | null;
  state: DataState;
  simulated: boolean;
  late: boolean;
}
export type Level = [price: Decimal, size: Decimal];
export interface Book {
  instrument?: string;
  bids: Level[];
  asks: Level[];
  ts?: Timestamp | null;
  state?: DataState;
  simulated?: boolean;
}
export interface Trade {
  price: Decimal;
  size: Decimal;
  side?: Side | null;
  trade_id?: string | null;
  ts: Timestamp;
}
export interface Bar {
  ts: Timestamp;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  close: Decimal;
  volume?: Decimal | null;
  value?: Decimal | null;
  vwap?: Decimal | null;
  trades: number;
  source: string;
  complete: boolean;
  revision: number;
  /** False while the bar forms. */
  closed: boolean;
}
export interface OverlayPoint {
  ts: Timestamp;
  value?: number | null;
}
export interface Bars {
  instrument: string;
  interval: string;
  state: DataState;
  simulated: boolean;
  bars: Bar[];
  overlays: Record<string, OverlayPoint[]>;
}
export interface AggregateContribution {
  instrument: string;
  bid: Decimal;
  ask: Decimal;
  mid: Decimal;
  age_ms: number;
  weight?: Decimal | null;
}
export interface Aggregate {
  product: string;
  best_bid?: Decimal | null;
  best_bid_market?: string | null;
  best_ask?: Decimal | null;
  best_ask_market?: string | null;
  mid?: Decimal | null;
  microprice?: Decimal | null;
  last?: Decimal | null;
  contributions: AggregateContribution[];
  excluded: { instrument: string; reason: string }[];
  dispersion?: Decimal | null;
  spread_across?: Decimal | null;
  arbitrage_net?: Decimal | null;
  markets: number;
  note: string;
  simulated: boolean;
}
export interface Screening {
  instrument: string;
  score: number;
  grade: 'BEST' | 'GOOD' | 'FAIR' | 'POOR';
  volatility: number;
  volume: number;
  spread: number;
  momentum: number;
  simulated: boolean;
}

export interface Breaker {
  state: string;
  failures: number;
  opened_at?: Timestamp | null;
  retry_at?: Timestamp | null;
}
export interface Venue {
  id: string;
  markets: string[];
  breaker: Breaker;
  connections: string[];
  simulated: boolean;
}
export interface Connection {
  id: string;
  venue: string;
  url: string;
  state: string;
  state_since: Timestamp;
  session: number;
  attempts: number;
  reconnects: number;
  last_error?: string | null;
  messages: number;
  bytes: number;
  errors: Record<string, number>;
  gaps: number;
  latency_p50_ms?: number | null;
  latency_p99_ms?: number | null;
  clock_skew_ms?: number | null;
  subscriptions: string[];
  last_message_at?: Timestamp | null;
  ring_size: number;
}
export interface Transition {
  from: string;
  to: string;
  ts: Timestamp;
  duration_ms: number;
  reason: string;
}
export interface RingEntry {
  ts: Timestamp;
  error?: string | null;
  raw: string;
}
export interface ConnectionDetail extends Connection {
  transitions: Transition[];
  ring: RingEntry[];
}
export interface Status {
  version: string;
  started_at: Timestamp;
  uptime_s: number;
  mode: string;
  now: Timestamp;
  journal: { seq: number; hash: string; durable_ms_p50?: number | null; state: string };
  projection: { applied_seq: number; lag: number };
  engine: { queue_depth: number; queue_max: number; events: number; conflated: number };
  kill_switch?: KillSwitch | null;
  store: string;
  feeds: { venue: string; state: string }[];
  hub: { sockets: number; subscriptions: number; dropped: number };
}
