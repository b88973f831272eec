//! Speaks the tools that run VMs, and reads a host's facts. Every operation is idempotent and
//! decides nothing. A driver is text in and text out: which script to send, and what the answer
//! means; sending is done here, once for all of them.

mod guard;
mod here;
mod host;
mod macos;
mod sections;
mod tart;
mod words;

use std::fmt;
use std::time::Duration;

use crate::model::{
    Access, Bytes, DriverKind, Exam, HostName, HostSpec, OpId, OpKind, Outcome, Refusal, Sample,
    Sighting, Timestamp,
};
use crate::transport::{Carry, Limit, Lost, Output, Script, Status};

pub use host::{HostAnswer, HostOrder, HostWork, LONGEST_COPY, carry_out_on_host};

/// A look at a host: what is journalled when it is news, and the figures that never are.
/// `Sample::took_ms` is left at zero: whoever has the clock fills it in.
#[derive(Clone, PartialEq, Debug)]
pub struct Look {
    pub sighting: Sighting,
    pub sample: Sample,
}

/// What came of a look.
pub type Looked = Result<Look, Blind>;

/// Why a look showed nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Blind {
    /// The host did not answer.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// It answered with what cannot be read.
    #[error("host {host}: {why}")]
    Unreadable { host: HostName, why: String },
}

/// One command for one VM.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Sent twice, it is carried out once.
    pub op: OpId,
    pub kind: OpKind,
    /// The VM's name in the host's tool.
    pub vm: String,
    /// What it is cloned from: a registry reference or a local VM. Read by `Clone` only.
    pub image: String,
    /// Cores; the image's own number when absent. Read by `Clone` only.
    pub cpu: Option<u16>,
    /// Memory; the image's own amount when absent. Read by `Clone` only.
    pub memory: Option<Bytes>,
    /// A shell script for the guest. Read by `Deregister` only.
    pub guest: String,
    /// How long the guest has to shut down by itself. Read by `Stop` only.
    pub grace: Duration,
    /// What was asked kindly and came to nothing is done without waiting. Read by `Stop` only.
    pub hurry: bool,
}

/// A question to a guest, asked during a look: whether it has work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// The VM's name in the host's tool.
    pub vm: String,
    /// A shell script for the guest. Exit 0: it has work. 126 and more: it could not tell. Any
    /// other: it has none.
    pub sh: String,
}

/// More than any honest host has to say in a look.
const LOOK_BYTES: usize = 2 << 20;
/// More than any honest tool has to say of one command.
const ORDER_BYTES: usize = 64 << 10;

/// Looks at a host, and tells it the epoch, so that it refuses orders of an older one. Guests are
/// asked by `probes`, all at once and for at most 5 s; the answers are in `SeenVm::busy`.
///
/// # Errors
/// `Blind::Lost` when it did not answer within `limit`; `Blind::Unreadable` when its answer is
/// torn or is none.
pub async fn look(
    carry: &dyn Carry,
    host: &HostName,
    spec: &HostSpec,
    probes: &[Probe],
    epoch: u64,
    at: Timestamp,
    limit: Duration,
) -> Looked {
    let script = match spec.driver {
        DriverKind::Tart => tart::look(probes, epoch),
    };
    let output = ask(carry, host, spec, &script, limit).await?;
    let look = match spec.driver {
        DriverKind::Tart => tart::read(&output.stdout, at),
    };
    let mut look = look.map_err(|why| unreadable(host, with_end(why, &output)))?;
    if spec.access == Access::Local {
        here::overlay(&mut look.sample).await;
    }
    Ok(look)
}

/// Looks at a host, and reads the settings that only the doctor wants, in one round trip. No guest
/// is asked. `Exam::asked` ends as it begins: whoever has the clock fills in its end.
///
/// # Errors
/// As of `look`.
pub async fn examine(
    carry: &dyn Carry,
    host: &HostName,
    spec: &HostSpec,
    epoch: u64,
    at: Timestamp,
    limit: Duration,
) -> Result<Exam, Blind> {
    let script = match spec.driver {
        DriverKind::Tart => tart::doctor(epoch),
    };
    let output = ask(carry, host, spec, &script, limit).await?;
    let exam = match spec.driver {
        DriverKind::Tart => tart::examined(&output.stdout, at),
    };
    exam.map_err(|why| unreadable(host, with_end(why, &output)))
}

