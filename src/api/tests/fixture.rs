//! A small fleet behind a real socket, with a stand-in for the engine that records what it is
//! asked and answers as it is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::api::{
    Api, Client, Connect, History, LogQuery, Moment, Past, Reload, ReloadError, Socket, Status,
    serve,
};
use crate::engine::{Ask, Clock, Command, Denied, Done, Handle, Stream};
use crate::model::*;

pub(super) type Asked = Arc<Mutex<Vec<(Actor, Command)>>>;

/// A served fleet.
pub(super) struct Served {
    pub(super) dir: tempfile::TempDir,
    pub(super) asked: Asked,
    pub(super) stream: Arc<Stream>,
    pub(super) status: watch::Sender<Status>,
    pub(super) world: Arc<watch::Sender<Arc<World>>>,
    pub(super) journal: Vec<Entry>,
    pub(super) shutdown: CancellationToken,
    pub(super) server: tokio::task::JoinHandle<()>,
}

pub(super) fn at(s: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000) + Span::from_secs(s)
}

pub(super) fn vm(n: u64) -> VmId {
    VmId::from_bits(n)
}

pub(super) fn job(n: u64) -> JobId {
    JobId::from_bits(n)
}

pub(super) fn name<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

/// Two hosts, a pool of two VMs of which one is ready, one gone, a schedule, a job.
pub(super) fn journal() -> (World, Vec<Entry>) {
    let mut events = vec![
        Event::ControllerStarted { version: "0".into() },
        Event::FleetChanged { change: World::default().difference(&fleet()) },
    ];
    for host in ["mini-01", "mini-02"] {
        events.push(Event::ReachChanged { host: name(host), to: Reach::Up, why: String::new() });
        let sighting = Box::new(Sighting {
            at: at(0),
            facts: Facts {
                macos: "26.3".into(),
                tool: "2.35.0".into(),
                memory: Bytes::gib(16),
                ..Facts::default()
            },
            vms: Some(BTreeMap::new()),
            guests: Some(0),
            ..Sighting::default()
        });
        events.push(Event::HostSeen { host: name(host), sighting });
    }
    events.extend(life(vm(1), "mini-01", SlotIx::Zero));
    events.extend(life(vm(2), "mini-02", SlotIx::Zero));
    let task = Task {
        host: name("mini-01"),
        pool: name("ci"),
        state: TaskState::Waiting,
        replacement: None,
    };
    events.push(Event::JobOpened {
        job: Box::new(Job {
            id: job(7),
            kind: JobKind::Respawn { pool: name("ci") },
            cause: Cause::Asked,
            by: Actor::controller(),
            opened: at(0),
            begin_by: at(3_600),
            max_unavailable: Share::Count(1),
            tasks: BTreeMap::from([(vm(1), task)]),
            state: JobState::Running,
            hosts: BTreeMap::new(),
            play: None,
            paused: None,
            forgiven: 0,
        }),
    });
    // The second VM goes again.
    let op = OpId::from_bits(20);
    events.extend([
        Event::VmRetired { vm: vm(2), why: RetireWhy::Surplus, job: None },
        Event::OpBegun { vm: vm(2), op, kind: OpKind::Stop },
        Event::OpEnded { vm: vm(2), op, outcome: Outcome::Done },
        Event::OpBegun { vm: vm(2), op, kind: OpKind::Delete },
        Event::OpEnded { vm: vm(2), op, outcome: Outcome::Done },
        Event::VmGone { vm: vm(2) },
    ]);
    let mut world = World::default();
    let mut entries = Vec::new();
    for (n, event) in events.into_iter().enumerate() {
        let seq = n as u64 + 1;
        let entry = Entry { seq, at: at(seq), epoch: 1, actor: Actor::controller(), event };
        world.apply(&entry).unwrap();
        entries.push(entry);
    }
    (world, entries)
}

