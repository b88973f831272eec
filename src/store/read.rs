//! Reading the journal beside the writer: pages of entries, and the proof that it is whole.

use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{QueryBuilder, Row};

use super::load::Point;
use super::rows::{Line, parse};
use super::{Store, StoreError};
use crate::model::{Entry, HostName, Timestamp, VmId};

/// Which entries are wanted. What is `None` does not narrow the choice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Only after this entry.
    pub after: u64,
    /// Only before this entry.
    pub before: Option<u64>,
    /// Only written at this moment or later.
    pub since: Option<Timestamp>,
    /// Only about this host, or about a VM that was ever placed on it.
    pub host: Option<HostName>,
    /// Only about this VM.
    pub vm: Option<VmId>,
}

/// What `Store::verify` has found to be whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    pub entries: u64,
    /// The first entry and the last; 0 when there is none.
    pub first: u64,
    pub last: u64,
    /// The hash of the last entry in hexadecimal. Kept elsewhere, it proves later that nothing
    /// before it was rewritten.
    pub head: String,
}

impl Store {
    /// The `limit` entries after entry `after`, oldest first.
    pub async fn entries(&self, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let mut query = select(&Filter { after, ..Filter::default() });
        query.push(" ORDER BY seq LIMIT ").push_bind(limit);
        self.fetch(query).await
    }

    /// The `limit` entries before entry `seq`, oldest first.
    pub async fn entries_before(&self, seq: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.entries_of(&Filter { before: Some(seq), ..Filter::default() }, limit).await
    }

    /// The last `limit` entries that pass the filter, oldest first.
    pub async fn entries_of(&self, filter: &Filter, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let mut query = select(filter);
        query.push(" ORDER BY seq DESC LIMIT ").push_bind(limit);
        let mut entries = self.fetch(query).await?;
        entries.reverse();
        Ok(entries)
    }

    async fn fetch(&self, mut query: QueryBuilder<Sqlite>) -> Result<Vec<Entry>, StoreError> {
        let mut conn = self.reader().await;
        let rows = query.build().fetch_all(&mut *conn).await;
        let rows = rows.map_err(|source| self.sql(source))?;
        drop(conn);
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let read = |source| self.sql(source);
            let seq: i64 = row.try_get(0).map_err(read)?;
            let body: String = row.try_get(1).map_err(read)?;
            let entry = parse(&body).map_err(|why| self.damaged(seq.unsigned_abs(), why))?;
            entries.push(entry);
        }
        Ok(entries)
    }

    /// Reads the whole journal as it is now: each entry is the text that was written, follows
    /// from those before it, and is filed under what it says; each checkpoint is of its entry.
    pub async fn verify(&self) -> Result<Verified, StoreError> {
        let end = self.end_of_journal().await?;
        let mut point = Point::start();
        while point.world.seq < end {
            // Held for a page only, so that others can read in between.
            let mut conn = self.reader().await;
            let page = self.page(&mut conn, point.world.seq).await?;
            self.check_filed(&mut conn, point.world.seq).await?;
            drop(conn);
            if page.is_empty() {
                return Err(self.damaged(end, "entries before it are missing".into()));
            }
            for stored in &page {
                self.fold(&mut point, stored)?;
            }
        }
        self.check_checkpoints().await?;
        let last = point.world.seq;
        let head = point.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Verified { entries: last, first: last.min(1), last, head })
    }

    async fn end_of_journal(&self) -> Result<u64, StoreError> {
        let mut conn = self.reader().await;
        let text = "SELECT coalesce(max(seq), 0) FROM entries";
        let end: i64 = sqlx::query_scalar(text)
            .fetch_one(&mut *conn)
            .await
            .map_err(|source| self.sql(source))?;
        Ok(end.unsigned_abs())
    }

    /// The columns that a page is searched by say what its texts say.
    async fn check_filed(&self, conn: &mut SqliteConnection, after: u64) -> Result<(), StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT body, seq, at, epoch, who, via, name, host, vm FROM entries WHERE seq > ",
        );
        query.push_bind(i64::try_from(after).unwrap_or(i64::MAX));
        query.push(" ORDER BY seq LIMIT ").push_bind(super::load::PAGE);
        let rows: Vec<Filed> =
            query.build_query_as().fetch_all(conn).await.map_err(|source| self.sql(source))?;
        for filed in rows {
            let seq = filed.1.unsigned_abs();
            let right = parse(&filed.0).and_then(|entry| Line::of(&entry));
            let right = right.map_err(|why| self.damaged(seq, why))?;
            if filed != as_filed(&filed.0, &right) {
                let why = "it is filed under something else than it says".to_string();
                return Err(self.damaged(seq, why));
            }
        }
        Ok(())
    }

    async fn check_checkpoints(&self) -> Result<(), StoreError> {
        let text = "SELECT seq FROM checkpoints WHERE NOT EXISTS
            (SELECT 1 FROM entries WHERE seq = checkpoints.seq AND hash = checkpoints.hash)";
        let mut conn = self.reader().await;
        let odd: Option<i64> = sqlx::query_scalar(text)
            .fetch_optional(&mut *conn)
            .await
            .map_err(|source| self.sql(source))?;
        match odd {
            None => Ok(()),
            Some(seq) => {
                let why = "a checkpoint was made of it, and it is gone or another now".to_string();
                Err(self.damaged(seq.unsigned_abs(), why))
            }
        }
    }
}

/// A row of `entries` without its hash, the text first.
type Filed = (String, i64, i64, i64, String, String, String, Option<String>, Option<String>);

fn as_filed(body: &str, line: &Line) -> Filed {
    (
        body.to_string(),
        line.seq,
        line.at,
        line.epoch,
        line.who.clone(),
        line.via.to_string(),
        line.name.to_string(),
        line.host.clone(),
        line.vm.clone(),
    )
}

fn select(filter: &Filter) -> QueryBuilder<Sqlite> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut query = QueryBuilder::new("SELECT seq, body FROM entries WHERE seq > ");
    query.push_bind(number(filter.after));
    if let Some(before) = filter.before {
        query.push(" AND seq < ").push_bind(number(before));
    }
    if let Some(since) = filter.since {
        query.push(" AND at >= ").push_bind(since.as_millis());
    }
    if let Some(host) = &filter.host {
        query.push(" AND (host = ").push_bind(host.to_string());
        query.push(" OR vm IN (SELECT vm FROM entries WHERE name = 'slot_reserved' AND host = ");
        query.push_bind(host.to_string()).push("))");
    }
    if let Some(vm) = filter.vm {
        query.push(" AND vm = ").push_bind(vm.to_string());
    }
    query
}
