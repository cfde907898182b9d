//! New tasks: which of them are new, which were accepted before, which may have been.

use std::collections::HashMap;

use slipway_protocol::{Task, TaskId};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Tick;
use crate::error::Error;
use crate::words::{self, TaskStatus};

/// How long the digest of a request without an id is held against a redelivered one.
const SUSPICION: Duration = Duration::minutes(10);

/// A request for a task, checked and with an id.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// The task.
    pub task: Task,
    /// The sender's key: the same one again is the same task.
    pub key: Option<String>,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
    /// It was delivered before and has no id: held when the same request was accepted in the 10 minutes before.
    pub suspect: bool,
    /// Where it came from: `queue` or `api`.
    pub source: String,
    /// Where the sender wants its id, and under which correlation.
    pub reply_to: Option<(String, Option<String>)>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is a task now.
    New,
    /// It has been this task before.
    Known(TaskId),
    /// It is a task that waits for a person, since it may be this one once more.
    Held {
        /// The earlier task.
        duplicate_of: TaskId,
    },
    /// Its key, or its id, is that of this task, which was asked for in other words. Nothing was kept of it.
    KeyReused(TaskId),
}

impl Tick<'_> {
    /// Keeps requests as tasks; the answer has their order. A request that comes twice in a batch is known the second time.
    pub async fn accept(&mut self, requests: &[NewTask]) -> Result<Vec<Accepted>, Error> {
        let mut known = self.known_tasks(requests).await?;
        let mut columns = TaskColumns::default();
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            let answer = known.judge(request);
            if matches!(answer, Accepted::New | Accepted::Held { .. }) {
                columns.push(request, answer);
                known.add(request, answer);
            }
            answers.push(answer);
        }
        if !columns.id.is_empty() {
            self.write_tasks(&columns).await?;
        }
        Ok(answers)
    }

    async fn known_tasks(&mut self, requests: &[NewTask]) -> Result<Known, Error> {
        let ids: Vec<Uuid> = requests.iter().map(|request| request.task.id.uuid()).collect();
        let keys: Vec<String> = requests.iter().filter_map(|request| request.key.clone()).collect();
        let same = sqlx::query!(
            r#"
            SELECT id AS "id!", idempotency_key, request_digest AS "request_digest!" FROM tasks WHERE id = ANY($1)
            UNION ALL
            SELECT id, idempotency_key, request_digest FROM tasks WHERE idempotency_key = ANY($2)
            "#,
            &ids,
            &keys,
        );
        let same =
            self.store.ask("asking for known requests", same.fetch_all(&mut *self.transaction)).await?;
        let mut known = Known::default();
        for row in same {
            let id = TaskId::new(row.id);
            if let Some(key) = row.idempotency_key {
                known.keys.insert(key, (id, row.request_digest.clone()));
            }
            known.ids.insert(id, row.request_digest);
        }
        let suspects: Vec<Vec<u8>> = requests
            .iter()
            .filter(|request| request.suspect)
            .map(|request| request.digest.to_vec())
            .collect();
        if !suspects.is_empty() {
            known.newest = self.newest_of(&suspects).await?;
        }
        Ok(known)
    }

    async fn newest_of(
        &mut self,
        digests: &[Vec<u8>],
    ) -> Result<HashMap<Vec<u8>, (TaskId, OffsetDateTime)>, Error> {
        let rows = sqlx::query!(
            r#"
            SELECT DISTINCT ON (request_digest) request_digest, id, created_at
            FROM tasks
            WHERE request_digest = ANY($1) AND status <> 'held'
            ORDER BY request_digest, created_at DESC
            "#,
            digests,
        );
        let doing = "asking for possible duplicates";
        let rows = self.store.ask(doing, rows.fetch_all(&mut *self.transaction)).await?;
        Ok(rows.into_iter().map(|row| (row.request_digest, (TaskId::new(row.id), row.created_at))).collect())
    }

    async fn write_tasks(&mut self, tasks: &TaskColumns) -> Result<(), Error> {
        let written = sqlx::query!(
            r#"
            INSERT INTO tasks (id, status, prompt, priority, repository, approval, preview, isolation, source,
                               idempotency_key, request_digest, duplicate_of, reply_to, reply_correlation, reason,
                               urgency, created_at)
            SELECT id, status, prompt, priority, repository, approval, preview, isolation, source, idempotency_key,
                   request_digest, duplicate_of, reply_to, reply_correlation,
                   'possible duplicate of ' || duplicate_of, urgency, created_at
            FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                        $9::text[], $10::text[], $11::bytea[], $12::uuid[], $13::text[], $14::text[],
                        $15::timestamptz[], $16::timestamptz[])
                AS new (id, status, prompt, priority, repository, approval, preview, isolation, source,
                        idempotency_key, request_digest, duplicate_of, reply_to, reply_correlation, urgency, created_at)
            "#,
            &tasks.id,
            &tasks.status,
            &tasks.prompt,
            &tasks.priority,
            &tasks.repository as &[Option<String>],
            &tasks.approval,
            &tasks.preview,
            &tasks.isolation as &[Option<String>],
            &tasks.source,
            &tasks.key as &[Option<String>],
            &tasks.digest,
            &tasks.duplicate_of as &[Option<Uuid>],
            &tasks.reply_to as &[Option<String>],
            &tasks.reply_correlation as &[Option<String>],
            &tasks.urgency,
            &tasks.created_at,
        );
        self.store.ask("keeping new tasks", written.execute(&mut *self.transaction)).await.map(|_| ())
    }
}

