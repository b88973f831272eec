//! What can go wrong with the store. Each message names the path and what to do next.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::model::Illegal;

/// Why the store did not do what it was asked. Whenever a write fails, nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the disk of {path} is full: free some space, then start the controller again: nothing acknowledged is lost"
    )]
    Full { path: PathBuf },
    #[error(
        "{path} or its directory cannot be written by this user, or the disk is read-only: make it writable, then start the controller again: nothing acknowledged is lost"
    )]
    ReadOnly { path: PathBuf },
    #[error(
        "{path} is in use by another controller ({holder}): stop that one first, or choose another state directory"
    )]
    InUse { path: PathBuf, holder: String },
    #[error(
        "{path} has format {found}, written by {by}, and this version knows formats up to {known}: run that version or a newer one; nothing was changed"
    )]
    Newer { path: PathBuf, found: i64, known: i64, by: String },
    #[error(
        "{path} is not a store of Hostler: choose another state directory, or move the file away"
    )]
    Stranger { path: PathBuf },
    #[error(
        "{path} is damaged at entry {seq}: {why}: restore the file from a backup; nothing was changed"
    )]
    Damaged { path: PathBuf, seq: u64, why: String },
    #[error(
        "{path} is damaged at entry {seq}, which does not follow from those before it: restore the file from a backup, or run the version that wrote it; nothing was changed"
    )]
    Unfoldable {
        path: PathBuf,
        seq: u64,
        #[source]
        source: Illegal,
    },
    #[error("{path} is damaged: restore the file from a backup")]
    Corrupt {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// The caller's World is not the one that the store holds.
    #[error("entry {got} does not follow entry {last} in {path}: start the controller again")]
    Sequence { path: PathBuf, last: u64, got: u64 },
    /// Another controller has taken over since.
    #[error(
        "epoch {got} has ended: epoch {stored} is in {path}; this controller must not write any more"
    )]
    Superseded { path: PathBuf, stored: u64, got: u64 },
    /// The last wall before a third VM: see `slots` in the schema.
    #[error(
        "slot {slot} of host {host} cannot be written to {path}: {why}; nothing of the group was written"
    )]
    Slot { path: PathBuf, host: String, slot: u8, why: String },
    #[error("entry {seq} has no place in {path}: {why}")]
    Unwritable { path: PathBuf, seq: u64, why: String },
    #[error("{path} cannot be used")]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "{path} cannot be read or written: check its disk, the quota and the limit on file sizes"
    )]
    Sql {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
}

/// SQLite's primary result codes that an operator can do something about.
const READONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
/// The file itself was opened a moment before: it is what must be made beside it.
const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;
/// No room for the index of the write-ahead log.
const SHARED_MEMORY_SIZE: i32 = 4874;

impl StoreError {
    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_path_buf();
        // Of the many kinds only these mean something to do.
        if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            Self::Full { path }
        } else if matches!(
            source.kind(),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        ) {
            Self::ReadOnly { path }
        } else {
            Self::Io { path, source }
        }
    }

    pub(super) fn sql(path: &Path, source: sqlx::Error) -> Self {
        let code: Option<i32> = source
            .as_database_error()
            .and_then(|error| error.code())
            .and_then(|code| code.parse().ok());
        let path = path.to_path_buf();
        match code.map(|code| (code & 0xff, code)) {
            Some((FULL, _) | (_, SHARED_MEMORY_SIZE)) => Self::Full { path },
            Some((READONLY | CANNOT_OPEN, _)) => Self::ReadOnly { path },
            Some((CORRUPT | NOT_A_DATABASE, _)) => Self::Corrupt { path, source },
            Some(_) | None => Self::Sql { path, source },
        }
    }
}
