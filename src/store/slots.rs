//! The slots' rows: a second, structural record of who has which place. A row changes its VM
//! only through an entry that frees it, whatever the World believes.

use std::collections::BTreeSet;
use std::path::Path;

use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{QueryBuilder, Row};

use super::StoreError;
use crate::model::{Entry, Event, HostName, SlotIx, VmId, World};

/// A slot as it is now. A free one has no row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SlotRow {
    pub host: HostName,
    pub slot: SlotIx,
    pub vm: Option<VmId>,
    /// `Slot::word`.
    pub is: &'static str,
}

/// The word of a slot that has no row.
const FREE: &str = "free";
/// Rows in one statement.
const CHUNK: usize = 128;

/// All slots of a World that are not free.
pub fn slot_rows(world: &World) -> Vec<SlotRow> {
    let mut rows = Vec::new();
    for (name, host) in &world.hosts {
        for (ix, slot) in SlotIx::ALL.into_iter().zip(&host.slots) {
            if slot.word() != FREE {
                let (host, vm, is) = (name.clone(), slot.vm(), slot.word());
                rows.push(SlotRow { host, slot: ix, vm, is });
            }
        }
    }
    rows
}

/// What entries free: VMs lose their slots, slots that are not ours are cleared, and hosts that
/// are given up go with theirs.
#[derive(Default)]
pub(super) struct Freed {
    vms: Vec<VmId>,
    slots: Vec<(HostName, SlotIx)>,
    hosts: Vec<HostName>,
}

pub(super) fn freed<'a>(entries: impl Iterator<Item = &'a Entry>) -> Freed {
    let mut freed = Freed::default();
    for entry in entries {
        if let Event::VmGone { vm }
        | Event::VmDischarged { vm, .. }
        | Event::SlotLeaked { vm, .. } = &entry.event
        {
            freed.vms.push(*vm);
        } else if let Event::SlotCleared { host, slot, .. } = &entry.event {
            freed.slots.push((host.clone(), *slot));
        } else if let Event::HostForgotten { host, .. } = &entry.event {
            freed.hosts.push(host.clone());
        }
    }
    freed
}

/// Brings the rows up to date, or says which one cannot be.
pub(super) async fn write(
    conn: &mut SqliteConnection,
    path: &Path,
    freed: &Freed,
    rows: &[SlotRow],
) -> Result<(), StoreError> {
    let sql = |source| StoreError::sql(path, source);
    clear(conn, freed).await.map_err(sql)?;
    let (gone, kept): (Vec<&SlotRow>, Vec<&SlotRow>) = rows.iter().partition(|r| r.is == FREE);
    for row in gone {
        let text = "DELETE FROM slots WHERE host = ?1 AND slot = ?2 AND vm IS NULL";
        let query = sqlx::query(text).bind(row.host.as_str()).bind(number(row.slot));
        query.execute(&mut *conn).await.map_err(sql)?;
        if let Some(holder) = holder(conn, row).await.map_err(sql)? {
            return Err(refuse(path, row, format!("it is to be free, and {holder} has it")));
        }
    }
    for chunk in kept.chunks(CHUNK) {
        match upsert(conn, chunk).await {
            Ok(true) => {}
            Ok(false) => return Err(offender(conn, path, chunk).await),
            Err(error) if is_constraint(&error) => return Err(offender(conn, path, chunk).await),
            Err(error) => return Err(sql(error)),
        }
    }
    Ok(())
}

