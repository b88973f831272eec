//! The database: how it is opened, what is in it, and which formats are known.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Row};

use super::StoreError;

/// The format that this version writes.
const FORMAT: i64 = 1;
/// "Host": tells our files from other programs' databases.
const APPLICATION: i64 = 0x486f_7374;

/// `body` is the whole entry; the other columns repeat parts of it to be searched by, and
/// `hash` chains it to the entry before. `slots` repeats the World's slots that are not free:
/// it is the last wall before a third VM, in case the fold is ever wrong.
const TABLES: &str = "
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at INTEGER NOT NULL,
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  who TEXT NOT NULL,
  via TEXT NOT NULL,
  name TEXT NOT NULL,
  host TEXT,
  vm TEXT,
  body TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX entries_by_time ON entries (at);
CREATE INDEX entries_by_host ON entries (host) WHERE host IS NOT NULL;
CREATE INDEX entries_by_vm ON entries (vm) WHERE vm IS NOT NULL;
CREATE UNIQUE INDEX entries_place_once ON entries (vm) WHERE name = 'slot_reserved';
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
  BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER entries_stay_as_written BEFORE UPDATE ON entries
  BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TABLE slots (
  host TEXT NOT NULL,
  slot INTEGER NOT NULL CHECK (slot IN (0, 1)),
  vm TEXT UNIQUE,
  state TEXT NOT NULL,
  PRIMARY KEY (host, slot)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (
  seq INTEGER PRIMARY KEY,
  version TEXT NOT NULL,
  hash BLOB NOT NULL,
  sum BLOB NOT NULL,
  world TEXT NOT NULL
) STRICT;
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Options of every connection: an answered commit is on the disk, on macOS past its cache too.
fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .busy_timeout(Duration::from_secs(2))
        .foreign_keys(true)
        .disable_statement_logging()
}

/// Opens the database to write, and makes it what this version writes.
pub(super) async fn open_writer(path: &Path) -> Result<SqliteConnection, StoreError> {
    let sql = |source| StoreError::sql(path, source);
    refuse_unknown(path).await?;
    let mut conn = options()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("fullfsync", "ON")
        .pragma("checkpoint_fullfsync", "ON")
        .connect()
        .await
        .map_err(sql)?;
    prepare(&mut conn).await.map_err(sql)?;
    Ok(conn)
}

/// Opens the database to read beside the writer.
pub(super) async fn open_reader(path: &Path) -> Result<SqliteConnection, StoreError> {
    let opened = options().filename(path).read_only(true).connect().await;
    opened.map_err(|source| StoreError::sql(path, source))
}

/// A database that lives and dies with this connection.
pub(super) async fn open_memory() -> Result<SqliteConnection, sqlx::Error> {
    let mut conn = options().filename(":memory:").connect().await?;
    prepare(&mut conn).await?;
    Ok(conn)
}

/// A newer store, and another program's file, are looked at through a connection that cannot
/// write, and left as they are.
async fn refuse_unknown(path: &Path) -> Result<(), StoreError> {
    let mut conn = open_reader(path).await?;
    let judged = judge(&mut conn, path).await;
    // A look that was only read leaves nothing behind that could fail.
    let _ = sqlx::Connection::close(conn).await;
    judged
}

async fn judge(conn: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let sql = |source| StoreError::sql(path, source);
    let found = number(conn, "PRAGMA user_version").await.map_err(sql)?;
    let application = number(conn, "PRAGMA application_id").await.map_err(sql)?;
    let tables = number(conn, "SELECT count(*) FROM sqlite_schema").await.map_err(sql)?;
    match (application, found) {
        (APPLICATION, FORMAT) => Ok(()),
        (0, 0) if tables == 0 => Ok(()),
        (APPLICATION, found) if found > FORMAT => {
            let text = "SELECT value FROM meta WHERE key = 'version'";
            let by = sqlx::query_scalar::<_, String>(text).fetch_one(conn).await;
            let by = by.map_or("a newer version".into(), |by| format!("version {by}"));
            Err(StoreError::Newer { path: path.to_path_buf(), found, known: FORMAT, by })
        }
        _ => Err(StoreError::Stranger { path: path.to_path_buf() }),
    }
}

/// Makes the tables of a new database.
async fn prepare(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    if number(conn, "PRAGMA user_version").await? != 0 {
        return Ok(());
    }
    let text = format!(
        "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id = {APPLICATION}; \
         PRAGMA user_version = {FORMAT}; COMMIT;"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(conn).await.map(|_| ())
}

/// Notes which version uses the store: an older one that cannot says its name.
pub(super) async fn note_version(
    conn: &mut SqliteConnection,
    version: &str,
) -> Result<(), sqlx::Error> {
    let text = "INSERT INTO meta (key, value) VALUES ('version', ?1)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value";
    sqlx::query(text).bind(version).execute(conn).await.map(|_| ())
}

async fn number(conn: &mut SqliteConnection, text: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query(text).fetch_one(conn).await?.try_get(0)
}
