//! How fast many simulated hosts are reached and looked at: real SSH, both ends in one process.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hostler::driver;
use hostler::engine::Clock;
use hostler::model::{Access, CheckName, Host, HostName, HostSpec, SshAccess};
use hostler::plan::{Patient, diagnose};
use hostler::sim::{self, Sim, SimSettings, SimTime};
use hostler::transport::{Transport, TransportSettings};
use tokio::sync::Semaphore;

use crate::{ms, row, thousands, within};

const LIMIT: Duration = Duration::from_secs(60);
/// For a thousand hosts: connections, host keys, keys and a look; and a look over what is open.
const COLD: Duration = Duration::from_millis(1_500);
const WARM: Duration = Duration::from_millis(100);
/// An examination of a fleet may take as long as so many looks at it.
const DOCTOR_ROUNDS: u32 = 2;

pub(crate) async fn run() {
    for (hosts, rounds) in [(1_000, 11), (5_000, 5)] {
        if let Err(why) = fan_out(hosts, rounds).await {
            row(&format!("ssh: {} simulated hosts", thousands(hosts as u64)), &why, "", None);
        }
    }
}

async fn fan_out(hosts: usize, rounds: usize) -> Result<(), String> {
    // Simulated spans pass a thousand times faster, so that what is measured is ours.
    let clock = Clock::fast(Clock::wall().now(), 1_000.0);
    let told = clock.clone();
    let time = SimTime::new(Arc::new(move || told.now()), 1_000.0);
    let settings = SimSettings { hosts, ..SimSettings::default() };
    let sim = sim::start(settings, time).await.map_err(|error| error.to_string())?;
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let key = dir.path().join("key");
    std::fs::write(&key, sim.user_key()).map_err(|error| error.to_string())?;
    let specs = specs(&sim, &key);
    let (mut cold, mut warm, mut doctor) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 1..=3 {
        let transport = Arc::new(Transport::new(TransportSettings::default(), seed));
        cold.push(round(&transport, &specs, &clock, false).await);
        for _ in 0..rounds {
            warm.push(round(&transport, &specs, &clock, false).await);
            doctor.push(round(&transport, &specs, &clock, true).await);
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let (cold, warm, doctor) = (median(cold), median(warm), median(doctor));
    let rounds = doctor.as_secs_f64() / warm.as_secs_f64();
    let goal = |time, most| (hosts == 1_000).then(|| within(time, most)).flatten();
    let hosts = thousands(hosts as u64);
    row(&format!("ssh: cold connect + look, {hosts} hosts"), &ms(cold), "", goal(cold, COLD));
    row(&format!("ssh: warm look, {hosts} hosts"), &ms(warm), "", goal(warm, WARM));
    let goal = goal(doctor, warm * DOCTOR_ROUNDS);
    row(&format!("ssh: warm doctor, {hosts} hosts"), &ms(doctor), "", goal);
    row("ssh: the same in rounds of looks", &format!("{rounds:.2}"), "", None);
    sim.stop().await;
    Ok(())
}

fn specs(sim: &Sim, key: &std::path::Path) -> Arc<Vec<(HostName, HostSpec)>> {
    let spec = |host: &sim::SimHost| {
        let access = SshAccess {
            address: host.address.clone(),
            port: host.port,
            user: "admin".into(),
            identity: Some(key.into()),
            known_hosts: None,
            host_key: Some(host.host_key.clone()),
            jump: None,
        };
        let spec = HostSpec::new(Access::Ssh(access));
        (host.name.clone(), spec)
    };
    Arc::new(sim.hosts().iter().map(spec).collect())
}

/// Looks at every host once, 256 at a time; or examines each, and judges what was found.
async fn round(
    transport: &Arc<Transport>,
    specs: &Arc<Vec<(HostName, HostSpec)>>,
    clock: &Clock,
    examine: bool,
) -> Duration {
    let free = Arc::new(Semaphore::new(256));
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..specs.len() {
        let (transport, specs, free) = (transport.clone(), specs.clone(), free.clone());
        let at = clock.now();
        tasks.spawn(async move {
            let _place = free.acquire().await;
            let (name, spec) = &specs[n];
            if !examine {
                let looked = driver::look(&*transport, name, spec, &[], 1, at, LIMIT).await;
                return looked.map(drop);
            }
            let exam = driver::examine(&*transport, name, spec, 1, at, LIMIT).await?;
            let (host, leaking) = (Host::new(spec.clone(), at), BTreeSet::new());
            let patient = Patient { name, host: &host, exam: &exam, leaking: &leaking };
            assert_eq!(diagnose(&patient).len(), CheckName::ALL.len());
            Ok(())
        });
    }
    while let Some(looked) = tasks.join_next().await {
        looked.unwrap().unwrap();
    }
    began.elapsed()
}
