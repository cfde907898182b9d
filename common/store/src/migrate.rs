//! Bringing the tables to what this program needs, and telling how far they are from it.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::connection::Store;
use crate::error::Error;

/// A database that a newer program migrated has versions that this one does not know.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("../../migrations");
    migrations.set_ignore_missing(true);
    migrations
});

/// How often a migration is begun again that found a table in use.
const ATTEMPTS: u32 = 20;

/// The pause before it is begun again.
const PAUSE: Duration = Duration::from_millis(500);

/// How the database's tables compare with this program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// They are what it needs.
    Current,
    /// There are none yet.
    Empty,
    /// So many migrations are missing.
    Behind {
        /// How many.
        missing: usize,
    },
    /// A newer program migrated them; this one goes on with them, since a release works with the next one's tables.
    Ahead,
    /// A migration that was applied is not the one that this program has by that number.
    Different {
        /// Its number.
        version: i64,
    },
}

impl Store {
    /// Applies the migrations that are missing, each in a transaction of its own, one program at a time.
    ///
    /// A migration waits at most 5 s for a table that is in use, so that it holds up nobody, and is then begun again.
    /// One that was interrupted left nothing; the next call goes on with it.
    pub async fn migrate(&self) -> Result<(), Error> {
        for attempt in 1.. {
            match self.migrate_once().await {
                Err(Error::Migrate { source, .. }) if attempt < ATTEMPTS && is_in_use(&source) => {
                    tracing::info!(attempt, "a table is in use; the migration is begun again");
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
        Ok(())
    }

    async fn migrate_once(&self) -> Result<(), Error> {
        let options = self.unhurried();
        let connecting = tokio::time::timeout(self.acquire_timeout(), options.connect());
        let mut connection = self
            .ask("connecting to migrate", async { connecting.await.map_err(|_| sqlx::Error::PoolTimedOut)? })
            .await?;
        let migrated = MIGRATIONS.run(&mut connection).await;
        let migrated = migrated.map_err(|source| Error::Migrate { place: self.place().to_owned(), source });
        // The lock is the session's: it ends with it, also when the migration failed.
        let closed = connection.close().await;
        if let (Ok(()), Err(error)) = (&migrated, closed) {
            tracing::debug!(%error, "the migration's connection did not end in good order");
        }
        migrated
    }

    /// How the database's tables compare with this program's.
    pub async fn schema(&self) -> Result<Schema, Error> {
        let doing = "reading the applied migrations";
        // sqlx makes this table when it migrates first, so that no committed description can ask for it.
        let exists =
            sqlx::query_scalar!(r#"SELECT to_regclass('_sqlx_migrations') IS NOT NULL AS "exists!""#);
        if !self.ask(doing, exists.fetch_one(&self.pool)).await? {
            return Ok(Schema::Empty);
        }
        let applied = sqlx::query_as::<_, (i64, Vec<u8>)>(
            "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version",
        );
        let applied = self.ask(doing, applied.fetch_all(&self.pool)).await?;
        Ok(compare(&applied))
    }
}

fn compare(applied: &[(i64, Vec<u8>)]) -> Schema {
    let known = |version: i64| MIGRATIONS.iter().find(|migration| migration.version == version);
    for (version, checksum) in applied {
        if known(*version).is_some_and(|migration| migration.checksum.as_ref() != checksum.as_slice()) {
            return Schema::Different { version: *version };
        }
    }
    let missing =
        MIGRATIONS.iter().filter(|it| !applied.iter().any(|(version, _)| *version == it.version)).count();
    match (applied.is_empty(), missing) {
        (true, _) => Schema::Empty,
        (false, 0) if applied.iter().any(|(version, _)| known(*version).is_none()) => Schema::Ahead,
        (false, 0) => Schema::Current,
        (false, missing) => Schema::Behind { missing },
    }
}

fn is_in_use(error: &MigrateError) -> bool {
    let (MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) = error else {
        return false;
    };
    source.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() == Some("55P03")
}
