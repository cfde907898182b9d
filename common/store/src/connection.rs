//! The pool of connections, and how each question to the database is asked: named, bounded in time, its failure sorted.

use std::fmt;
use std::future::Future;
use std::io;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use time::OffsetDateTime;

use crate::error::Error;

/// A transaction that says nothing for so long is ended by the server, so that a stopped leader holds up nobody.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(5);

/// How much longer than the server's own limit an answer may take before the server counts as gone.
const MARGIN: Duration = Duration::from_secs(2);

/// A connection that was used within this time is not tried before it is used again.
const TRUSTED: Duration = Duration::from_secs(1);

/// How a process uses its database.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name that the server shows for the process's connections.
    pub application_name: String,
    /// The most connections at a time, at least 1.
    pub connections: u32,
    /// How long one statement may take, migrations apart.
    pub statement_timeout: Duration,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
}

/// The coordinator's database.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    place: Arc<str>,
    patience: Duration,
    acquire_timeout: Duration,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Store {
    /// Connects to the database at `url`, such as `postgres://slipway:secret@localhost:5432/slipway`.
    ///
    /// Waits up to `options.acquire_timeout` for a server that still starts. No error names the password.
    pub async fn connect(url: &str, options: &Options) -> Result<Self, Error> {
        let connection = connect_options(url, options).map_err(Error::Address)?;
        let database = connection.get_database().unwrap_or(connection.get_username());
        let place = format!("{}:{}/{database}", connection.get_host(), connection.get_port());
        let pool = PgPoolOptions::new()
            .max_connections(options.connections.max(1))
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(connection);
        let patience = options.acquire_timeout + options.statement_timeout + MARGIN;
        let acquire_timeout = options.acquire_timeout;
        let store = Self { pool, place: place.into(), patience, acquire_timeout };
        store.ping().await?;
        Ok(store)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.now().await.map(|_| ())
    }

    /// The database's clock, by which `sent_at`, `started_at`, `not_before` and the leader's term are judged.
    pub async fn now(&self) -> Result<OffsetDateTime, Error> {
        let now = sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#);
        self.ask("asking for the time", now.fetch_one(&self.pool)).await
    }

    /// Ends all connections; whoever still asks gets [`Error::Down`].
    pub async fn close(&self) {
        // A connection to a server that stands still cannot say goodbye.
        let _gone_either_way = tokio::time::timeout(MARGIN, self.pool.close()).await;
    }

    /// Waits for the answer to a question, called `doing` in errors, no longer than the server may take for it.
    pub(crate) async fn ask<T>(
        &self,
        doing: &'static str,
        question: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Error> {
        let answer = tokio::time::timeout(self.patience, question).await;
        let silence = || sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
        answer.unwrap_or_else(|_| Err(silence())).map_err(|source| Error::sort(doing, &self.place, source))
    }

    /// Options for a connection of its own, on which a statement may take as long as it needs.
    pub(crate) fn unhurried(&self) -> PgConnectOptions {
        let options = self.pool.connect_options();
        PgConnectOptions::clone(&options)
            .options([("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0")])
    }

    /// Host, port and name of the database.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// How long to wait for a connection.
    pub(crate) const fn acquire_timeout(&self) -> Duration {
        self.acquire_timeout
    }
}

fn connect_options(url: &str, options: &Options) -> Result<PgConnectOptions, sqlx::Error> {
    // The driver itself takes any scheme.
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(sqlx::Error::Configuration("it does not begin with postgres://".into()));
    }
    Ok(PgConnectOptions::from_str(url)?.application_name(&options.application_name).options([
        ("statement_timeout", milliseconds(options.statement_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(IDLE_IN_TRANSACTION)),
        // What a tick touches was touched lately and is in memory: looking up a batch by its keys is cheap.
        ("random_page_cost", "1.1".to_owned()),
    ]))
}

/// As Postgres reads it; its 0 would mean no limit.
fn milliseconds(duration: Duration) -> String {
    duration.as_millis().max(1).to_string()
}
