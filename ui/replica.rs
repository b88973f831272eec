//! The desktop's copy of the fleet: snapshot and entries into the same World that the controller
//! folds, and nothing else. It refuses an entry that does not follow, and keeps what was heard.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hostler::api::{Live, Snapshot};
use hostler::model::{
    Cause, Entry, Event, HostName, Illegal, JobId, JobKind, PlaybookName, PoolName, Sample,
    ScheduleName, Subject, Timestamp, VmId, World,
};

use super::books;
use super::course::{Course, Figures};
use super::crews::Crews;
use super::drains::{DrainId, Drains};
use super::notes::{self, Level, Note};
use super::whys::Whys;

/// How many notes are kept.
const NOTES: usize = 5_000;
/// The number of the first note, so that there is room before it.
pub const FIRST_NOTE: u64 = 1 << 32;

/// What has changed since the windows last looked.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changed {
    /// Everything may be different.
    pub all: bool,
    pub hosts: BTreeSet<HostName>,
    pub vms: BTreeSet<VmId>,
    pub jobs: BTreeSet<JobId>,
    pub drains: BTreeSet<DrainId>,
    pub schedules: BTreeSet<ScheduleName>,
    /// Pools whose VMs have changed, or what they wait for.
    pub pools: BTreeSet<PoolName>,
    /// Playbooks of which a run has changed.
    pub playbooks: BTreeSet<PlaybookName>,
    pub notes: BTreeSet<u64>,
    /// What is to come may come otherwise: a schedule, a hold or what somebody asked for is new.
    pub foreseen: bool,
    /// New figures came.
    pub samples: bool,
}

impl Changed {
    fn join(&mut self, mut more: Self) {
        self.all |= more.all;
        self.samples |= more.samples;
        self.foreseen |= more.foreseen;
        self.hosts.append(&mut more.hosts);
        self.vms.append(&mut more.vms);
        self.jobs.append(&mut more.jobs);
        self.drains.append(&mut more.drains);
        self.schedules.append(&mut more.schedules);
        self.pools.append(&mut more.pools);
        self.playbooks.append(&mut more.playbooks);
        self.notes.append(&mut more.notes);
    }
}

/// The fleet as far as this desktop has heard.
#[derive(Clone, Debug)]
pub struct Replica {
    /// None until the first snapshot.
    world: Option<World>,
    samples: BTreeMap<HostName, Sample>,
    notes: VecDeque<Note>,
    next_note: u64,
    /// Notes of failures so far.
    alarms: usize,
    changed: Changed,
    counts: BTreeMap<&'static str, usize>,
    drains: Drains,
    crews: Crews,
    /// Why things wait, as far as it was told.
    pub whys: Whys,
    course: Course,
}

impl Default for Replica {
    fn default() -> Self {
        Self {
            world: None,
            samples: BTreeMap::new(),
            notes: VecDeque::new(),
            next_note: FIRST_NOTE,
            alarms: 0,
            changed: Changed::default(),
            counts: BTreeMap::new(),
            drains: Drains::default(),
            crews: Crews::default(),
            whys: Whys::default(),
            course: Course::default(),
        }
    }
}

