//! The sequential mode's append-only log: one file a run, one checked line a record, flushed before `append` returns.
//!
//! A line is `<sequence> <crc32c> <record as JSON>\n`, both numbers as eight hexadecimal digits; the checksum covers
//! the sequence and the record. Records are events; the run's state is what they fold to, so nothing else is kept.
//!
//! A process killed while it appends leaves at most one torn line at the end, which [`Journal::open`] cuts off. Any
//! other damage is reported with its place and nothing is changed. Open `line.rs` for how the two are told apart.

mod line;

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use slipway_protocol::Event;

use line::{Damage, Tail};

/// A journal that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be made.
    #[error("cannot create the journal {}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file could not be opened or read.
    #[error("cannot read the journal {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A record could not be made durable; what was written of it is cut off at the next opening.
    #[error("cannot write to the journal {}; is the disk full?", path.display())]
    Append {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process is working on this run.
    #[error("another process is working on this run (it holds {})", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// A record is damaged. Nothing after it is believed and nothing was changed.
    #[error(
        "the journal {} is damaged at line {line} (byte {offset}): {problem}; restore the file from a backup, or start \
         the task anew",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The first byte of the line.
        offset: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl Error {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Create { .. } | Self::Read { .. } | Self::Append { .. } => "journal.io",
            Self::Locked { .. } => "journal.locked",
            Self::Damaged { .. } => "journal.damaged",
        }
    }
}

/// What opening a journal found.
#[derive(Debug)]
pub struct Opened {
    /// The journal, ready to be appended to.
    pub journal: Journal,
    /// Its events, oldest first.
    pub events: Vec<Event>,
    /// How many bytes of a torn last record were cut off.
    pub recovered_bytes: usize,
}

/// An open journal. It holds an exclusive lock on its file until it is dropped.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    sequence: u32,
    line: Vec<u8>,
    broken: bool,
}

impl Journal {
    /// Makes a new journal; the file must not exist. Its directory entry is durable when this returns.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let fail = |source| Error::Create { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path).map_err(fail)?;
        lock(&file, path)?;
        if let Some(parent) = path.parent() {
            File::open(parent).and_then(|directory| directory.sync_all()).map_err(fail)?;
        }
        Ok(Self::new(file, path, 0))
    }

    /// Opens a journal to go on with it: checks every record and cuts off a torn last one.
    pub fn open(path: &Path) -> Result<Opened, Error> {
        let fail = |source| Error::Read { path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(fail)?;
        lock(&file, path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail)?;
        let (events, tail) = parse(path, &bytes)?;
        let kept = match tail {
            Tail::Whole => bytes.len(),
            Tail::Torn { offset } => {
                file.set_len(offset as u64).and_then(|()| file.sync_all()).map_err(fail)?;
                offset
            }
        };
        file.seek(SeekFrom::End(0)).map_err(fail)?;
        let sequence = u32::try_from(events.len()).unwrap_or(u32::MAX);
        Ok(Opened { journal: Self::new(file, path, sequence), events, recovered_bytes: bytes.len() - kept })
    }

    fn new(file: File, path: &Path, sequence: u32) -> Self {
        Self { file, path: path.to_owned(), sequence, line: Vec::new(), broken: false }
    }

    /// Adds a record; it is on the disk when this returns.
    ///
    /// After a failed append the journal takes no more: what reached the disk is known only after opening it again.
    pub fn append(&mut self, event: &Event) -> Result<(), Error> {
        let written = if self.broken {
            Err(io::Error::other("an earlier append failed; open the journal again"))
        } else {
            line::write(&mut self.line, self.sequence, &event.to_json());
            self.file.write_all(&self.line).and_then(|()| self.file.sync_data())
        };
        match written {
            Ok(()) => {
                self.sequence += 1;
                Ok(())
            }
            Err(source) => {
                self.broken = true;
                Err(Error::Append { path: self.path.clone(), source })
            }
        }
    }

    /// How many records it has.
    pub const fn len(&self) -> u32 {
        self.sequence
    }

    /// Whether it has no record yet.
    pub const fn is_empty(&self) -> bool {
        self.sequence == 0
    }
}

/// Reads a journal's events without locking or changing it; a torn last record is left out.
pub fn read(path: &Path) -> Result<Vec<Event>, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    parse(path, &bytes).map(|(events, _)| events)
}

/// Whether some process holds the journal now.
pub fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockShared).is_err())
}

fn lock(file: &File, path: &Path) -> Result<(), Error> {
    flock(file, FlockOperation::NonBlockingLockExclusive).map_err(|_| Error::Locked { path: path.to_owned() })
}

fn parse(path: &Path, bytes: &[u8]) -> Result<(Vec<Event>, Tail), Error> {
    let damaged = |damage: Damage| Error::Damaged {
        path: path.to_owned(),
        line: damage.line,
        offset: damage.offset,
        problem: damage.problem,
    };
    let (records, tail) = line::read(bytes).map_err(damaged)?;
    let mut events = Vec::with_capacity(records.len());
    for (index, record) in records.iter().enumerate() {
        let event = Event::from_json(record.json).map_err(|error| {
            let problem = format!("its checksum holds but its event cannot be read: {error}");
            damaged(Damage { line: index + 1, offset: record.offset, problem })
        })?;
        events.push(event);
    }
    Ok((events, tail))
}
