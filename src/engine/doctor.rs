//! Examines hosts beside the looks, as many at once as are looked at at once. It writes nothing:
//! what it finds is for who asked, and the next look tells the World.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use super::Clock;
use crate::driver::{self, Blind};
use crate::model::{Checkup, HostName, Reach, Span, World};
use crate::plan::{Patient, diagnose, leaking_builds};
use crate::transport::Carry;

/// An examination may take this long; on a fast clock, still as long as a busy machine needs.
const LIMIT: Span = Span::from_secs(12);
const FLOOR: Duration = Duration::from_secs(4);

/// What examines hosts. Copies share their places.
#[derive(Clone)]
pub(super) struct Doctor {
    carry: Arc<dyn Carry>,
    clock: Clock,
    places: Arc<Semaphore>,
}

impl Doctor {
    pub(super) fn new(carry: Arc<dyn Carry>, clock: Clock, at_once: usize) -> Self {
        let places = Arc::new(Semaphore::new(at_once.max(1)));
        Self { carry, clock, places }
    }

    /// Examines these hosts, and answers with what was found, in their order.
    pub(super) fn examine(
        &self,
        world: Arc<World>,
        hosts: Vec<HostName>,
        answer: oneshot::Sender<Vec<Checkup>>,
    ) {
        let leaking = leaking_builds(&world).into_iter().map(|known| known.build);
        let leaking: Arc<BTreeSet<String>> = Arc::new(leaking.collect());
        let each = hosts.into_iter().map(|host| {
            let (doctor, world, name) = (self.clone(), world.clone(), host.clone());
            let leaking = leaking.clone();
            (host, tokio::spawn(async move { doctor.one(&world, name, &leaking).await }))
        });
        let each: Vec<_> = each.collect();
        tokio::spawn(async move {
            let mut found = Vec::with_capacity(each.len());
            for (host, one) in each {
                let missed = |_| Checkup::missed(host, "its examination was broken off");
                found.push(one.await.unwrap_or_else(missed));
            }
            let _ = answer.send(found);
        });
    }

    /// `leaking`: builds of macOS on which slots were lost.
    async fn one(&self, world: &World, name: HostName, leaking: &BTreeSet<String>) -> Checkup {
        let Some(host) = world.hosts.get(&name) else {
            return Checkup::missed(name, "it is not in the fleet any more");
        };
        if host.reach == Reach::IdentityMismatch {
            // Nothing is sent to it before a person has judged its key.
            return Checkup::missed(name, host.reach_why.clone());
        }
        let Ok(_place) = self.places.acquire().await else {
            return Checkup::missed(name, "the controller is stopping");
        };
        let limit = self.clock.real(LIMIT, FLOOR);
        let asked = self.clock.now();
        let (carry, spec) = (&*self.carry, &host.spec);
        let examined = driver::examine(carry, &name, spec, world.epoch, asked, limit);
        match Clock::within(limit, examined).await {
            Err(late) => Checkup::missed(name, late),
            Ok(Ok(mut exam)) => {
                exam.asked.1 = self.clock.now();
                let checks = diagnose(&Patient { name: &name, host, exam: &exam, leaking });
                Checkup { host: name, checks, missed: None }
            }
            Ok(Err(Blind::Lost(lost))) => Checkup::missed(name, lost.why),
            Ok(Err(Blind::Unreadable { why, .. })) => Checkup::missed(name, why),
        }
    }
}