impl Replica {
    /// The World, once there is one.
    pub fn world(&self) -> Option<&World> {
        self.world.as_ref()
    }
    /// The revision it has reached.
    pub fn seq(&self) -> u64 {
        self.world.as_ref().map_or(0, |world| world.seq)
    }
    pub fn sample(&self, host: &HostName) -> Option<&Sample> {
        self.samples.get(host)
    }
    pub fn notes(&self) -> impl DoubleEndedIterator<Item = &Note> {
        self.notes.iter()
    }
    pub fn note(&self, n: u64) -> Option<&Note> {
        let first = self.notes.front()?.n;
        self.notes.get(usize::try_from(n.checked_sub(first)?).ok()?)
    }
    /// How many notes of failures there have been.
    pub fn alarms(&self) -> usize {
        self.alarms
    }
    /// How many hosts are in each state, by its word.
    pub fn counts(&self) -> &BTreeMap<&'static str, usize> {
        &self.counts
    }

    /// The drains in progress, and those that have ended since somebody looked.
    pub fn drains(&self) -> &Drains {
        &self.drains
    }
    /// The VMs of each pool.
    pub fn crews(&self) -> &Crews {
        &self.crews
    }
    /// Takes why things wait now.
    pub fn take_whys(&mut self, whys: Whys) {
        self.changed.pools.extend(self.whys.unlike(&whys));
        self.whys = whys;
    }
    /// How its figures went.
    pub fn course(&self) -> &Course {
        &self.course
    }
    /// Its figures now.
    pub fn figures(&self) -> Figures {
        self.world.as_ref().map_or(Figures::default(), |world| Figures::of(world, self.alarms))
    }
    /// Nothing has changed up to this time.
    fn held(&mut self, at: Timestamp) {
        if self.course.is_due(at) {
            let figures = self.figures();
            self.course.held(at, figures);
        }
    }
    /// Nobody looks at drains: those that have ended are not remembered.
    pub fn forget_drains(&mut self) {
        self.drains.forget();
    }

    /// Takes a whole new World; what was known stays in sight until this moment.
    pub fn replace(&mut self, snapshot: &Snapshot) {
        self.begin_with(snapshot.world.clone());
    }
    /// The same with a World of its own.
    pub fn begin_with(&mut self, world: World) {
        self.samples.retain(|host, _| world.hosts.contains_key(host));
        self.course.keep_hosts(&world);
        // The same World once more: nothing was missed.
        if self.world.is_none() || self.seq() != world.seq {
            self.course.known_from(world.at);
        }
        self.drains.look(&world);
        self.crews = Crews::of(&world);
        self.world = Some(world);
        self.changed.all = true;
    }

    /// Takes the notes of what happened before this desktop was opened. They alarm nobody.
    pub fn remember(&mut self, earlier: Self) {
        let mut n = self.notes.front().map_or(self.next_note, |note| note.n);
        for note in earlier.notes.into_iter().rev().take(NOTES.saturating_sub(self.notes.len())) {
            n -= 1;
            self.changed.notes.insert(n);
            self.notes.push_front(Note { n, ..note });
        }
    }

    /// Applies the next entry, or says why it does not follow: then only a snapshot helps.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Illegal> {
        self.held(entry.at);
        let Some(world) = &mut self.world else {
            return Err(Illegal::Seq { last: 0, got: entry.seq });
        };
        let note = notes::of_entry(world, entry);
        let foreseen = alters(world, &entry.event);
        let mut changed = Changed { foreseen, ..Changed::default() };
        touched(world, &entry.event, &mut changed);
        count(&mut self.counts, world, &changed.hosts, false);
        changed.pools = self.crews.count(world, &changed.vms, false);
        world.apply(entry)?;
        touched(world, &entry.event, &mut changed);
        count(&mut self.counts, world, &changed.hosts, true);
        changed.pools.append(&mut self.crews.count(world, &changed.vms, true));
        changed.playbooks = books::of_jobs(world, &changed.jobs);
        match changed.all {
            true => {
                self.drains.look(world);
                self.crews.look(world);
            }
            false => changed.drains = self.drains.look_at(world, &drained(world, entry, &changed)),
        }
        self.changed.join(changed);
        self.push(note);
        Ok(())
    }

    /// Takes new figures; hosts not named keep theirs.
    pub fn take_samples(&mut self, live: &Live) {
        if let Some(last) = live.samples.values().map(|sample| sample.at).max() {
            self.held(last);
        }
        self.course.take(live);
        self.samples.extend(live.samples.iter().map(|(host, sample)| (host.clone(), *sample)));
        self.changed.samples = true;
    }

    /// Something this desktop itself has to say for the record.
    pub fn say(&mut self, at: Timestamp, level: Level, what: String) {
        let (about, who) = ("desktop".into(), String::new());
        self.push(Note { n: 0, at, level, about, vm: None, who, what });
    }

    fn push(&mut self, mut note: Note) {
        note.n = self.next_note;
        self.next_note += 1;
        self.alarms += usize::from(note.level == Level::Bad);
        self.changed.notes.insert(note.n);
        self.notes.push_back(note);
        while self.notes.len() > NOTES {
            self.changed.notes.extend(self.notes.pop_front().map(|old| old.n));
        }
    }

    /// Everything may be different from what is shown.
    pub fn all_changed(&mut self) {
        self.changed.all = true;
    }

    /// Hands over what has changed; counts the hosts anew if everything has.
    pub fn take_changed(&mut self) -> Changed {
        let changed = std::mem::take(&mut self.changed);
        if changed.all {
            self.counts.clear();
            for host in self.world.iter().flat_map(|world| world.hosts.values()) {
                *self.counts.entry(host.word()).or_default() += 1;
            }
        }
        changed
    }
}

