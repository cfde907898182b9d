-- Which agents there are, which worker processes serve them, and how they do.
SET LOCAL lock_timeout = '5s';

CREATE TABLE agent_registry (
    id            text NOT NULL,
    version       text NOT NULL,
    definition    json NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, version)
);

COMMENT ON TABLE agent_registry IS 'Every version of every agent definition that a coordinator worked with.';

CREATE TABLE agent_instances (
    incarnation    uuid NOT NULL,
    agent          text NOT NULL,
    worker         text NOT NULL,
    version        text NOT NULL,
    slots          bigint NOT NULL,
    busy           bigint NOT NULL,
    draining       boolean NOT NULL,
    one_minute     real NOT NULL,
    resident_bytes bigint NOT NULL,
    first_seen_at  timestamptz NOT NULL DEFAULT now(),
    last_seen_at   timestamptz NOT NULL DEFAULT now(),
    ended_at       timestamptz,
    PRIMARY KEY (incarnation, agent)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE agent_instances IS 'One row for each agent that a worker process serves. For show: leases are judged by beats in the coordinator''s memory.';
COMMENT ON COLUMN agent_instances.busy IS 'Slots that perform a step.';
COMMENT ON COLUMN agent_instances.one_minute IS 'The machine''s load average.';
COMMENT ON COLUMN agent_instances.ended_at IS 'It has not beaten for 30 s.';

CREATE VIEW agent_metrics AS
SELECT
    agent,
    count(*) AS attempts,
    count(*) FILTER (WHERE outcome = 'running') AS running,
    count(*) FILTER (WHERE outcome = 'failed') AS failures,
    avg(extract(epoch FROM ended_at - started_at)) FILTER (WHERE outcome IN ('done', 'failed')) AS mean_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - started_at)::double precision)
        FILTER (WHERE outcome IN ('done', 'failed')) AS p95_seconds
FROM agent_execution_history
GROUP BY agent;

COMMENT ON VIEW agent_metrics IS 'How each agent does, over what retention has left. Durations are those of attempts that announced their start.';
