//! The World and the entries of this batch, which are not durable yet. Nothing acts on an entry,
//! and nobody is told of it, before the store has it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Actor, Entry, Event, HostName, Illegal, SlotIx, Subject, Timestamp, World};
use crate::store::{SlotRow, Store, StoreError};

/// The World with its unwritten end.
pub(super) struct Ledger {
    /// The World as it is durable and published.
    base: Arc<World>,
    /// The same plus `batch`.
    world: Arc<World>,
    batch: Vec<Arc<Entry>>,
    store: Arc<Store>,
}

impl Ledger {
    pub(super) fn new(world: World, store: Arc<Store>) -> Self {
        let world = Arc::new(world);
        Self { base: world.clone(), world, batch: Vec::new(), store }
    }

    pub(super) fn world(&self) -> &Arc<World> {
        &self.world
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Adds an event, or refuses it and leaves the World as it was.
    pub(super) fn put(
        &mut self,
        actor: &Actor,
        event: Event,
        now: Timestamp,
    ) -> Result<(), Illegal> {
        let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
        let (seq, epoch) = (self.world.seq + 1, self.world.epoch + starts);
        let entry = Entry { seq, at: now, epoch, actor: actor.clone(), event };
        let applied = Arc::make_mut(&mut self.world).apply(&entry);
        match applied {
            Ok(()) => self.batch.push(Arc::new(entry)),
            // It may have changed half of what it meant to: build the World of the batch again.
            Err(_) => {
                let mut world = (*self.base).clone();
                for entry in &self.batch {
                    world.apply(entry)?;
                }
                self.world = Arc::new(world);
            }
        }
        applied
    }

    /// Makes the batch durable, and hands it out to be published.
    pub(super) async fn commit(&mut self) -> Result<Vec<Arc<Entry>>, StoreError> {
        if self.batch.is_empty() {
            return Ok(Vec::new());
        }
        self.store.append(&self.batch, &self.changed_slots()).await?;
        self.base = self.world.clone();
        Ok(std::mem::take(&mut self.batch))
    }

    /// The slots of hosts that the batch touched, where they differ from before.
    fn changed_slots(&self) -> Vec<SlotRow> {
        let mut rows = Vec::new();
        for name in self.touched() {
            let slots = |world: &World| world.hosts.get(&name).map(|host| host.slots.clone());
            let (old, new) = (slots(&self.base).unwrap_or_default(), slots(&self.world));
            for (ix, slot) in SlotIx::ALL.into_iter().zip(new.unwrap_or_default()) {
                if old[ix.index()] != slot {
                    let (vm, is) = (slot.vm(), slot.word());
                    rows.push(SlotRow { host: name.clone(), slot: ix, vm, is });
                }
            }
        }
        rows
    }

    /// The hosts whose slots an entry of the batch can have changed.
    fn touched(&self) -> BTreeSet<HostName> {
        let mut hosts = BTreeSet::new();
        for entry in &self.batch {
            match entry.event.subject() {
                Subject::Host(host) => hosts.extend([host.clone()]),
                Subject::Vm(vm) => {
                    let place = self.base.vms.get(&vm).or_else(|| self.world.vms.get(&vm));
                    hosts.extend(place.map(|vm| vm.host.clone()));
                }
                Subject::Fleet(change) => hosts.extend(change.hosts.keys().cloned()),
                Subject::All => hosts.extend(self.world.hosts.keys().cloned()),
                Subject::Schedule(_) | Subject::Job(_) | Subject::Pool(_) => {}
            }
        }
        hosts
    }
}