/// Counts these hosts in under their states, or out.
fn count(
    counts: &mut BTreeMap<&'static str, usize>,
    world: &World,
    hosts: &BTreeSet<HostName>,
    come: bool,
) {
    for host in hosts.iter().filter_map(|name| world.hosts.get(name)) {
        let n = counts.entry(host.word()).or_default();
        *n = if come { *n + 1 } else { n.saturating_sub(1) };
    }
    counts.retain(|_, n| *n > 0);
}

/// The hosts on which an entry may have changed a drain.
fn drained(world: &World, entry: &Entry, changed: &Changed) -> BTreeSet<HostName> {
    let mut hosts = changed.hosts.clone();
    let job = if let Event::JobOpened { job } = &entry.event {
        Some(job.id)
    } else if let Event::JobPaused { job, .. }
    | Event::JobResumed { job }
    | Event::JobEnded { job } = &entry.event
    {
        Some(*job)
    } else {
        None
    };
    let job = job.and_then(|id| world.jobs.get(&id)).filter(|job| job.kind == JobKind::Drain);
    hosts.extend(job.into_iter().flat_map(|job| job.hosts.keys().cloned()));
    hosts
}

impl Changed {
    fn host(&mut self, host: &HostName) {
        self.hosts.insert(host.clone());
    }
    fn schedule(&mut self, schedule: &ScheduleName) {
        self.schedules.insert(schedule.clone());
    }
    fn pool(&mut self, pool: &PoolName) {
        self.pools.insert(pool.clone());
    }
    fn job(&mut self, job: JobId) {
        self.jobs.insert(job);
    }
}

/// Whether runs to come may go otherwise than before this event: what somebody asked for does
/// that. Runs that fire, and hold and free their hosts, were foreseen.
fn alters(world: &World, event: &Event) -> bool {
    if let Event::HoldPlaced { hold } = event {
        return hold.job.is_none();
    }
    if let Event::HoldReleased { host, hold, .. } = event {
        let hold = world.hosts.get(host).and_then(|host| host.holds.get(hold));
        return hold.is_some_and(|hold| hold.job.is_none());
    }
    if let Event::JobOpened { job } = event {
        return matches!(job.cause, Cause::Asked | Cause::RunNow { .. });
    }
    matches!(
        event,
        Event::ScheduleSuspended { .. }
            | Event::ScheduleResumed { .. }
            | Event::RunsSkipped { .. }
            | Event::JobPaused { .. }
            | Event::JobResumed { .. }
    )
}

/// Which things an event touches; asked before and after it is applied. A new job may push the
/// oldest one out of the World.
fn touched(world: &World, event: &Event, changed: &mut Changed) {
    match event.subject() {
        Subject::All | Subject::Fleet(_) => changed.all = true,
        Subject::Host(host) => changed.host(host),
        Subject::Vm(vm) => touched_vm(world, vm, changed),
        Subject::Schedule(schedule) => changed.schedule(schedule),
        Subject::Job(job) => changed.job(job),
        Subject::Pool(pool) => changed.pool(pool),
    }
    touched_beside(world, event, changed);
}

