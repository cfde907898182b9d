//! Which coordinator leads. One row, judged by the database's clock; a term's number is never given twice.
//!
//! A new term is an update of the row that every tick of the old one reads `FOR SHARE`: it waits until those have ended,
//! and after it none can begin. So two terms never both commit.

use std::time::Duration;

use uuid::Uuid;

use crate::connection::Store;
use crate::error::{Error, Unreadable};
use crate::tick::Tick;
use crate::words;

/// The right of one process to write, until another term begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub(crate) number: i64,
    pub(crate) holder: Uuid,
}

impl Term {
    /// The term's number; later terms have higher ones.
    pub fn number(&self) -> u64 {
        self.number.unsigned_abs()
    }
}

/// Who leads, as it is written; whether it still lives is told by how long it has been silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// The term's number.
    pub term: u64,
    /// The leading process.
    pub holder: Uuid,
    /// Its name, for people.
    pub name: String,
    /// How long ago it renewed its term, by the database's clock.
    pub silent_for: Duration,
}

impl Store {
    /// Begins a new term for `me` when nobody leads: the leader resigned, has not renewed within `ttl`, or is `me`.
    ///
    /// Waits for the old leader's open transaction, which the server ends after 5 s of silence.
    pub async fn take_lead(&self, me: Uuid, name: &str, ttl: Duration) -> Result<Option<Term>, Error> {
        let taken = sqlx::query_scalar!(
            r#"
            UPDATE coordinator_term
            SET term = term + 1, holder = $1, name = $2, renewed_at = clock_timestamp()
            WHERE holder IS NULL
               OR holder = $1
               OR renewed_at < clock_timestamp() - make_interval(secs => $3)
            RETURNING term
            "#,
            me,
            words::plain(name),
            ttl.as_secs_f64(),
        );
        let taken = self.ask("taking the lead", taken.fetch_optional(&self.pool)).await?;
        Ok(taken.map(|number| Term { number, holder: me }))
    }

    /// Says that the leader lives. `false`: another term began.
    pub async fn renew(&self, term: &Term) -> Result<bool, Error> {
        let renewed = sqlx::query!(
            "UPDATE coordinator_term SET renewed_at = clock_timestamp() WHERE term = $1 AND holder = $2",
            term.number,
            term.holder,
        );
        let renewed = self.ask("renewing the term", renewed.execute(&self.pool)).await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Ends the term, so that another process can lead at once. Nothing happens when another term began.
    pub async fn resign(&self, term: &Term) -> Result<(), Error> {
        let resigned = sqlx::query!(
            "UPDATE coordinator_term SET holder = NULL WHERE term = $1 AND holder = $2",
            term.number,
            term.holder,
        );
        self.ask("resigning", resigned.execute(&self.pool)).await.map(|_| ())
    }

    /// Who leads; `None` before the first leader and after one resigned.
    pub async fn leader(&self) -> Result<Option<Leader>, Error> {
        let leader = sqlx::query_as!(
            LeaderRow,
            r#"
            SELECT term, holder AS "holder!", name AS "name!",
                   greatest(extract(epoch FROM clock_timestamp() - renewed_at), 0)::double precision AS "silent_for!"
            FROM coordinator_term
            WHERE holder IS NOT NULL
            "#,
        );
        let doing = "reading who leads";
        let leader = self.ask(doing, leader.fetch_optional(&self.pool)).await?;
        leader.map(Leader::try_from).transpose().map_err(Error::damaged(doing))
    }

    /// Begins a transaction of the leader.
    ///
    /// # Errors
    ///
    /// [`Error::NotLeader`] when another term began.
    pub async fn begin(&self, term: &Term) -> Result<Tick<'_>, Error> {
        let mut transaction = self.ask("beginning a tick", self.pool.begin()).await?;
        let leads = sqlx::query_scalar!(
            "SELECT term FROM coordinator_term WHERE term = $1 AND holder = $2 FOR SHARE",
            term.number,
            term.holder,
        );
        let leads = self.ask("reading the term", leads.fetch_optional(&mut *transaction)).await?;
        match leads {
            Some(_) => Ok(Tick::new(self, transaction)),
            None => Err(Error::NotLeader { term: term.number() }),
        }
    }
}

struct LeaderRow {
    term: i64,
    holder: Uuid,
    name: String,
    silent_for: f64,
}

impl TryFrom<LeaderRow> for Leader {
    type Error = Unreadable;

    fn try_from(row: LeaderRow) -> Result<Self, Unreadable> {
        let silent_for = Duration::try_from_secs_f64(row.silent_for)
            .map_err(|source| Unreadable::because("coordinator_term.renewed_at", row.silent_for, source))?;
        Ok(Self {
            term: words::count("coordinator_term.term", row.term)?,
            holder: row.holder,
            name: row.name,
            silent_for,
        })
    }
}
