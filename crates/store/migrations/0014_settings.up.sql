-- What administrators change of the running program, over its configuration: it holds from then on, also after a restart.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