/// What an event touches that it is not about.
fn touched_beside(world: &World, event: &Event, changed: &mut Changed) {
    if let Event::HostForgotten { .. } = event {
        changed.all = true;
    } else if let Event::SlotLeaked { vm, .. } = event {
        changed.vms.insert(*vm);
    } else if let Event::SlotReserved { host, vm, replaces, .. } = event {
        changed.host(host);
        changed.vms.insert(*vm);
        changed.jobs.extend(replaces.as_ref().map(|(job, _)| *job));
    } else if let Event::VmAdopted { host, .. } = event {
        changed.host(host);
    } else if let Event::VmRetired { job, .. } = event {
        changed.jobs.extend(job);
    } else if let Event::JobOpened { .. } = event {
        changed.jobs.extend(world.jobs.keys());
    } else if let Some((job, host)) = event.task() {
        changed.job(job);
        changed.host(host);
    }
}

fn touched_vm(world: &World, vm: VmId, changed: &mut Changed) {
    changed.vms.insert(vm);
    changed.hosts.extend(world.vms.get(&vm).map(|vm| vm.host.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fleet::{self, Maker};

    #[test]
    fn it_folds_what_follows_and_refuses_what_does_not() {
        let mut maker = Maker::new(4, 5);
        let mut replica = Replica::default();
        let early = maker.cordon("mac-0001", "disk", "bob");
        assert!(replica.apply(&early).is_err(), "no snapshot yet");
        replica.replace(&maker.snapshot());
        assert!(replica.take_changed().all);
        let entry = maker.cordon("mac-0002", "disk", "bob");
        replica.apply(&entry).unwrap();
        assert_eq!(replica.seq(), maker.snapshot().seq);
        assert_eq!(replica.world(), Some(&maker.snapshot().world));
        let changed = replica.take_changed();
        assert_eq!(changed.hosts, BTreeSet::from([fleet::host("mac-0002")]));
        assert!(!changed.all);
        assert_eq!(replica.counts().values().sum::<usize>(), 4);
        assert_eq!(replica.counts()["cordoned"], 2);
        for n in 0..60 {
            replica.apply(&maker.something(n)).unwrap();
            let mut anew = Replica::default();
            anew.replace(&maker.snapshot());
            anew.take_changed();
            assert_eq!(replica.counts(), anew.counts(), "counted one by one, after entry {n}");
        }
        maker.cordon("mac-0003", "disk", "bob");
        let gap = maker.cordon("mac-0004", "disk", "bob");
        assert!(matches!(replica.apply(&gap), Err(Illegal::Seq { .. })));
    }

    #[test]
    fn what_happened_before_stands_before_what_happens_and_alarms_nobody() {
        let said = |words: &[&str]| {
            let mut replica = Replica::default();
            for what in words {
                replica.say(Timestamp::default(), Level::Bad, (*what).into());
            }
            replica
        };
        let mut replica = said(&["c"]);
        replica.remember(said(&["a", "b"]));
        let told: Vec<_> = replica.notes().map(|note| (note.n, note.what.as_str())).collect();
        let n = FIRST_NOTE;
        assert_eq!(told, [(n - 2, "a"), (n - 1, "b"), (n, "c")]);
        assert_eq!(replica.alarms(), 1);
        assert_eq!(replica.note(n - 2).unwrap().what, "a");
    }

    #[test]
    fn notes_are_numbered_and_the_oldest_go() {
        let mut replica = Replica::default();
        for n in 0..NOTES + 3 {
            replica.say(Timestamp::default(), Level::Bad, format!("{n}"));
        }
        assert_eq!(replica.notes().count(), NOTES);
        assert_eq!(replica.note(FIRST_NOTE + 2), None);
        assert_eq!(replica.note(FIRST_NOTE + 3).unwrap().what, "3");
        assert_eq!(replica.alarms(), NOTES + 3);
        assert!(replica.take_changed().notes.contains(&(FIRST_NOTE + 2)));
    }
}