fn life(id: VmId, host: &str, slot: SlotIx) -> Vec<Event> {
    let op = OpId::from_bits(9);
    vec![
        Event::SlotReserved {
            vm: id,
            host: name(host),
            slot,
            pool: name("ci"),
            image: name("xcode"),
            replaces: None,
        },
        Event::OpBegun { vm: id, op, kind: OpKind::Clone },
        Event::OpEnded { vm: id, op, outcome: Outcome::Done },
        Event::OpBegun { vm: id, op, kind: OpKind::Start },
        Event::OpEnded { vm: id, op, outcome: Outcome::Done },
        Event::VmReady { vm: id, ip: "192.168.64.2".into() },
    ]
}

fn fleet() -> Fleet {
    let host = || HostSpec::new(Access::Local);
    Fleet {
        hosts: [(name("mini-01"), host()), (name("mini-02"), host())].into(),
        images: BTreeMap::new(),
        pools: BTreeMap::from([(
            name("ci"),
            PoolSpec::new(name("xcode"), PoolSize::Count(4), Selector::default()),
        )]),
        schedules: BTreeMap::from([(
            name("nightly"),
            ScheduleSpec {
                window: Span::from_hours(4),
                max_unavailable: Share::Percent(10),
                ..ScheduleSpec::new(
                    Targets::Pool(name("ci")),
                    name("respawn"),
                    "30 2 * * *",
                    "Europe/Zurich",
                )
            },
        )]),
        playbooks: [(name("tidy"), tidy())].into(),
    }
}

fn tidy() -> Playbook {
    Playbook {
        name: name("tidy"),
        summary: "Cleans a host.".into(),
        each: Each::Host,
        steps: vec![Step::plain(Act::Sh { run: "brew cleanup".into() })],
        always: vec![],
        on_failure: OnFailure::Hold,
    }
}

struct Memory(Vec<Entry>);

impl History for Memory {
    fn entries(&self, query: LogQuery, limit: u32) -> BoxFuture<'_, Result<Vec<Entry>, String>> {
        Box::pin(async move {
            if query.host.as_ref().is_some_and(|host| host.as_str() == "broken") {
                return Err("entry 3 of the journal is damaged".into());
            }
            let after = |entry: &&Entry| query.after.is_none_or(|after| entry.seq > after);
            let since = |entry: &&Entry| query.since.is_none_or(|since| entry.at >= since);
            let chosen: Vec<_> = self.0.iter().filter(after).filter(since).cloned().collect();
            let excess = chosen.len().saturating_sub(limit as usize);
            Ok(chosen[excess..].to_vec())
        })
    }

    /// All of it, from the very beginning.
    fn past(&self, moment: Moment) -> BoxFuture<'_, Result<Option<Past>, String>> {
        Box::pin(async move {
            let Some((first, last)) = self.0.first().zip(self.0.last()) else { return Ok(None) };
            let by = |entry: &&Entry| moment.at.is_none_or(|at| entry.at <= at);
            let seq = moment.seq.or(self.0.iter().rfind(by).map(|entry| entry.seq));
            let (world, entries) = (World::default(), self.0.clone());
            let seq = seq.unwrap_or(1);
            Ok(Some(Past { world, entries, seq, from: first.at, to: last.at }))
        })
    }
}

struct Again;

impl Reload for Again {
    fn reload(&self, actor: Actor) -> BoxFuture<'_, Result<Done, ReloadError>> {
        Box::pin(async move {
            match actor.who.as_str() {
                "alice" => Ok(Done { said: vec!["nothing differs".into()], ..Done::default() }),
                _ => Err(ReloadError::Invalid("inventory/a.yaml:3:5: slots: is 3".into())),
            }
        })
    }
}

