//! `events`: the journal's newest entries, and what follows.

use std::collections::BTreeMap;

use anyhow::Result;
use futures::StreamExt;
use hostler::api::{LOG_MOST, LogQuery, StreamItem};
use hostler::model::{Entry, Event, HostName, Subject, VmId};

use super::call::Call;
use super::failure::{Failure, UNREACHABLE};
use super::out;
use super::table::clean;
use super::verbs::Events;
use crate::run;

/// The width up to which the actors' names stand under each other.
const WHO: usize = 12;

impl Call {
    pub(crate) async fn events(&self, events: &Events) -> Result<()> {
        let Events { follow, since, host, limit } = events;
        let since = match since {
            Some(when) => Some(when.before(self.client.status().await?.at)),
            None => None,
        };
        let limit = limit.or(since.map(|_| LOG_MOST));
        let query = LogQuery { since, host: host.clone(), limit, after: None };
        let entries = self.client.log(&query).await?.entries;
        entries.iter().try_for_each(|entry| self.put_entry(entry))?;
        if limit == Some(LOG_MOST) && entries.len() == LOG_MOST as usize {
            out::note(&format!("only the newest {LOG_MOST}: narrow it with --since or --host"));
        }
        if *follow { self.follow(host.as_ref()).await } else { Ok(()) }
    }

    fn put_entry(&self, entry: &Entry) -> Result<()> {
        if self.json {
            return self.put_json(entry);
        }
        let (at, seq, who) = (self.zone.moment(entry.at), entry.seq, clean(&entry.actor.who));
        let (name, details) = (entry.event.name(), clean(&run::details(&entry.event, self.zone)));
        out::line(&format!("{at} {seq:>7} {who:<WHO$} {name:<18} {details}"))
    }

    /// Every entry from now on, each once. After a gap, what was missed is read from the log.
    async fn follow(&self, host: Option<&HostName>) -> Result<()> {
        let snapshot = self.client.world().await?;
        let mut last = snapshot.seq;
        let known = snapshot.world.vms.values().map(|vm| (vm.id, vm.host.clone()));
        let mut places: BTreeMap<VmId, HostName> = known.collect();
        loop {
            let mut stream = self.client.events(last);
            while let Some(item) = stream.next().await {
                match item? {
                    StreamItem::Heartbeat(_) => {}
                    StreamItem::Entry(entry) => {
                        last = entry.seq;
                        self.put_if(&entry, host, &mut places)?;
                    }
                    StreamItem::Resync => {
                        let after = Some(last);
                        let query =
                            LogQuery { after, limit: Some(LOG_MOST), ..LogQuery::default() };
                        let missed = self.client.log(&query).await?.entries;
                        if missed.first().is_some_and(|entry| entry.seq > last + 1) {
                            out::note("some entries were missed: `hostler events` has them");
                        }
                        for entry in &missed {
                            last = entry.seq;
                            self.put_if(entry, host, &mut places)?;
                        }
                        break;
                    }
                }
            }
            // It ends with a resync, after which it is followed again, or with the controller.
            if !self.client.status().await.is_ok_and(|report| report.seq >= last) {
                return Err(Failure::with(UNREACHABLE, "the controller has ended").into());
            }
        }
    }

    fn put_if(
        &self,
        entry: &Entry,
        host: Option<&HostName>,
        places: &mut BTreeMap<VmId, HostName>,
    ) -> Result<()> {
        if let Event::SlotReserved { vm, host, .. } | Event::VmAdopted { vm, host, .. } =
            &entry.event
        {
            places.insert(*vm, host.clone());
        }
        let about = host.is_none_or(|host| is_about(&entry.event, host, places));
        if let Event::VmGone { vm } | Event::VmDischarged { vm, .. } = &entry.event {
            places.remove(vm);
        }
        if about { self.put_entry(entry) } else { Ok(()) }
    }
}

/// As the log chooses: about the host, or about a VM that is on it.
fn is_about(event: &Event, wanted: &HostName, places: &BTreeMap<VmId, HostName>) -> bool {
    match event.subject() {
        Subject::Host(host) => host == wanted,
        Subject::Vm(vm) => places.get(&vm) == Some(wanted),
        Subject::Fleet(_)
        | Subject::All
        | Subject::Schedule(_)
        | Subject::Job(_)
        | Subject::Pool(_) => false,
    }
}
