//! `list`: a table of what is there, and with `--watch` a line per change.

use std::collections::BTreeMap;

use anyhow::Result;
use hostler::api::Listing;
use hostler::model::Timestamp;
use serde_json::json;

use super::call::{Call, input};
use super::choose::choose;
use super::follower::{Follower, Step};
use super::listed::{Listed, Watched};
use super::out;
use super::table::{Cell, Layout};
use super::verbs::Watchable;

/// Shows a list, or what of it is meant.
pub(crate) fn list<T: Listed>(call: &Call, which: &[String], all: Listing<T>) -> Result<()> {
    let Listing { seq, at, items } = all;
    let items = choose(which, items, input)?;
    if call.json {
        return call.put_json(&Listing { seq, at, items });
    }
    let rows: Vec<_> = items.iter().map(|item| item.cells(at)).collect();
    call.put_table(T::COLUMNS, &rows).map(drop)
}

/// Shows a list from an answer, or follows it.
pub(crate) async fn list_or_watch<T: Watched>(
    call: &Call,
    watchable: &Watchable,
    ask: impl Future<Output = Result<Listing<T>, hostler::api::ClientError>>,
) -> Result<()> {
    let which = &watchable.which.which;
    if !watchable.watch {
        return list(call, which, ask.await?);
    }
    // Standard input is read once; what it names is meant for as long as we watch.
    let mut words = which.clone();
    if words.iter().any(|word| word == "-") {
        words.retain(|word| word != "-");
        words.extend(input()?.split_whitespace().map(String::from));
    }
    watch::<T>(call, &words).await
}

/// What is shown now, by key.
type Shown<T> = BTreeMap<String, (T, Vec<Cell>)>;

async fn watch<T: Watched>(call: &Call, which: &[String]) -> Result<()> {
    let mut follower = Follower::begin(&call.client).await?;
    // Refused at once when a word means nothing now; later, what is meant may come and go.
    let first = choose(which, T::all(&follower.world, follower.now), || Ok(String::new()))?;
    let mut shown = keyed(first, follower.now);
    let rows: Vec<_> = shown.values().map(|(_, cells)| cells.clone()).collect();
    let mut layout = if call.json {
        shown.values().try_for_each(|(item, _)| call.put_json(item))?;
        Layout::of(T::COLUMNS, &rows)
    } else {
        call.put_table(T::COLUMNS, &rows)?
    };
    loop {
        match follower.next().await? {
            Step::Beat => continue,
            Step::News => {}
        }
        let items = choose(which, T::all(&follower.world, follower.now), || Ok(String::new()));
        let fresh = keyed(items.unwrap_or_default(), follower.now);
        for change in changes(&shown, &fresh) {
            match (change, call.json) {
                (Change::Now(item, _), true) => call.put_json(item)?,
                (Change::Now(_, cells), false) => {
                    layout.grow(cells);
                    out::line(&layout.line(cells, call.style))?;
                }
                (Change::Gone(key), true) => call.put_json(&json!({ "gone": key }))?,
                (Change::Gone(key), false) => {
                    let cells = [Cell::new(key), Cell::new("gone")];
                    out::line(&layout.line(&cells, call.style))?;
                }
            }
        }
        shown = fresh;
    }
}

fn keyed<T: Listed>(items: Vec<T>, now: Timestamp) -> Shown<T> {
    let pair = |item: T| {
        let cells = item.cells(now);
        (item.key(), (item, cells))
    };
    items.into_iter().map(pair).collect()
}

/// One change of what is shown.
#[derive(PartialEq, Debug)]
enum Change<'a, T> {
    Now(&'a T, &'a [Cell]),
    Gone(&'a str),
}

/// What differs; that time went on is no news.
fn changes<'a, T: Listed>(old: &'a Shown<T>, new: &'a Shown<T>) -> Vec<Change<'a, T>> {
    let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| Change::Gone(key));
    let news = |cells: &[Cell]| -> Vec<Cell> {
        let shown = cells.iter().zip(T::COLUMNS).filter(|(_, column)| !column.drifts);
        shown.map(|(cell, _)| cell.clone()).collect()
    };
    let differs = |key: &String, cells: &[Cell]| {
        old.get(key).is_none_or(|(_, before)| news(before) != news(cells))
    };
    let now = new.iter().filter(|(key, (_, cells))| differs(key, cells));
    gone.chain(now.map(|(_, (item, cells))| Change::Now(item, cells))).collect()
}

#[cfg(test)]
mod tests {
    use hostler::model::Labels;
    use serde::Serialize;

    use super::*;
    use crate::cli::table::Column;

    #[derive(Clone, PartialEq, Debug, Serialize)]
    struct Thing(&'static str, &'static str, u32);

    impl Listed for Thing {
        const NOUN: &'static str = "thing";
        const COLUMNS: &'static [Column] =
            &[Column::text("NAME"), Column::text("STATE"), Column::drifting("AGE")];
        fn key(&self) -> String {
            self.0.into()
        }
        fn labels(&self) -> Labels {
            Labels::new()
        }
        fn cells(&self, _: Timestamp) -> Vec<Cell> {
            vec![Cell::new(self.0), Cell::word(self.1), Cell::new(self.2)]
        }
    }

    #[test]
    fn a_change_is_a_new_one_another_one_or_one_gone_and_never_an_age() {
        let now = Timestamp::default();
        let old = keyed(vec![Thing("a", "up", 1), Thing("b", "up", 1), Thing("c", "up", 1)], now);
        let new = keyed(vec![Thing("a", "up", 9), Thing("b", "lost", 9), Thing("d", "up", 0)], now);
        let found: Vec<_> = changes(&old, &new)
            .into_iter()
            .map(|change| match change {
                Change::Gone(key) => format!("-{key}"),
                Change::Now(item, cells) => format!("{} {}", item.0, cells[1].text()),
            })
            .collect();
        assert_eq!(found, ["-c", "b lost", "d up"]);
        assert_eq!(changes(&new, &new), []);
    }
}