async fn clear(conn: &mut SqliteConnection, freed: &Freed) -> Result<(), sqlx::Error> {
    for vm in &freed.vms {
        let text = "DELETE FROM slots WHERE vm = ?1";
        sqlx::query(text).bind(vm.to_string()).execute(&mut *conn).await?;
    }
    for (host, slot) in &freed.slots {
        let text = "DELETE FROM slots WHERE host = ?1 AND slot = ?2 AND vm IS NULL";
        let query = sqlx::query(text).bind(host.as_str()).bind(number(*slot));
        query.execute(&mut *conn).await?;
    }
    for host in &freed.hosts {
        let text = "DELETE FROM slots WHERE host = ?1";
        sqlx::query(text).bind(host.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Whether every row could be written.
async fn upsert(conn: &mut SqliteConnection, rows: &[&SlotRow]) -> Result<bool, sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO slots (host, slot, vm, state) ");
    query.push_values(rows, |mut values, row| {
        values
            .push_bind(row.host.to_string())
            .push_bind(number(row.slot))
            .push_bind(row.vm.map(|vm| vm.to_string()))
            .push_bind(row.is);
    });
    query.push(
        " ON CONFLICT (host, slot) DO UPDATE SET state = excluded.state
          WHERE slots.vm IS excluded.vm",
    );
    let written = query.build().execute(conn).await?.rows_affected();
    Ok(written == rows.len() as u64)
}

/// Whether something is there twice that may be there once.
pub(super) fn is_constraint(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// The first of the rows that cannot be written, and why.
async fn offender(conn: &mut SqliteConnection, path: &Path, rows: &[&SlotRow]) -> StoreError {
    let mut named = BTreeSet::new();
    for row in rows {
        let why = match holder(conn, row).await {
            Ok(Some(holder)) => Some(format!("{holder} has it")),
            Ok(None) => elsewhere(conn, row).await.ok().flatten(),
            Err(source) => return StoreError::sql(path, source),
        };
        let twice = row.vm.is_some_and(|vm| !named.insert(vm));
        let why = why.or_else(|| twice.then(|| "its VM is to have two slots".to_string()));
        if let Some(why) = why {
            return refuse(path, row, why);
        }
    }
    let why = "the database refuses it".to_string();
    match rows.first() {
        Some(row) => refuse(path, row, why),
        None => StoreError::Unwritable { path: path.to_path_buf(), seq: 0, why },
    }
}

/// Who has the slot, if it is somebody else than the row says.
async fn holder(conn: &mut SqliteConnection, row: &SlotRow) -> Result<Option<String>, sqlx::Error> {
    let text = "SELECT vm, state FROM slots WHERE host = ?1 AND slot = ?2 AND vm IS NOT ?3";
    let query = sqlx::query(text).bind(row.host.as_str()).bind(number(row.slot));
    let found = query.bind(row.vm.map(|vm| vm.to_string())).fetch_optional(conn).await?;
    let Some(found) = found else { return Ok(None) };
    let (vm, state): (Option<String>, String) = (found.try_get(0)?, found.try_get(1)?);
    Ok(Some(vm.map_or(format!("a {state} guest"), |vm| format!("vm {vm}"))))
}

/// Where else the row's VM is.
async fn elsewhere(
    conn: &mut SqliteConnection,
    row: &SlotRow,
) -> Result<Option<String>, sqlx::Error> {
    let text = "SELECT host, slot FROM slots WHERE vm = ?1 AND (host, slot) <> (?2, ?3)";
    let query = sqlx::query(text).bind(row.vm.map(|vm| vm.to_string()));
    let query = query.bind(row.host.as_str()).bind(number(row.slot));
    let Some(found) = query.fetch_optional(conn).await? else { return Ok(None) };
    let (host, slot): (String, i64) = (found.try_get(0)?, found.try_get(1)?);
    Ok(Some(format!("its VM has slot {slot} of {host}")))
}

fn number(slot: SlotIx) -> i64 {
    i64::from(u8::from(slot))
}

fn refuse(path: &Path, row: &SlotRow, why: String) -> StoreError {
    let (path, host) = (path.to_path_buf(), row.host.to_string());
    StoreError::Slot { path, host, slot: row.slot.into(), why }
}

/// Makes the table say what the World says, which is the truth. Whether it had to.
pub(super) async fn rebuild(
    conn: &mut SqliteConnection,
    path: &Path,
    world: &World,
) -> Result<bool, StoreError> {
    let sql = |source| StoreError::sql(path, source);
    let right = slot_rows(world);
    let told = |row: &SlotRow| {
        let vm = row.vm.map(|vm| vm.to_string());
        (row.host.to_string(), number(row.slot), vm, row.is.to_string())
    };
    let expected: BTreeSet<_> = right.iter().map(told).collect();
    let text = "SELECT host, slot, vm, state FROM slots";
    let found: BTreeSet<(String, i64, Option<String>, String)> =
        sqlx::query_as(text).fetch_all(&mut *conn).await.map_err(sql)?.into_iter().collect();
    if found == expected {
        return Ok(false);
    }
    sqlx::query("DELETE FROM slots").execute(&mut *conn).await.map_err(sql)?;
    write(conn, path, &Freed::default(), &right).await?;
    Ok(true)
}
