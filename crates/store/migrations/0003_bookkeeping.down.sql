CREATE TABLE p_positions_before (
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
INSERT INTO p_positions_before (engine_id, account, instrument, strategy, org_id, currency, quantity, cost,
    realised, fees, bought, sold, fills, seq)
SELECT engine_id, account, instrument, strategy, org_id, currency, quantity, cost,
    realised, fees, bought, sold, fills, seq FROM p_positions WHERE book = 'NET';
DROP TABLE p_positions;
ALTER TABLE p_positions_before RENAME TO p_positions;
ALTER TABLE p_lots DROP COLUMN book;
ALTER TABLE p_ledger_entries DROP COLUMN detail;
