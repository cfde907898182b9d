-- What people asked for, and how far it is: tasks, their runs, the executions of their steps, the attempts at them.
SET LOCAL lock_timeout = '5s';

CREATE TABLE tasks (
    id                uuid PRIMARY KEY,
    short_id          text GENERATED ALWAYS AS (right(replace(id::text, '-', ''), 8)) STORED,
    status            text NOT NULL CHECK (status IN (
                          'pending', 'held', 'running', 'awaiting_approval', 'completed', 'failed', 'cancelled')),
    current_phase     text,
    prompt            text NOT NULL,
    priority          text NOT NULL CHECK (priority IN ('critical', 'high', 'normal', 'low')),
    repository        text,
    approval          text NOT NULL,
    preview           text NOT NULL,
    isolation         text,
    source            text NOT NULL,
    idempotency_key   text CONSTRAINT tasks_idempotency_key UNIQUE,
    request_digest    bytea NOT NULL,
    duplicate_of      uuid,
    reply_to          text,
    reply_correlation text,
    paused            boolean NOT NULL DEFAULT false,
    reason            text,
    head              text,
    urgency           timestamptz NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    finished_at       timestamptz,
    CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled')))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE INDEX tasks_newest ON tasks (created_at DESC, id DESC);
CREATE INDEX tasks_short_id ON tasks (short_id);
CREATE INDEX tasks_request ON tasks (request_digest, created_at);
CREATE INDEX tasks_pending ON tasks (urgency, id) WHERE status = 'pending';
CREATE INDEX tasks_finished ON tasks (finished_at) WHERE finished_at IS NOT NULL;

COMMENT ON TABLE tasks IS 'What people asked for; one row a task. Only the leading coordinator writes it.';
COMMENT ON COLUMN tasks.short_id IS 'The last eight digits of the id: the name in branches and on screens.';
COMMENT ON COLUMN tasks.status IS 'pending: no run yet; held: a possible duplicate that a person releases or drops; then as the run.';
COMMENT ON COLUMN tasks.current_phase IS 'The step that is active or waits for a person; of an ended task the last one.';
COMMENT ON COLUMN tasks.isolation IS 'Where its code may be tested; null leaves it to the worker.';
COMMENT ON COLUMN tasks.source IS 'Where it came from: queue or api.';
COMMENT ON COLUMN tasks.idempotency_key IS 'Given by the sender: the same key again is the same task, until retention removes it.';
COMMENT ON COLUMN tasks.request_digest IS 'SHA-256 of the request, by which a redelivered one is recognised.';
COMMENT ON COLUMN tasks.duplicate_of IS 'The task that this one was held as a possible duplicate of.';
COMMENT ON COLUMN tasks.reply_to IS 'The queue that is told the task id; reply_correlation goes with it.';
COMMENT ON COLUMN tasks.paused IS 'A person paused it: nothing new of it is handed out.';
COMMENT ON COLUMN tasks.reason IS 'Why it failed, was cancelled or is held, in words for a person.';
COMMENT ON COLUMN tasks.head IS 'The accepted commit.';
COMMENT ON COLUMN tasks.urgency IS
    'created_at moved by the priority (critical -1 day, high 0, normal +2 min, low +10 min): ordering by it gives priority, then age, and what is low rises with age.';
COMMENT ON COLUMN tasks.created_at IS 'When it was asked for, by the coordinator''s clock.';

CREATE TABLE runs (
    id               uuid PRIMARY KEY,
    task_id          uuid NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    workflow         text NOT NULL,
    workflow_version integer NOT NULL,
    status           text NOT NULL,
    state            json NOT NULL,
    version          bigint NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE INDEX runs_task ON runs (task_id);

COMMENT ON TABLE runs IS 'One task going through one workflow; state is what the run''s events fold to.';
COMMENT ON COLUMN runs.state IS 'The workflow engine''s state; json and not jsonb, so that it is kept as it came.';
COMMENT ON COLUMN runs.version IS 'Rises by one with every change; a write that does not know the newest is refused.';

CREATE TABLE executions (
    id              uuid PRIMARY KEY,
    run_id          uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    task_id         uuid NOT NULL,
    step            text NOT NULL,
    agent           text NOT NULL,
    visit           bigint NOT NULL,
    state           text NOT NULL CHECK (state IN ('ready', 'sent', 'started', 'done', 'failed', 'abandoned')),
    lease           bigint NOT NULL,
    incarnation     uuid,
    attempt         bigint NOT NULL,
    urgency         timestamptz NOT NULL,
    not_before      timestamptz,
    held            boolean NOT NULL DEFAULT false,
    returns         bigint NOT NULL DEFAULT 0,
    sent_at         timestamptz,
    started_at      timestamptz,
    ended_at        timestamptz,
    failure_cause   text,
    failure_message text,
    failure_code    text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (state <> 'started' OR incarnation IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE INDEX executions_ready ON executions (agent, urgency, id) WHERE state = 'ready' AND NOT held;
CREATE INDEX executions_in_flight ON executions (id) WHERE state IN ('sent', 'started');
CREATE INDEX executions_task ON executions (task_id);
CREATE INDEX executions_run ON executions (run_id);

COMMENT ON TABLE executions IS 'One visit of one run to one step. The backlog is its ready rows.';
COMMENT ON COLUMN executions.state IS
    'ready: to be handed out from not_before on; sent: in the agent''s queue; started: bound to incarnation; the others are ends.';
COMMENT ON COLUMN executions.lease IS 'The right to perform it now: a number that only grows.';
COMMENT ON COLUMN executions.incarnation IS 'The one life of a worker process that the lease is bound to.';
COMMENT ON COLUMN executions.attempt IS 'From 1; each failed attempt adds one.';
COMMENT ON COLUMN executions.urgency IS 'As tasks.urgency.';
COMMENT ON COLUMN executions.not_before IS 'The pause after a failed attempt ends then.';
COMMENT ON COLUMN executions.held IS 'The task is paused.';
COMMENT ON COLUMN executions.returns IS 'How often a dispatch came back without a start, since the last start.';
COMMENT ON COLUMN executions.failure_cause IS 'Why the last attempt failed; the row stays when a later one succeeds.';

CREATE TABLE agent_execution_history (
    execution_id uuid NOT NULL,
    lease        bigint NOT NULL,
    incarnation  uuid NOT NULL,
    task_id      uuid NOT NULL,
    run_id       uuid NOT NULL,
    step         text NOT NULL,
    agent        text NOT NULL,
    started_at   timestamptz,
    ended_at     timestamptz,
    outcome      text NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'released', 'abandoned')),
    cause        text,
    message      text,
    code         text,
    PRIMARY KEY (execution_id, lease),
    CHECK ((ended_at IS NULL) = (outcome = 'running'))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX agent_execution_history_task ON agent_execution_history (task_id);

COMMENT ON TABLE agent_execution_history IS 'One row an attempt: a lease that a worker was bound to, and how it ended. Written from the events.';
COMMENT ON COLUMN agent_execution_history.started_at IS 'By the worker''s clock; null when its one event was the terminal one.';
COMMENT ON COLUMN agent_execution_history.ended_at IS 'By the clock of whoever ended it: the worker, or the coordinator for a lost one.';
COMMENT ON COLUMN agent_execution_history.outcome IS 'released: given back unharmed, no attempt is spent; abandoned: its run ended before it did.';
