-- What happened, which events are remembered, and what is still to be published.
SET LOCAL lock_timeout = '5s';

CREATE TABLE event_log (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid NOT NULL,
    task_id      uuid NOT NULL,
    run_id       uuid NOT NULL,
    execution_id uuid,
    lease        bigint,
    incarnation  uuid,
    actor        text NOT NULL,
    event_type   text NOT NULL,
    outcome      text NOT NULL CHECK (outcome IN ('applied', 'duplicate', 'stale', 'late', 'irrelevant')),
    created_at   timestamptz NOT NULL,
    event        json NOT NULL
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE INDEX event_log_task ON event_log (task_id, seq);
CREATE INDEX event_log_created_at ON event_log (created_at);

COMMENT ON TABLE event_log IS 'Every event in the order in which it was applied. Rows are added and, by retention, removed; never changed.';
COMMENT ON COLUMN event_log.seq IS
    'One transaction at a time writes here, so the order of seq is the order of commits: who read up to a number has missed nothing below it.';
COMMENT ON COLUMN event_log.actor IS 'Who said so: the event''s source without slipway/.';
COMMENT ON COLUMN event_log.outcome IS 'applied, or why it changed nothing.';
COMMENT ON COLUMN event_log.created_at IS 'The event''s own time, by its sender''s clock.';
COMMENT ON COLUMN event_log.event IS 'The CloudEvent as it is sent.';

CREATE VIEW agent_events AS
SELECT seq, actor, event_type, created_at, outcome, task_id, run_id, execution_id, lease, incarnation, id, event
FROM event_log;

COMMENT ON VIEW agent_events IS 'The event log by the names that operators ask for.';

CREATE TABLE event_ids (
    id      uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX event_ids_seen_at ON event_ids USING brin (seen_at);

COMMENT ON TABLE event_ids IS 'The events that were applied or ignored, for 7 days: the same one again changes nothing. A quarantined one is not here.';

CREATE TABLE outbox (
    id           uuid PRIMARY KEY,
    position     bigint GENERATED ALWAYS AS IDENTITY,
    address      text NOT NULL,
    content_type text NOT NULL,
    correlation  text,
    body         bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 500);

CREATE INDEX outbox_position ON outbox (position);

COMMENT ON TABLE outbox IS 'What must still be published. A row goes when the broker confirmed it; a growing table means that the broker does not.';
COMMENT ON COLUMN outbox.id IS 'The message''s id: publishing a row twice is one message to whoever remembers ids.';
COMMENT ON COLUMN outbox.address IS 'Where to, such as events/plan.created, dispatch/coder, reply/<queue>.';
