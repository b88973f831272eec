//! Opens a store that this process has just left. A program that another test starts has the lock
//! too, from its fork until it is that program: a busy machine may take long over that.
#![expect(clippy::disallowed_methods, reason = "licence: nobody tells when that is over")]

use std::path::Path;
use std::time::Duration;

use hostler::store::{Loaded, Store, StoreError};

/// Tries again for ten seconds, as long as this very process is said to hold it.
pub(crate) async fn reopen(dir: &Path, version: &str) -> Result<(Store, Loaded), StoreError> {
    let own = format!("process {}", std::process::id());
    for _ in 0..1_000 {
        match Store::open(dir, version).await {
            Err(StoreError::InUse { holder, .. }) if holder == own => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            opened => return opened,
        }
    }
    Store::open(dir, version).await
}
