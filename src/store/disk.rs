//! The state directory: made for this user alone, locked against a second controller. The lock
//! is the operating system's, so it ends with its process however that ends.
#![expect(clippy::disallowed_types, reason = "licence: the store's directory and lock are files")]

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::StoreError;

const LOCK: &str = "hostler.lock";
const DATABASE: &str = "hostler.db";

/// The directory is ours for as long as this lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing would not do: a process that is being started shares the open file until it has
    /// become another program, and the lock with it.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// Where the database of a state directory is.
pub(super) fn database(dir: &Path) -> PathBuf {
    dir.join(DATABASE)
}

/// Makes the directory if need be and locks it.
pub(super) fn lock(dir: &Path) -> Result<Lock, StoreError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| StoreError::io(dir, source))?;
    let path = dir.join(LOCK);
    let io = |source| StoreError::io(&path, source);
    let options = OpenOptions::new().read(true).write(true).create(true).clone();
    let mut file = private(options).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = holder(&mut file);
            return Err(StoreError::InUse { path: dir.to_path_buf(), holder });
        }
        Err(TryLockError::Error(source)) => return Err(io(source)),
    }
    file.set_len(0).map_err(io)?;
    write!(file, "{}", std::process::id()).map_err(io)?;
    Ok(Lock { file })
}

/// Makes an empty database file that only this user can read: what SQLite puts beside it has
/// the same rights. An existing one is left alone, and must be this user's to write.
pub(super) fn make_database(dir: &Path) -> Result<(), StoreError> {
    let path = database(dir);
    let there = path.exists();
    let options = OpenOptions::new().read(true).write(true).create(!there).clone();
    let made = private(options).open(&path).and_then(|file| file.sync_all());
    made.map_err(|source| StoreError::io(&path, source))?;
    if there {
        return Ok(());
    }
    // A file is only there after a power cut if its directory says so.
    let kept = File::open(dir).and_then(|dir| dir.sync_all());
    kept.map_err(|source| StoreError::io(dir, source))
}

fn private(mut options: OpenOptions) -> OpenOptions {
    options.mode(0o600);
    options
}

/// Who holds the lock, as they wrote it.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(20).read_to_string(&mut text).ok().and(text.trim().parse::<u32>().ok()) {
        Some(pid) => format!("process {pid}"),
        None => "it has just started".into(),
    }
}
