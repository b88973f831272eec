//! Writing: a group of entries and the slots they changed in one transaction, and checkpoints.

use std::borrow::Borrow;

use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{QueryBuilder, Row};

use super::rows::{GENESIS, Hash, Line, link, sum};
use super::{SlotRow, Store, StoreError, slots};
use crate::model::{Entry, World};

/// Rows in one statement.
const CHUNK: usize = 64;
/// Checkpoints that are kept.
const CHECKPOINTS: i64 = 2;

impl Store {
    /// Writes the entries and the rows of the slots that they changed: all of it is on the disk
    /// when this returns `Ok`, and none of it when it returns an error. If the returned future
    /// is dropped before it ends, either may be the case.
    pub async fn append<E: Borrow<Entry>>(
        &self,
        entries: &[E],
        slots: &[SlotRow],
    ) -> Result<(), StoreError> {
        if entries.is_empty() && slots.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::with_capacity(entries.len());
        for entry in entries {
            let entry = entry.borrow();
            let unwritable =
                |why| StoreError::Unwritable { path: self.path.clone(), seq: entry.seq, why };
            lines.push(Line::of(entry).map_err(unwritable)?);
        }
        let freed = slots::freed(entries.iter().map(Borrow::borrow));
        let mut conn = self.begin().await?;
        let done = self.write_group(&mut conn, &lines, &freed, slots).await;
        self.end(&mut conn, done).await
    }

    async fn write_group(
        &self,
        conn: &mut SqliteConnection,
        lines: &[Line],
        freed: &slots::Freed,
        slots: &[SlotRow],
    ) -> Result<(), StoreError> {
        let end = last(conn).await.map_err(|source| self.sql(source))?;
        self.check_follows(&end, lines)?;
        let mut hash = end.hash;
        for chunk in lines.chunks(CHUNK) {
            insert(conn, chunk, &mut hash).await.map_err(|source| self.refused(chunk, source))?;
        }
        slots::write(conn, &self.path, freed, slots).await
    }

    fn check_follows(&self, end: &End, lines: &[Line]) -> Result<(), StoreError> {
        let (mut last, mut epoch) = (end.seq, end.epoch);
        for line in lines {
            let path = || self.path.clone();
            if line.epoch < epoch {
                let (stored, got) = (epoch.unsigned_abs(), line.epoch.unsigned_abs());
                return Err(StoreError::Superseded { path: path(), stored, got });
            }
            if Some(line.seq) != last.checked_add(1) {
                let (last, got) = (last.unsigned_abs(), line.seq.unsigned_abs());
                return Err(StoreError::Sequence { path: path(), last, got });
            }
            (last, epoch) = (line.seq, line.epoch);
        }
        Ok(())
    }

    /// Sequence numbers were checked, so what is there twice is a VM's placement.
    fn refused(&self, chunk: &[Line], source: sqlx::Error) -> StoreError {
        if !slots::is_constraint(&source) {
            return self.sql(source);
        }
        let seq = chunk.first().map_or(0, |line| line.seq.unsigned_abs());
        let why = "it, or one soon after it, places a VM that was placed before".to_string();
        StoreError::Unwritable { path: self.path.clone(), seq, why }
    }

    /// Keeps the World at its revision, so that the next start need not fold what came before.
    /// Its last entry must have been appended. The journal stays whole.
    pub async fn checkpoint(&self, world: &World) -> Result<(), StoreError> {
        if world.seq == 0 {
            return Ok(());
        }
        let unwritable =
            |why| StoreError::Unwritable { path: self.path.clone(), seq: world.seq, why };
        let text = serde_json::to_string(world).map_err(|error| unwritable(error.to_string()))?;
        let seq = i64::try_from(world.seq).map_err(|error| unwritable(error.to_string()))?;
        let mut conn = self.begin().await?;
        let kept = keep(&mut conn, seq, &self.version, &text).await;
        let done = match kept {
            Ok(true) => Ok(()),
            Ok(false) => Err(unwritable("its last entry is not there".into())),
            Err(source) => Err(self.sql(source)),
        };
        self.end(&mut conn, done).await
    }
}

/// Where the journal ends.
struct End {
    seq: i64,
    epoch: i64,
    hash: Hash,
}

async fn last(conn: &mut SqliteConnection) -> Result<End, sqlx::Error> {
    let text = "SELECT seq, epoch, hash FROM entries ORDER BY seq DESC LIMIT 1";
    let Some(row) = sqlx::query(text).fetch_optional(conn).await? else {
        return Ok(End { seq: 0, epoch: 0, hash: GENESIS });
    };
    // The schema lets no other length in.
    let hash = row.try_get::<Vec<u8>, _>("hash")?.try_into().unwrap_or(GENESIS);
    Ok(End { seq: row.try_get("seq")?, epoch: row.try_get("epoch")?, hash })
}

async fn insert(
    conn: &mut SqliteConnection,
    lines: &[Line],
    hash: &mut Hash,
) -> Result<(), sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "INSERT INTO entries (seq, at, epoch, who, via, name, host, vm, body, hash) ",
    );
    query.push_values(lines, |mut row, line| {
        *hash = link(hash, &line.body);
        row.push_bind(line.seq)
            .push_bind(line.at)
            .push_bind(line.epoch)
            .push_bind(line.who.clone())
            .push_bind(line.via)
            .push_bind(line.name)
            .push_bind(line.host.clone())
            .push_bind(line.vm.clone())
            .push_bind(line.body.clone())
            .push_bind(hash.to_vec());
    });
    query.build().execute(conn).await.map(|_| ())
}

/// Writes a checkpoint, unless the journal has no such entry.
async fn keep(
    conn: &mut SqliteConnection,
    seq: i64,
    version: &str,
    text: &str,
) -> Result<bool, sqlx::Error> {
    let write = "INSERT OR REPLACE INTO checkpoints (seq, version, hash, sum, world)
        SELECT seq, ?2, hash, ?3, ?4 FROM entries WHERE seq = ?1";
    let query = sqlx::query(write).bind(seq).bind(version).bind(sum(text).to_vec()).bind(text);
    if query.execute(&mut *conn).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let clear = "DELETE FROM checkpoints
        WHERE seq NOT IN (SELECT seq FROM checkpoints ORDER BY seq DESC LIMIT ?1)";
    sqlx::query(clear).bind(CHECKPOINTS).execute(conn).await?;
    Ok(true)
}
