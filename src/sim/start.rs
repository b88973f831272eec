//! Setting simulated Macs up: names, ports, keys, listeners, the fault plan.
#![expect(clippy::disallowed_types, reason = "licence: simulated Macs listen on loopback")]

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dice::Dice;
use super::host::{Common, SimMac};
use super::mac::Mac;
use super::strikes::Strikes;
use super::{Faults, Sim, SimError, SimHost, SimSettings, SimTime, keys, server};
use crate::model::{HostName, Labels};

/// Open files beyond those of the hosts: runtime, journal, desktop, API.
const OTHER_FILES: usize = 64;
/// The system's codes for "too many open files", of this process and of all.
const TOO_MANY_FILES: [i32; 2] = [24, 23];
const SITES: [&str; 3] = ["bern", "lausanne", "zurich"];

/// Starts the simulated Macs. They run until the `Sim` is stopped or dropped.
///
/// # Errors
/// When a port is taken, or this process may not open as many files as they need.
pub async fn start(settings: SimSettings, time: SimTime) -> Result<Sim, SimError> {
    let SimSettings { hosts, seed, faults, first_port, images, load } = settings;
    let user = keys::user_key(seed)?;
    let common = Arc::new(Common {
        time,
        seed,
        user: user.public_key().clone(),
        ports: std::sync::OnceLock::new(),
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
    });
    let dice = Dice::new(seed);
    let names = names(hosts)?;
    let listeners = bind(&names, first_port).await?;
    let mut macs = Vec::with_capacity(hosts);
    let mut described = Vec::with_capacity(hosts);
    for (nth, (name, (listener, port))) in names.into_iter().zip(listeners).enumerate() {
        let now = common.time.now();
        let mac = Mac::new(dice.part(nth as u64), images.clone(), load.clamp(0.0, 1.0), now);
        let labels = Labels::from([
            ("chip".to_owned(), mac.hardware.label.to_owned()),
            ("site".to_owned(), SITES[nth * SITES.len() / hosts].to_owned()),
        ]);
        let mac = SimMac::new(name.clone(), labels.clone(), nth, mac, common.clone())?;
        let host_key = mac.host_key();
        described.push(SimHost { name, address: "127.0.0.1".into(), port, host_key, labels });
        macs.push((Arc::new(mac), listener));
    }
    let _ = common.ports.set(described.iter().map(|host| host.port).collect());
    let by_name: BTreeMap<_, _> =
        macs.iter().map(|(mac, _)| (mac.name.clone(), mac.clone())).collect();
    strike(faults, dice, &common, macs.iter().map(|(mac, _)| mac.clone()).collect());
    for (mac, listener) in macs {
        common.tasks.spawn(server::listen(mac, listener));
    }
    let user_key = keys::private_text(&user)?;
    Ok(Sim { hosts: described, macs: by_name, common, user_key, images })
}

/// `mini-001`, ...; wider when there are more.
fn names(hosts: usize) -> Result<Vec<HostName>, SimError> {
    let width = hosts.to_string().len().max(3);
    let name = |nth| format!("mini-{nth:0width$}").parse().map_err(SimError::Name);
    (1..=hosts).map(name).collect()
}

/// Binds a port for each, and makes sure that their connections will find room too.
async fn bind(
    names: &[HostName],
    first_port: Option<u16>,
) -> Result<Vec<(TcpListener, u16)>, SimError> {
    let hosts = names.len();
    let needed = 3 * hosts + OTHER_FILES;
    let too_many =
        |error: &io::Error| error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code));
    let mut listeners = Vec::with_capacity(hosts);
    for (nth, name) in names.iter().enumerate() {
        let port = match first_port {
            None => 0,
            Some(first) => u16::try_from(usize::from(first) + nth)
                .map_err(|_| SimError::Ports { hosts, first })?,
        };
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let bound = bound.and_then(|listener| {
            let port = listener.local_addr()?.port();
            Ok((listener, port))
        });
        listeners.push(bound.map_err(|source| match too_many(&source) {
            true => SimError::Files { hosts, needed },
            false => SimError::Listen { host: name.clone(), port, source },
        })?);
    }
    // Both ends of each host's connection: opened together now, so that the want shows at once.
    let mut room = Vec::with_capacity(2 * hosts);
    for _ in 0..2 * hosts {
        match TcpSocket::new_v4() {
            Ok(socket) => room.push(socket),
            Err(error) if too_many(&error) => return Err(SimError::Files { hosts, needed }),
            Err(_) => break,
        }
    }
    Ok(listeners)
}

/// Lets the fault plan take its course.
fn strike(faults: Faults, dice: Dice, common: &Arc<Common>, macs: Vec<Arc<SimMac>>) {
    let hosts = macs.iter().map(|mac| {
        let mut labels = mac.labels.clone();
        labels.insert(mac.name.to_string(), String::new());
        (mac.name.clone(), labels)
    });
    let mut strikes = Strikes::new(faults, hosts.collect(), dice.part(u64::MAX));
    let common = common.clone();
    common.tasks.clone().spawn(async move {
        let began = common.time.now();
        while let Some((after, batch)) = strikes.next_batch() {
            tokio::select! {
                () = common.stop.cancelled() => return,
                () = common.time.until(began + after) => {}
            }
            for strike in batch {
                tracing::debug!(host = %macs[strike.host].name, fault = %strike.fault, "fault");
                macs[strike.host].strike(strike.fault, strike.lasts, strike.factor);
            }
        }
    });
}
