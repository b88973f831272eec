//! Reading the state when a controller starts: the newest checkpoint that can be believed, then
//! the entries after it. What cannot be believed stops the controller; nothing is guessed.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::rows::{GENESIS, Hash, Stored, sum};
use super::{Store, StoreError, schema, slots};
use crate::model::{Entry, World};

/// The state as it was found.
#[derive(Debug)]
pub struct Loaded {
    pub world: World,
    /// Entries that were folded after the checkpoint.
    pub entries: u64,
    /// The newest checkpoint could not be used: it is unreadable, or another version made it.
    pub dropped_checkpoint: bool,
    /// The slots' rows did not say what the entries say, and do so now.
    pub rebuilt_slots: bool,
}

/// Entries that are read at once.
pub(super) const PAGE: i64 = 1_000;

/// A World with the hash of its last entry.
pub(super) struct Point {
    pub(super) world: World,
    pub(super) hash: Hash,
}

impl Point {
    /// Before the first entry.
    pub(super) fn start() -> Self {
        Self { world: World::default(), hash: GENESIS }
    }
}

impl Store {
    pub(super) async fn load(&self) -> Result<Loaded, StoreError> {
        let mut conn = self.begin().await?;
        let done = self.load_from(&mut conn).await;
        self.end(&mut conn, done).await
    }

    async fn load_from(&self, conn: &mut SqliteConnection) -> Result<Loaded, StoreError> {
        let (mut point, dropped_checkpoint) = self.newest_point(conn, u64::MAX).await?;
        let from = point.world.seq;
        loop {
            let page = self.page(conn, point.world.seq).await?;
            for stored in &page {
                self.fold(&mut point, stored)?;
            }
            if page.is_empty() {
                break;
            }
        }
        let world = point.world;
        let rebuilt_slots = slots::rebuild(conn, &self.path, &world).await?;
        let noted = schema::note_version(conn, &self.version).await;
        noted.map_err(|source| self.sql(source))?;
        Ok(Loaded { entries: world.seq - from, world, dropped_checkpoint, rebuilt_slots })
    }

    /// The next entries after `seq`.
    pub(super) async fn page(
        &self,
        conn: &mut SqliteConnection,
        seq: u64,
    ) -> Result<Vec<Stored>, StoreError> {
        let text = "SELECT seq, body, hash FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let query = sqlx::query(text).bind(i64::try_from(seq).unwrap_or(i64::MAX)).bind(PAGE);
        let rows = query.fetch_all(conn).await.map_err(|source| self.sql(source))?;
        let stored: Result<_, _> = rows.iter().map(Stored::of).collect();
        stored.map_err(|source| self.sql(source))
    }

    /// Takes one entry further, and gives it.
    pub(super) fn fold(&self, point: &mut Point, stored: &Stored) -> Result<Entry, StoreError> {
        let mut last = point.world.seq;
        let entry = stored
            .believe(&mut last, &mut point.hash)
            .map_err(|why| self.damaged(stored.seq, why))?;
        let taken = point.world.apply(&entry).map_err(|source| StoreError::Unfoldable {
            path: self.path.clone(),
            seq: stored.seq,
            source,
        });
        taken.map(|()| entry)
    }

    /// The newest checkpoint up to an entry of this version that can be read, or the start; and
    /// whether a newer one was passed over. Another version's is: its fold may have been another.
    pub(super) async fn newest_point(
        &self,
        conn: &mut SqliteConnection,
        upto: u64,
    ) -> Result<(Point, bool), StoreError> {
        let text = "SELECT seq, version, hash, sum, world,
              (SELECT hash FROM entries WHERE entries.seq = checkpoints.seq) AS entry
            FROM checkpoints WHERE seq <= ?1 ORDER BY seq DESC";
        let upto = i64::try_from(upto).unwrap_or(i64::MAX);
        let rows = sqlx::query(text)
            .bind(upto)
            .fetch_all(conn)
            .await
            .map_err(|source| self.sql(source))?;
        let mut dropped = false;
        for row in &rows {
            let checkpoint = Checkpoint::of(row).map_err(|source| self.sql(source))?;
            if checkpoint.entry.as_ref() != Some(&checkpoint.hash) {
                let why = "a checkpoint was made of it, and it is gone or another now";
                return Err(self.damaged(checkpoint.seq, why.into()));
            }
            match checkpoint.believe(&self.version) {
                Some(point) => return Ok((point, dropped)),
                None => dropped = true,
            }
        }
        Ok((Point::start(), dropped))
    }

    pub(super) fn damaged(&self, seq: u64, why: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), seq, why }
    }
}

/// A checkpoint as read, not yet believed.
struct Checkpoint {
    seq: u64,
    version: String,
    hash: Vec<u8>,
    sum: Vec<u8>,
    world: String,
    /// The hash of its entry, if that is there.
    entry: Option<Vec<u8>>,
}

impl Checkpoint {
    fn of(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            seq: u64::try_from(row.try_get::<i64, _>("seq")?).unwrap_or(0),
            version: row.try_get("version")?,
            hash: row.try_get("hash")?,
            sum: row.try_get("sum")?,
            world: row.try_get("world")?,
            entry: row.try_get("entry")?,
        })
    }

    fn believe(&self, version: &str) -> Option<Point> {
        if self.version != version || self.sum != sum(&self.world) {
            return None;
        }
        let world: World = serde_json::from_str(&self.world).ok()?;
        let hash = Hash::try_from(self.hash.as_slice()).ok()?;
        (world.seq == self.seq).then_some(Point { world, hash })
    }
}