/// What earlier requests say about new ones.
#[derive(Default)]
struct Known {
    ids: HashMap<TaskId, Vec<u8>>,
    keys: HashMap<String, (TaskId, Vec<u8>)>,
    /// The newest task of each digest that is not itself held.
    newest: HashMap<Vec<u8>, (TaskId, OffsetDateTime)>,
}

impl Known {
    fn judge(&self, request: &NewTask) -> Accepted {
        let id = request.task.id;
        let same_id = self.ids.get(&id).map(|digest| (id, digest));
        let same_key =
            request.key.as_ref().and_then(|key| self.keys.get(key)).map(|(id, digest)| (*id, digest));
        if let Some((id, digest)) = same_id.or(same_key) {
            let same = digest.as_slice() == request.digest;
            return if same { Accepted::Known(id) } else { Accepted::KeyReused(id) };
        }
        let earlier = self.newest.get(request.digest.as_slice()).filter(|_| request.suspect);
        match earlier {
            Some((id, at)) if *at >= request.task.created_at.saturating_sub(SUSPICION) => {
                Accepted::Held { duplicate_of: *id }
            }
            _ => Accepted::New,
        }
    }

    fn add(&mut self, request: &NewTask, answer: Accepted) {
        let (id, digest) = (request.task.id, request.digest.to_vec());
        self.ids.insert(id, digest.clone());
        if let Some(key) = &request.key {
            self.keys.insert(key.clone(), (id, digest.clone()));
        }
        if answer == Accepted::New {
            self.newest.insert(digest, (id, request.task.created_at));
        }
    }
}

/// New tasks, a vector for each column.
#[derive(Default)]
struct TaskColumns {
    id: Vec<Uuid>,
    status: Vec<String>,
    prompt: Vec<String>,
    priority: Vec<String>,
    repository: Vec<Option<String>>,
    approval: Vec<String>,
    preview: Vec<String>,
    isolation: Vec<Option<String>>,
    source: Vec<String>,
    key: Vec<Option<String>>,
    digest: Vec<Vec<u8>>,
    duplicate_of: Vec<Option<Uuid>>,
    reply_to: Vec<Option<String>>,
    reply_correlation: Vec<Option<String>>,
    urgency: Vec<OffsetDateTime>,
    created_at: Vec<OffsetDateTime>,
}

impl TaskColumns {
    fn push(&mut self, request: &NewTask, answer: Accepted) {
        let task = &request.task;
        let (status, duplicate_of) = match answer {
            Accepted::Held { duplicate_of } => (TaskStatus::Held, Some(duplicate_of.uuid())),
            Accepted::New | Accepted::Known(_) | Accepted::KeyReused(_) => (TaskStatus::Pending, None),
        };
        let (reply_to, reply_correlation) = request.reply_to.clone().unzip();
        self.id.push(task.id.uuid());
        self.status.push(words::word(status));
        self.prompt.push(task.prompt.as_str().to_owned());
        self.priority.push(words::word(task.priority));
        self.repository.push(task.repository.clone());
        self.approval.push(words::word(task.approval));
        self.preview.push(words::word(task.preview));
        self.isolation.push(task.isolation.map(words::word));
        self.source.push(words::plain(&request.source));
        self.key.push(request.key.clone());
        self.digest.push(request.digest.to_vec());
        self.duplicate_of.push(duplicate_of);
        self.reply_to.push(reply_to);
        self.reply_correlation.push(reply_correlation.flatten());
        self.urgency.push(words::urgency(task.priority, task.created_at));
        self.created_at.push(task.created_at);
    }
}
