-- What people want to be told of, and how: each person's own.
CREATE TABLE notification_settings (
    owner TEXT PRIMARY KEY REFERENCES users (id),
    org_id TEXT NOT NULL REFERENCES organisations (org_id),
    content TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
