-- What administrators lay over the calendars, and the corporate actions and earnings dates that are announced.
CREATE TABLE calendar_overrides (
    org_id TEXT NOT NULL REFERENCES organisations (org_id),
    calendar TEXT NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    opens_at TEXT,
    closes_at TEXT,
    break_starts_at TEXT,
    break_ends_at TEXT,
    name TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, calendar, day)
);

CREATE TABLE calendar_events (
    org_id TEXT NOT NULL REFERENCES organisations (org_id),
    event_id TEXT NOT NULL,
    instrument TEXT NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    source TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, event_id)
);
CREATE INDEX calendar_events_instrument ON calendar_events (org_id, instrument, day);
CREATE INDEX calendar_events_day ON calendar_events (org_id, day, instrument);
