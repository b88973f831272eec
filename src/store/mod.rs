//! Remembers: the journal of entries, checkpoints of the World, and who has which slot, in one
//! SQLite file. Entries are only ever added, each chained to the one before by its hash, and on
//! the disk before anybody is told of them.

mod append;
mod disk;
mod error;
mod licence;
mod load;
mod past;
mod read;
mod rows;
mod schema;
mod slots;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{Mutex, MutexGuard};

pub use error::StoreError;
pub use load::Loaded;
pub use past::Ends;
pub use read::{Filter, Verified};
pub use slots::{SlotRow, slot_rows};

/// The memory of one controller. Writes go one after another over one connection; reads do not
/// wait for them. Clones are the same store: it is held until the last of them is dropped.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
    version: String,
    writer: Arc<Mutex<SqliteConnection>>,
    /// A write was begun and its end has not been seen.
    open: Arc<AtomicBool>,
    /// None in memory, where the writer reads too.
    reader: Option<Arc<Mutex<SqliteConnection>>>,
    /// Last, so that it outlives the connections.
    _lock: Option<Arc<disk::Lock>>,
}

impl Store {
    /// Opens the store of a state directory, makes both if need be, and loads what it holds.
    /// `version` is this program's: checkpoints of others are not used.
    ///
    /// # Errors
    /// Another controller has it open; a newer version wrote it; something in it is damaged or
    /// does not follow. Nothing was changed then.
    pub async fn open(dir: &Path, version: &str) -> Result<(Self, Loaded), StoreError> {
        let lock = disk::lock(dir)?;
        disk::make_database(dir)?;
        let path = disk::database(dir);
        let writer = schema::open_writer(&path).await?;
        let reader = schema::open_reader(&path).await?;
        let store = Self {
            path,
            version: version.into(),
            writer: Arc::new(Mutex::new(writer)),
            open: Arc::default(),
            reader: Some(Arc::new(Mutex::new(reader))),
            _lock: Some(Arc::new(lock)),
        };
        let loaded = store.load().await?;
        Ok((store, loaded))
    }

    /// An empty store that is forgotten when it is dropped.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let path = PathBuf::from(":memory:");
        let writer = schema::open_memory().await;
        let writer = writer.map_err(|source| StoreError::sql(&path, source))?;
        Ok(Self {
            path,
            version: "memory".into(),
            writer: Arc::new(Mutex::new(writer)),
            open: Arc::default(),
            reader: None,
            _lock: None,
        })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends both connections in good order, unless a clone still uses them. Dropping the store
    /// loses nothing either.
    pub async fn close(self) -> Result<(), StoreError> {
        let Self { path, writer, reader, .. } = self;
        let sql = |source| StoreError::sql(&path, source);
        for shared in [reader, Some(writer)].into_iter().flatten() {
            if let Some(conn) = Arc::into_inner(shared) {
                conn.into_inner().close().await.map_err(sql)?;
            }
        }
        Ok(())
    }

    async fn reader(&self) -> MutexGuard<'_, SqliteConnection> {
        self.reader.as_ref().unwrap_or(&self.writer).lock().await
    }

    fn sql(&self, source: sqlx::Error) -> StoreError {
        StoreError::sql(&self.path, source)
    }

    /// Begins a write. One that was given up half way is undone first.
    async fn begin(&self) -> Result<MutexGuard<'_, SqliteConnection>, StoreError> {
        let mut conn = self.writer.lock().await;
        if self.open.swap(true, Ordering::SeqCst) {
            // Fails when there is nothing to undo, which is as good.
            let _ = sqlx::query("ROLLBACK").execute(&mut *conn).await;
        }
        let begun = sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await;
        begun.map_err(|source| self.sql(source))?;
        Ok(conn)
    }

    /// Makes the write durable, or undoes it.
    async fn end<T>(
        &self,
        conn: &mut SqliteConnection,
        done: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let done = match done {
            Ok(value) => match sqlx::query("COMMIT").execute(&mut *conn).await {
                Ok(_) => {
                    self.open.store(false, Ordering::SeqCst);
                    return Ok(value);
                }
                Err(source) => Err(self.sql(source)),
            },
            Err(error) => Err(error),
        };
        if sqlx::query("ROLLBACK").execute(conn).await.is_ok() {
            self.open.store(false, Ordering::SeqCst);
        }
        done
    }
}
