//! What can go wrong between the coordinator and its database, told apart by what the caller does about it.

use std::error::Error as StdError;
use std::fmt;

/// A question to the database that was not answered as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is none of a Postgres database.
    #[error("the database's address cannot be read; write postgres://user:password@host:5432/name")]
    Address(#[source] sqlx::Error),
    /// Another term began; nothing of the transaction is kept.
    #[error("another coordinator leads: term {term} has ended")]
    NotLeader {
        /// The term that ended.
        term: u64,
    },
    /// No connection, no answer in time, or a server that stops, starts or is full. The same again later can go well;
    /// whether a commit that failed so was done is not known.
    #[error("{doing}: the database {place} does not answer")]
    Down {
        /// What was being done.
        doing: &'static str,
        /// Host, port and name of the database.
        place: String,
        /// What was noticed.
        #[source]
        source: sqlx::Error,
    },
    /// Another transaction was in the way; the same again at once can go well.
    #[error("{doing}: another transaction was in the way")]
    Conflict {
        /// What was being done.
        doing: &'static str,
        /// What was noticed.
        #[source]
        source: sqlx::Error,
    },
    /// Something of what was given is refused, each time again; the rest of a batch can go well without it.
    #[error("{doing}: the database refuses a value")]
    Data {
        /// What was being done.
        doing: &'static str,
        /// What is refused.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A row holds what this program cannot read.
    #[error("{doing}: a row cannot be read")]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// What cannot be read.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The user may not do it, or there is no such user or database.
    #[error("{doing}: the database {place} does not let this user do it")]
    Denied {
        /// What was being done.
        doing: &'static str,
        /// Host, port and name of the database.
        place: String,
        /// What was noticed.
        #[source]
        source: sqlx::Error,
    },
    /// The tables are not those that this program was made for.
    #[error("{doing}: the database {place} has other tables than this program needs; run the migrations")]
    Schema {
        /// What was being done.
        doing: &'static str,
        /// Host, port and name of the database.
        place: String,
        /// What was noticed.
        #[source]
        source: sqlx::Error,
    },
    /// The migrations could not be applied; what was applied before the failing one stays.
    #[error("the database {place} could not be migrated")]
    Migrate {
        /// Host, port and name of the database.
        place: String,
        /// What was noticed.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A defect: the database or its driver answers what no other variant expects.
    #[error("{doing}: the database does not understand the program")]
    Unexpected {
        /// What was being done.
        doing: &'static str,
        /// What was noticed.
        #[source]
        source: sqlx::Error,
    },
}

impl Error {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "store.address",
            Self::NotLeader { .. } => "store.not-leader",
            Self::Down { .. } => "store.down",
            Self::Conflict { .. } => "store.conflict",
            Self::Data { .. } => "store.data",
            Self::Damaged { .. } => "store.damaged",
            Self::Denied { .. } => "store.denied",
            Self::Schema { .. } => "store.schema",
            Self::Migrate { .. } => "store.migrate",
            Self::Unexpected { .. } => "store.unexpected",
        }
    }

    /// Whether the same again, unchanged, can go well.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Down { .. } | Self::Conflict { .. })
    }

    /// Sorts what the driver noticed by what the caller does about it.
    pub(crate) fn sort(doing: &'static str, place: &str, source: sqlx::Error) -> Self {
        let place = || place.to_owned();
        match meaning(&source) {
            Meaning::Down => Self::Down { doing, place: place(), source },
            Meaning::Conflict => Self::Conflict { doing, source },
            Meaning::Data => Self::Data { doing, source: source.into() },
            Meaning::Damaged => Self::Damaged { doing, source: source.into() },
            Meaning::Denied => Self::Denied { doing, place: place(), source },
            Meaning::Schema => Self::Schema { doing, place: place(), source },
            Meaning::Unexpected => Self::Unexpected { doing, source },
        }
    }

    /// A batch that does not fit what the database holds.
    pub(crate) fn misfit(doing: &'static str, problem: impl Into<String>) -> Self {
        Self::Data { doing, source: problem.into().into() }
    }

    /// A row whose value is none that this program knows.
    pub(crate) fn damaged(doing: &'static str) -> impl Fn(Unreadable) -> Self {
        move |source| Self::Damaged { doing, source: source.into() }
    }
}

/// A column's value that is none of those that it can have.
#[derive(Debug, thiserror::Error)]
#[error("{column} holds {value:?}")]
pub(crate) struct Unreadable {
    column: &'static str,
    value: String,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Unreadable {
    /// `value` in `column` makes no sense, and `source` says why.
    pub(crate) fn because(
        column: &'static str,
        value: impl fmt::Display,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let value = value.to_string().chars().take(80).collect();
        Self { column, value, source: Some(source.into()) }
    }
}

enum Meaning {
    Down,
    Conflict,
    Data,
    Damaged,
    Denied,
    Schema,
    Unexpected,
}

fn meaning(error: &sqlx::Error) -> Meaning {
    match error {
        sqlx::Error::Database(database) => database.code().as_deref().map_or(Meaning::Unexpected, of_state),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Meaning::Down,
        sqlx::Error::Encode(_) => Meaning::Data,
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => Meaning::Damaged,
        _ => Meaning::Unexpected,
    }
}

/// By SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_state(state: &str) -> Meaning {
    match (state.get(..2).unwrap_or_default(), state) {
        // A duplicate is another transaction's doing: the batch itself was checked for its own.
        ("40", _) | (_, "55P03" | "23505") => Meaning::Conflict,
        // Stopped, started, failed over to a server that only reads, or cancelled because it took too long.
        ("08" | "53" | "58", _)
        | (_, "57014" | "57P01" | "57P02" | "57P03" | "57P05" | "25006" | "25P03" | "25P04") => Meaning::Down,
        ("22" | "23" | "54", _) => Meaning::Data,
        ("28", _) | (_, "42501" | "3D000") => Meaning::Denied,
        (_, "42P01" | "42703" | "42883" | "3F000") => Meaning::Schema,
        _ => Meaning::Unexpected,
    }
}