/// The stand-in: knows the hosts of the World, records, answers.
async fn answer(ask: Ask, asked: &Asked, world: &World) {
    match ask {
        Ask::Plan { answer } => {
            let want = Want::Pool { pool: name("ci"), missing: 2 };
            let why = "0 of 2 hosts: 2 full".to_string();
            let held = vec![Held { want, why, refused: BTreeMap::from([(Reason::Full, 2)]) }];
            let place = Action::Place {
                pool: name("ci"),
                image: name("xcode"),
                host: name("mini-02"),
                slot: SlotIx::One,
                replaces: None,
            };
            let _ = answer.send(Plan { actions: vec![place], held });
        }
        Ask::Log { answer, .. } => drop(answer.send(Ok("guest has stopped".into()))),
        Ask::Examine { hosts, answer } => {
            let ok = |host| Checkup { host, checks: vec![], missed: None };
            let _ = answer.send(hosts.into_iter().map(ok).collect());
        }
        Ask::Do { actor, command, answer } => {
            let said = match &command {
                Command::Cordon { hosts, .. }
                | Command::Hold { hosts, .. }
                | Command::Undrain { hosts }
                | Command::Uncordon { hosts, .. } => {
                    match hosts.iter().find(|host| !world.hosts.contains_key(*host)) {
                        Some(host) => Err(Denied::NotFound(format!("no host {host}"))),
                        None => Ok(Done { seq: 99, said: vec!["done".into()], job: None }),
                    }
                }
                Command::Respawn { .. } => {
                    Err(Denied::Conflict("a respawn of pool ci is running".into()))
                }
                Command::RunNow { .. }
                | Command::Drain { .. }
                | Command::Play { .. }
                | Command::CancelJob { .. }
                | Command::SkipHost { .. }
                | Command::ResumeJob { .. }
                | Command::RetryJob { .. } => {
                    Ok(Done { seq: 100, said: vec![], job: Some(job(8)) })
                }
                Command::Load { .. } => Err(Denied::Stopping),
                Command::Trust { .. }
                | Command::Forget { .. }
                | Command::Suspend { .. }
                | Command::ResumeSchedule { .. }
                | Command::SkipNext { .. }
                | Command::ResumeVm { .. }
                | Command::DischargeVm { .. }
                | Command::DischargeJob { .. }
                | Command::ReleasePool { .. } => Ok(Done::default()),
            };
            asked.lock().unwrap().push((actor, command));
            let _ = answer.send(said);
        }
    }
}

pub(super) fn serving() -> Served {
    let (world, journal) = journal();
    let (handle, mut ends) = Handle::new(world.clone(), Clock::fast(at(1_000), 2.0));
    ends.samples.send_replace(Arc::new(BTreeMap::from([(
        name("mini-01"),
        Sample { at: at(999), load: 1.5, memory_used: Bytes::gib(4), ..Sample::default() },
    )])));
    let asked = Asked::default();
    let dir = tempfile::tempdir().unwrap();
    let shutdown = CancellationToken::new();
    let api = Api {
        handle,
        history: Arc::new(Memory(journal.clone())),
        reload: Some(Arc::new(Again)),
        user: Some("operator".into()),
        uid: None,
        shutdown: shutdown.clone(),
    };
    let socket = Socket::bind(&dir.path().join("s.sock")).unwrap();
    let server = tokio::spawn(async move { serve(socket, api).await.unwrap() });
    let (stream, status) = (ends.stream.clone(), ends.status);
    let recorded = asked.clone();
    let worlds = Arc::new(ends.world);
    let kept = worlds.clone();
    tokio::spawn(async move {
        while let Some(ask) = ends.asks.recv().await {
            answer(ask, &recorded, &world).await;
        }
        drop(kept);
    });
    Served { dir, asked, stream, status, world: worlds, journal, shutdown, server }
}

impl Served {
    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("s.sock")
    }
    pub(super) fn client(&self) -> Client {
        let actor = Actor { who: "alice".into(), via: Via::Cli };
        Client::new(Connect::Unix(self.path()), &actor)
    }
    pub(super) fn last_asked(&self) -> (Actor, Command) {
        self.asked.lock().unwrap().last().cloned().expect("nothing was asked")
    }
}
