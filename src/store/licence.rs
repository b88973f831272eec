//! The licence report: the journal read anew, entry by entry, in pages.

use super::load::Point;
use super::{Store, StoreError};
use crate::model::{Licence, Timestamp};

impl Store {
    /// The most macOS VMs that each host was seen with in a period. The entries themselves are
    /// read, from the first one on and each with its hash, whatever checkpoints say; of what was
    /// before the period only what still stood at its beginning counts.
    pub async fn licence(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Licence, StoreError> {
        let before = match since {
            Some(since) => self.last_before(since).await?,
            None => 0,
        };
        let last = match until {
            Some(until) => self.last_by(until).await?,
            None => u64::MAX,
        };
        let mut point = Point::start();
        let mut licence = None;
        loop {
            // Held for a page only, so that others can read in between.
            let mut conn = self.reader().await;
            let page = self.page(&mut conn, point.world.seq).await?;
            drop(conn);
            if page.is_empty() {
                break;
            }
            for stored in page.iter().take_while(|stored| stored.seq <= last) {
                if point.world.seq == before {
                    licence.get_or_insert_with(|| Licence::begin(&point.world));
                }
                let entry = self.fold(&mut point, stored)?;
                if let Some(licence) = &mut licence {
                    licence.read(&point.world, &entry);
                }
            }
            if point.world.seq >= last {
                break;
            }
        }
        Ok(licence.unwrap_or_else(|| Licence::begin(&point.world)))
    }
}
