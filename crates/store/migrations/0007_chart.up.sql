-- What people draw on charts and the sets of indicators they save: each person's own.
CREATE TABLE chart_drawings (
    owner TEXT NOT NULL REFERENCES users (id),
    drawing_id TEXT NOT NULL,
    org_id TEXT NOT NULL REFERENCES organisations (org_id),
    instrument TEXT NOT NULL,
    content TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (owner, drawing_id)
);
CREATE INDEX chart_drawings_instrument ON chart_drawings (owner, instrument, created_at, drawing_id);

CREATE TABLE chart_templates (
    owner TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    template_id TEXT NOT NULL,
    org_id TEXT NOT NULL REFERENCES organisations (org_id),
    content TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (owner, name)
);