/// What the process of a VM has said since its last start, its end if that is long; `None`: its
/// host keeps nothing of it.
///
/// # Errors
/// As of `look`.
pub async fn log(
    carry: &dyn Carry,
    host: &HostName,
    spec: &HostSpec,
    vm: &str,
    limit: Duration,
) -> Result<Option<String>, Blind> {
    check_vm(vm).map_err(|why| unreadable(host, why))?;
    let script = match spec.driver {
        DriverKind::Tart => tart::log(vm),
    };
    let output = ask(carry, host, spec, &script, limit).await?;
    match output.status {
        Status::Exit(0) => Ok(Some(words::tail(&output.stdout))),
        Status::Exit(3) => Ok(None),
        Status::Exit(_) | Status::Signal(_) => {
            Err(unreadable(host, with_end(format!("the log of {vm} cannot be read"), &output)))
        }
    }
}

/// Sends a script that changes nothing; its whole answer.
async fn ask(
    carry: &dyn Carry,
    host: &HostName,
    spec: &HostSpec,
    script: &Script,
    limit: Duration,
) -> Result<Output, Blind> {
    let limit = Limit { time: limit, bytes: LOOK_BYTES };
    let output = carry.run(host, &spec.access, script, limit).await?;
    if output.truncated {
        let why = format!("its answer to a look is longer than {LOOK_BYTES} bytes");
        return Err(unreadable(host, why));
    }
    Ok(output)
}

fn unreadable(host: &HostName, why: String) -> Blind {
    Blind::Unreadable { host: host.clone(), why }
}

/// Carries out an order. What comes back is the tool's own answer: whether it is true is for the
/// next look to see. `limit` is for the whole; a tool that can be told to hurry is told a third.
pub async fn carry_out(
    carry: &dyn Carry,
    host: &HostName,
    spec: &HostSpec,
    order: &Order,
    epoch: u64,
    limit: Duration,
) -> Outcome {
    if let Err(said) = order.check() {
        return Outcome::Refused { class: Refusal::Other, said };
    }
    let script: Script = match spec.driver {
        DriverKind::Tart => tart::order(order, epoch, limit),
    };
    match send(carry, host, spec, &script, order, limit).await {
        Ok((0, _)) => Outcome::Done,
        Ok((status, output)) => {
            let class = match spec.driver {
                DriverKind::Tart => tart::refusal(status, &output),
            };
            Outcome::Refused { class, said: words::said(status, &output) }
        }
        Err(outcome) => outcome,
    }
}

/// Sends a script: what it ended with and said, or that it has not ended as far as we know.
async fn send(
    carry: &dyn Carry,
    host: &HostName,
    spec: &HostSpec,
    script: &Script,
    what: &(dyn fmt::Display + Sync),
    limit: Duration,
) -> Result<(i32, Output), Outcome> {
    let limit = Limit { time: limit, bytes: ORDER_BYTES };
    let output = match carry.run(host, &spec.access, script, limit).await {
        Ok(output) => output,
        Err(lost) if lost.sent => return Err(Outcome::Unknown { why: lost.why }),
        Err(lost) => return Err(Outcome::Refused { class: Refusal::NotSent, said: lost.why }),
    };
    match &output.status {
        Status::Exit(status) => Ok((*status, output)),
        Status::Signal(name) => {
            Err(Outcome::Unknown { why: format!("the script for {what} died of signal {name}") })
        }
    }
}

impl Order {
    /// Names go into commands and paths on the host: none may be an option or lead elsewhere.
    fn check(&self) -> Result<(), String> {
        check_vm(&self.vm)?;
        if self.kind == OpKind::Clone { check_image(&self.image) } else { Ok(()) }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} of {}", self.kind, self.vm)
    }
}

fn check_vm(vm: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let begins = vm.starts_with(|c: char| c.is_ascii_alphanumeric());
    if vm.len() <= 200 && begins && vm.chars().all(plain) {
        return Ok(());
    }
    let name: String = vm.chars().take(80).collect();
    Err(format!("`{}` cannot be the name of a VM", words::clean(&name)))
}

fn check_image(image: &str) -> Result<(), String> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if !image.is_empty() && !image.starts_with('-') && !image.contains(odd) {
        return Ok(());
    }
    let name: String = image.chars().take(80).collect();
    Err(format!("`{}` cannot be an image: see its source", words::clean(&name)))
}

/// Adds how the script ended and its first words, when they may explain an unreadable answer.
fn with_end(why: String, output: &Output) -> String {
    match &output.status {
        Status::Exit(0) => why,
        Status::Exit(status) => format!("{why}: {}", words::said(*status, output)),
        Status::Signal(name) => format!("{why}: its script died of signal {name}"),
    }
}

#[cfg(test)]
mod tests;
