//! Looking back: the World as it was at an entry, folded from the newest checkpoint before it.

use sqlx::Row;

use super::{Store, StoreError};
use crate::model::{Timestamp, World};

/// The two ends of a journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ends {
    /// When its first entry was written.
    pub from: Timestamp,
    /// When its last entry was written, and which that is.
    pub to: Timestamp,
    pub last: u64,
}

impl Store {
    /// The World after entry `seq`, or after the last one when there is no such entry yet.
    pub async fn world_at(&self, seq: u64) -> Result<World, StoreError> {
        let mut conn = self.reader().await;
        let (mut point, _) = self.newest_point(&mut conn, seq).await?;
        drop(conn);
        while point.world.seq < seq {
            // Held for a page only, so that others can read in between.
            let mut conn = self.reader().await;
            let page = self.page(&mut conn, point.world.seq).await?;
            drop(conn);
            if page.is_empty() {
                break;
            }
            for stored in page.iter().take_while(|stored| stored.seq <= seq) {
                self.fold(&mut point, stored)?;
            }
        }
        Ok(point.world)
    }

    /// The last entry that was written at this moment or before it; 0 when there is none.
    pub async fn last_by(&self, at: Timestamp) -> Result<u64, StoreError> {
        let mut conn = self.reader().await;
        let text = "SELECT coalesce(max(seq), 0) FROM entries WHERE at <= ?1";
        let query = sqlx::query_scalar(text).bind(at.as_millis());
        let seq: i64 = query.fetch_one(&mut *conn).await.map_err(|source| self.sql(source))?;
        Ok(seq.unsigned_abs())
    }

    /// The last entry that was written before this moment; 0 when there is none.
    pub(super) async fn last_before(&self, at: Timestamp) -> Result<u64, StoreError> {
        self.last_by(Timestamp::from_millis(at.as_millis().saturating_sub(1))).await
    }

    /// The ends of the journal; `None` while it has no entry.
    pub async fn ends(&self) -> Result<Option<Ends>, StoreError> {
        let mut conn = self.reader().await;
        let text = "SELECT (SELECT at FROM entries ORDER BY seq LIMIT 1), at, seq
            FROM entries ORDER BY seq DESC LIMIT 1";
        let row = sqlx::query(text).fetch_optional(&mut *conn).await;
        let Some(row) = row.map_err(|source| self.sql(source))? else { return Ok(None) };
        let number = |n: usize| row.try_get::<i64, _>(n).map_err(|source| self.sql(source));
        let at = |n| number(n).map(Timestamp::from_millis);
        Ok(Some(Ends { from: at(0)?, to: at(1)?, last: number(2)?.unsigned_abs() }))
    }
}
