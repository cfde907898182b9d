-- Which coordinator leads, which fleet this is, and what people paused.
SET LOCAL lock_timeout = '5s';

CREATE TABLE fleet (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO fleet DEFAULT VALUES;

COMMENT ON TABLE fleet IS 'One row: the id that marks what this fleet starts elsewhere, such as containers.';

CREATE TABLE coordinator_term (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    term       bigint NOT NULL,
    holder     uuid,
    name       text,
    renewed_at timestamptz
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50);

INSERT INTO coordinator_term (term) VALUES (0);

COMMENT ON TABLE coordinator_term IS
    'One row: who leads. Every transaction of the leader reads it FOR SHARE, so a new term waits for the open ones and begins after them.';
COMMENT ON COLUMN coordinator_term.holder IS 'The leading process; null after it resigned.';
COMMENT ON COLUMN coordinator_term.renewed_at IS 'By the database''s clock.';

CREATE TABLE pauses (
    kind       text NOT NULL CHECK (kind IN ('all', 'agent', 'task')),
    subject    text NOT NULL,
    by         text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, subject)
);

COMMENT ON TABLE pauses IS 'What people paused: everything, an agent, a task. What runs goes on; nothing new is handed out.';
COMMENT ON COLUMN pauses.subject IS 'The agent''s or the task''s id; empty for all.';
