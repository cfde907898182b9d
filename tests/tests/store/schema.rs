//! Connecting and migrating. There is one release's schema yet, so that nothing is rolled forward from an older one; what
//! stands in for it is a database that has a part of the migrations.

use std::fs;
use std::time::Duration;

use slipway_store::{Error, Options, Schema, Store};
use slipway_tests::program::workspace;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::world::{World, empty_database, id, options};

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let store = Store::connect(&empty_database().await, &options()).await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Empty);
    store.migrate().await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
    let fleet = store.fleet().await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
    assert_eq!(store.fleet().await.unwrap(), fleet);
}

#[tokio::test]
async fn two_programs_that_migrate_at_once_both_find_what_they_need() {
    let url = empty_database().await;
    let (one, two) =
        (Store::connect(&url, &options()).await.unwrap(), Store::connect(&url, &options()).await.unwrap());
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    first.unwrap();
    second.unwrap();
    assert_eq!(one.schema().await.unwrap(), Schema::Current);
}

#[tokio::test]
async fn a_migration_that_stopped_half_way_is_gone_on_with() {
    let url = empty_database().await;
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<_> =
        fs::read_dir(workspace().join("migrations")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in &files[..2] {
        fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let pool = PgPool::connect(&url).await.unwrap();
    Migrator::new(folder.path()).await.unwrap().run(&pool).await.unwrap();

    let store = Store::connect(&url, &options()).await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Behind { missing: files.len() - 2 });
    store.migrate().await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_worked_with_and_a_foreign_one_is_told() {
    let world = World::new().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'of tomorrow', true, 'x', 0)";
    world.sql.execute(newer).await.unwrap();
    assert_eq!(world.store.schema().await.unwrap(), Schema::Ahead);
    world.store.migrate().await.unwrap();
    world.sql.execute("UPDATE _sqlx_migrations SET checksum = 'x' WHERE version = 2").await.unwrap();
    assert_eq!(world.store.schema().await.unwrap(), Schema::Different { version: 2 });
    let error = world.store.migrate().await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("store.migrate", false));
}

#[tokio::test]
async fn a_user_who_owns_the_database_and_nothing_else_is_enough() {
    let pool = PgPool::connect(&empty_database().await).await.unwrap();
    let name = format!("owner_{}", id().simple());
    pool.execute(AssertSqlSafe(format!("CREATE ROLE {name} LOGIN PASSWORD 'secret'"))).await.unwrap();
    pool.execute(AssertSqlSafe(format!("CREATE DATABASE {name} OWNER {name}"))).await.unwrap();
    let options = pool.connect_options();
    let url = format!("postgres://{name}:secret@{}:{}/{name}", options.get_host(), options.get_port());

    let store = Store::connect(&url, &crate::world::options()).await.unwrap();
    store.migrate().await.unwrap();
    let term = store.take_lead(id(), "test", Duration::from_secs(10)).await.unwrap().unwrap();
    store.begin(&term).await.unwrap().commit().await.unwrap();
    store.close().await;

    let denied = Store::connect(&url.replace("secret", "guess"), &crate::world::options()).await.unwrap_err();
    assert_eq!((denied.code(), denied.is_retryable()), ("store.denied", false));
    pool.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
    pool.execute(AssertSqlSafe(format!("DROP ROLE {name}"))).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let options = Options { acquire_timeout: Duration::from_millis(300), ..options() };
    let error = Store::connect("postgres://ada:hunter2@127.0.0.1:1/slipway", &options).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("store.down", true));
    let mut text = format!("{error} {error:?}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(text.contains("127.0.0.1:1/slipway") && !text.contains("hunter2"), "{text}");
    assert!(matches!(Store::connect("mysql:/x", &options).await, Err(Error::Address(_))));
}

#[tokio::test]
async fn the_queries_that_operators_know_work_as_written() {
    let world = World::new().await;
    let story = world.begun(&crate::world::normal_task()).await;
    let query = "SELECT id, status, current_phase FROM tasks ORDER BY created_at DESC LIMIT 1";
    let task: (uuid::Uuid, String, String) = sqlx::query_as(query).fetch_one(&world.sql).await.unwrap();
    assert_eq!(task, (story.task().uuid(), "running".into(), "plan".into()));
    let query = "SELECT actor, event_type, created_at FROM agent_events ORDER BY created_at DESC LIMIT 10";
    let events: Vec<(String, String, time::OffsetDateTime)> =
        sqlx::query_as(query).fetch_all(&world.sql).await.unwrap();
    assert_eq!((events[0].0.as_str(), events[0].1.as_str()), ("coordinator", "task.initiated"));
}

#[tokio::test]
async fn every_table_says_what_it_is() {
    let world = World::new().await;
    let silent = "SELECT count(*) FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND relname NOT LIKE '\\_sqlx%'
                    AND obj_description(oid) IS NULL";
    assert_eq!(world.number(silent).await, 0);
}
