-- Rows of the open period that are not in the catalogue's files yet, one key and revision each, and what a venue's
-- history was asked for without success.
CREATE TABLE catalog_tail (
    kind TEXT NOT NULL,
    market TEXT NOT NULL,
    series TEXT NOT NULL,
    bar_interval TEXT NOT NULL,
    symbol TEXT NOT NULL,
    ts BIGINT NOT NULL,
    tie TEXT NOT NULL,
    revision BIGINT NOT NULL,
    price_scale BIGINT NOT NULL,
    size_scale BIGINT NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (kind, market, series, bar_interval, symbol, ts, tie, revision)
);
CREATE TABLE catalog_asked (
    instrument TEXT NOT NULL,
    bar_interval TEXT NOT NULL,
    from_ts BIGINT NOT NULL,
    to_ts BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    found_rows BIGINT NOT NULL,
    PRIMARY KEY (instrument, bar_interval, from_ts, to_ts)
);
