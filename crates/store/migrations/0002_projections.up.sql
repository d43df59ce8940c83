-- What is folded out of the journal. Every table can be emptied and rebuilt from it. Times are nanoseconds since
-- the epoch; amounts are canonical decimal text that no statement sums, sorts or compares by size.
-- `seq` is the journal's number of the record that the row came from.
CREATE TABLE projection_state (
    engine_id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    applied_seq BIGINT NOT NULL,
    witness_seq BIGINT NOT NULL,
    witness_hash TEXT NOT NULL
);

CREATE TABLE p_accounts (
    engine_id TEXT NOT NULL,
    account TEXT NOT NULL,
    org_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    venue TEXT NOT NULL,
    base_currency TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (engine_id, account)
);

CREATE TABLE p_orders (
    engine_id TEXT NOT NULL,
    account TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    org_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    instrument TEXT NOT NULL,
    side TEXT NOT NULL,
    order_type TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT,
    post_only BOOLEAN NOT NULL,
    time_in_force TEXT NOT NULL,
    reduce_only BOOLEAN NOT NULL,
    origin TEXT NOT NULL,
    actor TEXT,
    strategy TEXT,
    signal TEXT,
    confidence BIGINT,
    state TEXT NOT NULL,
    is_open BOOLEAN NOT NULL,
    reason TEXT,
    denials TEXT,
    venue_order_id TEXT,
    filled TEXT NOT NULL,
    filled_value TEXT NOT NULL,
    fills BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (engine_id, account, client_order_id)
);
CREATE INDEX p_orders_by_seq ON p_orders (engine_id, account, seq);
CREATE INDEX p_orders_by_open ON p_orders (engine_id, account, is_open, seq);

CREATE TABLE p_order_events (
    engine_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL,
    ts_event BIGINT NOT NULL,
    ts_init BIGINT NOT NULL,
    PRIMARY KEY (engine_id, seq)
);
CREATE INDEX p_order_events_by_order ON p_order_events (engine_id, account, client_order_id, seq);

CREATE TABLE p_fills (
    engine_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    fill_id TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    instrument TEXT NOT NULL,
    side TEXT NOT NULL,
    strategy TEXT,
    venue_trade_id TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT NOT NULL,
    fee TEXT NOT NULL,
    fee_currency TEXT NOT NULL,
    taker BOOLEAN NOT NULL,
    ts_event BIGINT NOT NULL,
    ts_init BIGINT NOT NULL,
    PRIMARY KEY (engine_id, seq)
);
CREATE INDEX p_fills_by_account ON p_fills (engine_id, account, seq);

CREATE TABLE p_ledger_entries (
    engine_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    entry TEXT NOT NULL,
    ts BIGINT NOT NULL,
    kind TEXT NOT NULL,
    instrument TEXT,
    position TEXT,
    client_order_id TEXT,
    entry_key TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (engine_id, seq)
);
CREATE INDEX p_ledger_entries_by_account ON p_ledger_entries (engine_id, account, seq);

CREATE TABLE p_postings (
    engine_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    line BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    ledger_account TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    balance TEXT NOT NULL,
    PRIMARY KEY (engine_id, seq, line)
);

CREATE TABLE p_balances (
    engine_id TEXT NOT NULL,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    ledger_account TEXT NOT NULL,
    org_id TEXT NOT NULL,
    balance TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (engine_id, account, currency, ledger_account)
);

-- `strategy` is empty for what was traded by hand.
CREATE TABLE p_positions (
    engine_id TEXT NOT NULL,
    account TEXT NOT NULL,
    instrument TEXT NOT NULL,
    strategy TEXT NOT NULL,
    org_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    quantity TEXT NOT NULL,
    cost TEXT NOT NULL,
    realised TEXT NOT NULL,
    fees TEXT NOT NULL,
    bought TEXT NOT NULL,
    sold TEXT NOT NULL,
    fills BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (engine_id, account, instrument, strategy)
);

CREATE TABLE p_lots (
    engine_id TEXT NOT NULL,
    lot TEXT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    instrument TEXT NOT NULL,
    strategy TEXT NOT NULL,
    opened_seq BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_quantity TEXT NOT NULL,
    price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    cost TEXT NOT NULL,
    realised TEXT NOT NULL,
    closed_at BIGINT,
    seq BIGINT NOT NULL,
    PRIMARY KEY (engine_id, lot)
);
CREATE INDEX p_lots_by_position ON p_lots (engine_id, account, instrument, strategy, opened_seq);

CREATE TABLE p_signals (
    engine_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    signal TEXT NOT NULL,
    strategy TEXT NOT NULL,
    instrument TEXT NOT NULL,
    bar_interval TEXT NOT NULL,
    bar_ts BIGINT NOT NULL,
    ts BIGINT NOT NULL,
    opinion TEXT NOT NULL,
    strength BIGINT NOT NULL,
    confidence BIGINT NOT NULL,
    reason TEXT NOT NULL,
    outcome TEXT NOT NULL,
    client_order_id TEXT,
    denials TEXT,
    PRIMARY KEY (engine_id, seq)
);
CREATE INDEX p_signals_by_account ON p_signals (engine_id, account, seq);
CREATE INDEX p_signals_by_outcome ON p_signals (engine_id, account, outcome, seq);

CREATE TABLE p_weights (
    engine_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    ts BIGINT NOT NULL,
    weights TEXT NOT NULL,
    PRIMARY KEY (engine_id, seq)
);
CREATE INDEX p_weights_by_account ON p_weights (engine_id, account, seq);

CREATE TABLE p_risk_settings (
    engine_id TEXT NOT NULL,
    account TEXT NOT NULL,
    version BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    settings TEXT NOT NULL,
    actor TEXT NOT NULL,
    ts BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (engine_id, account, version)
);

CREATE TABLE p_strategies (
    engine_id TEXT NOT NULL,
    account TEXT NOT NULL,
    strategy TEXT NOT NULL,
    org_id TEXT NOT NULL,
    status TEXT NOT NULL,
    halt_reason TEXT,
    actor TEXT NOT NULL,
    ts BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (engine_id, account, strategy)
);

-- `account` is empty for the switch of all accounts.
CREATE TABLE p_kill_switches (
    engine_id TEXT NOT NULL,
    account TEXT NOT NULL,
    org_id TEXT NOT NULL,
    engaged BOOLEAN NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    ts BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (engine_id, account)
);

CREATE TABLE p_reconciliations (
    engine_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    ts BIGINT NOT NULL,
    compared BIGINT NOT NULL,
    differences TEXT NOT NULL,
    PRIMARY KEY (engine_id, seq)
);
CREATE INDEX p_reconciliations_by_account ON p_reconciliations (engine_id, account, seq);

CREATE TABLE p_equity (
    engine_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    account TEXT NOT NULL,
    ts BIGINT NOT NULL,
    equity TEXT NOT NULL,
    peak TEXT NOT NULL,
    day_open TEXT NOT NULL,
    day BIGINT NOT NULL,
    PRIMARY KEY (engine_id, seq)
);
CREATE INDEX p_equity_by_account ON p_equity (engine_id, account, seq);
