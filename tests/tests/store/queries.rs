//! The statements themselves: their committed descriptions, and how Postgres carries them out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use slipway_tests::program::workspace;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Either, Executor as _, SqlSafeStr as _, Statement as _,
};

use crate::world::World;

/// A query as `cargo sqlx prepare` describes it.
#[derive(Deserialize)]
struct Committed {
    query: String,
    describe: Description,
}

#[derive(Deserialize)]
struct Description {
    columns: Vec<Described>,
    parameters: Parameters,
    nullable: Vec<Option<bool>>,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    type_info: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    left: Vec<Value>,
}

fn committed() -> Vec<Committed> {
    let files = fs::read_dir(workspace().join(".sqlx")).unwrap();
    let queries: Vec<Committed> = files
        .map(|entry| serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap())
        .collect();
    assert!(queries.len() > 40, "only {} queries are described in .sqlx", queries.len());
    queries
}

fn sources() -> String {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut files = Vec::new();
    walk(&workspace().join("common/store/src"), &mut files);
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

#[tokio::test]
async fn the_committed_descriptions_of_queries_are_what_a_migrated_database_says() {
    let world = World::new().await;
    let mut connection = world.sql.acquire().await.unwrap();
    for Committed { query, describe } in committed() {
        let statement = (&mut *connection).prepare(AssertSqlSafe(query.clone()).into_sql_str()).await;
        let statement = statement.unwrap_or_else(|error| panic!("{error}: {query}"));
        let Some(Either::Left(parameters)) = statement.parameters() else { panic!("no parameters: {query}") };
        let parameters: Vec<Value> =
            parameters.iter().map(|parameter| serde_json::to_value(parameter).unwrap()).collect();
        assert_eq!(parameters, describe.parameters.left, "{query}");
        let found: Vec<(String, Value)> = statement
            .columns()
            .iter()
            .map(|column| (column.name().to_owned(), serde_json::to_value(column.type_info()).unwrap()))
            .collect();
        let told: Vec<(String, Value)> =
            describe.columns.into_iter().map(|column| (column.name, column.type_info)).collect();
        assert_eq!(found, told, "{query}");
        let described =
            (&mut *connection).describe(AssertSqlSafe(query.clone()).into_sql_str()).await.unwrap();
        let nullable: Vec<Option<bool>> = (0..told.len()).map(|index| described.nullable(index)).collect();
        assert_eq!(nullable, describe.nullable, "{query}");
    }
}

#[test]
fn every_committed_description_is_of_a_query_that_is_there() {
    let sources = sources();
    let orphaned: Vec<String> = committed()
        .into_iter()
        .map(|it| it.query)
        .filter(|query| !sources.contains(query.as_str()))
        .collect();
    assert!(orphaned.is_empty(), "no code asks {orphaned:#?}");
    let asked = ["query!(", "query_as!(", "query_scalar!("].map(|macro_| sources.matches(macro_).count());
    assert_eq!(asked.iter().sum::<usize>(), committed().len(), "each query is described once");
}

/// A value of each parameter type: arrays are as long as the largest batch.
fn argument(of: &Value) -> String {
    let scalars = BTreeMap::from([
        ("Uuid", "gen_random_uuid()"),
        ("Text", "'x'::text"),
        ("Int8", "100::bigint"),
        ("Int4", "1::integer"),
        ("Bool", "true"),
        ("Float4", "1::real"),
        ("Float8", "600::double precision"),
        ("Bytea", "'x'::bytea"),
        ("Timestamptz", "now()"),
    ]);
    let name = of.as_str().unwrap_or_else(|| panic!("a parameter of type {of}"));
    match name.strip_suffix("Array") {
        Some(element) => format!("array_fill({}, ARRAY[256])", scalars[element]),
        None => scalars[name].to_owned(),
    }
}

/// A database in which a scan of a whole table is dear.
async fn fill(pool: &PgPool) {
    let statements = "
        INSERT INTO tasks (id, status, prompt, priority, approval, preview, source, request_digest, urgency, created_at,
                           finished_at)
        SELECT gen_random_uuid(), CASE WHEN n % 10 = 0 THEN 'running' ELSE 'completed' END, repeat('p', 600), 'normal', 'auto', 'auto',
               'queue', n::text::bytea, now() - n * interval '1 minute', now() - n * interval '1 minute',
               CASE WHEN n % 10 > 0 THEN now() - n * interval '1 minute' END
        FROM generate_series(1, 20000) AS n;
        INSERT INTO runs (id, task_id, workflow, workflow_version, status, state, version)
        SELECT gen_random_uuid(), id, 'delivery', 1, 'running', to_json(repeat('s', 600)), 1 FROM tasks;
        INSERT INTO executions (id, run_id, task_id, step, agent, visit, state, lease, attempt, urgency)
        SELECT gen_random_uuid(), runs.id, task_id, 'code', 'coder', n,
               CASE WHEN tasks.status = 'running' AND n = 4 THEN 'ready' ELSE 'done' END, 1, 1, now()
        FROM runs JOIN tasks ON tasks.id = task_id, generate_series(1, 4) AS n;
        INSERT INTO agent_execution_history (execution_id, lease, incarnation, task_id, run_id, step, agent, ended_at, outcome)
        SELECT id, 1, gen_random_uuid(), task_id, run_id, step, agent, now(), 'done' FROM executions;
        INSERT INTO event_log (id, task_id, run_id, actor, event_type, outcome, created_at, event)
        SELECT gen_random_uuid(), task_id, run_id, 'coder', 'task.progress', 'applied', now() - n * interval '1 minute', '{}'
        FROM executions, generate_series(1, 1) AS n;
        INSERT INTO event_ids (id) SELECT id FROM event_log;
        INSERT INTO outbox (id, address, content_type, body)
        SELECT gen_random_uuid(), 'events/x', 'x', '' FROM generate_series(1, 2000);
        VACUUM ANALYZE";
    for statement in statements.split(';') {
        pool.execute(statement).await.unwrap();
    }
}

async fn plan(connection: &mut PgConnection, committed: &Committed) -> Value {
    let arguments: Vec<String> = committed.describe.parameters.left.iter().map(argument).collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    let prepare = format!("PREPARE probe AS {}", committed.query);
    connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE probe{arguments}");
    let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(&mut *connection).await.unwrap();
    connection.execute("DEALLOCATE probe").await.unwrap();
    plan[0]["Plan"].clone()
}

/// What of `plan` takes time in the square of the batch, or reads a whole table that grows.
fn problems(plan: &Value, found: &mut Vec<String>) {
    const GROWING: [&str; 7] =
        ["tasks", "runs", "executions", "event_log", "agent_execution_history", "event_ids", "outbox"];
    let node = plan["Node Type"].as_str().unwrap_or_default();
    let table = plan["Relation Name"].as_str().unwrap_or_default();
    if node == "Seq Scan" && GROWING.contains(&table) {
        found.push(format!("reads all of {table}"));
    }
    let children: &[Value] = plan["Plans"].as_array().map_or(&[], Vec::as_slice);
    if node == "Nested Loop" {
        let inner = children.iter().find(|child| child["Parent Relationship"] == "Inner").unwrap();
        if !is_by_index(inner) {
            found.push(format!("a nested loop over {}", inner["Node Type"]));
        }
    }
    for child in children {
        problems(child, found);
    }
}

fn is_by_index(plan: &Value) -> bool {
    match plan["Plans"].as_array().map(Vec::as_slice) {
        None | Some([]) => plan["Node Type"].as_str().unwrap_or_default().contains("Index"),
        Some(children) => children.iter().all(is_by_index),
    }
}

#[tokio::test]
async fn no_statement_on_a_batch_takes_time_in_its_square_or_reads_a_whole_table() {
    let world = World::new().await;
    fill(&world.sql).await;
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let (mut checked, mut wrong) = (0, Vec::new());
    for mode in ["force_custom_plan", "force_generic_plan"] {
        connection.execute(AssertSqlSafe(format!("SET plan_cache_mode = {mode}"))).await.unwrap();
        for committed in committed() {
            let is_batch = committed.query.contains("unnest(") || committed.query.contains("ANY($");
            if !is_batch {
                continue;
            }
            checked += 1;
            let mut found = Vec::new();
            problems(&plan(&mut connection, &committed).await, &mut found);
            if !found.is_empty() {
                wrong.push(format!("{mode}: {found:?} in {}", committed.query));
            }
        }
    }
    assert!(checked > 20, "only {checked} statements were looked at");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
