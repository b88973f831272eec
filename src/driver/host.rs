//! Commands for a host itself, as the steps of playbooks give them: a shell script, a file, a
//! restart, its cached images. Under the same guard as those for VMs.

use std::fmt;
use std::time::Duration;

use super::{check_image, macos, send, tart, words};
use crate::model::{DriverKind, HostName, HostSpec, OpId, Outcome, Refusal};
use crate::transport::{Carry, Script};

/// The longest file that is copied, in bytes: it goes in the script, which goes in one piece.
pub const LONGEST_COPY: usize = 256 << 10;
/// The longest shell script, in bytes.
const LONGEST_TEXT: usize = 64 << 10;

/// One command for a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostOrder {
    /// Sent twice, it is carried out once.
    pub op: OpId,
    pub what: HostWork,
    /// The job and the step in words: what the host's own log says it was done for.
    pub job: String,
}

/// What is done on a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostWork {
    /// A shell script, for so many seconds at most. Then it is killed with all that it started.
    Sh { run: String, timeout_s: u64 },
    /// A file with this content, at an absolute path or one that begins with `~/`, with this mode
    /// in octal.
    Copy { content: Vec<u8>, to: String, mode: String },
    /// A restart, unless more guests run there than these: somebody has started one since they were
    /// counted. `authrestart`: also behind FileVault.
    Reboot { authrestart: bool, guests: u32 },
    /// The image is cached.
    Pull { image: String },
    /// No image is cached but these.
    Prune { keep: Vec<String> },
}

/// What came of a command for a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostAnswer {
    pub outcome: Outcome,
    /// The end of what was said, at most some 4000 bytes, whether it succeeded or not.
    pub said: String,
}

/// Carries out an order on the host itself. A restart is done when it was issued: that the host
/// is up again is for the next looks to see. A script is done when it ended with 0; else its
/// refusal says how it ended, and what it said is in `said`.
pub async fn carry_out_on_host(
    carry: &dyn Carry,
    host: &HostName,
    spec: &HostSpec,
    order: &HostOrder,
    epoch: u64,
    limit: Duration,
) -> HostAnswer {
    if let Err(said) = order.what.check() {
        let outcome = Outcome::Refused { class: Refusal::Other, said };
        return HostAnswer { outcome, said: String::new() };
    }
    let script = order.what.script(spec.driver);
    let script = script.arg("epoch", epoch).arg("op", order.op).arg("job", &order.job);
    let (status, output) = match send(carry, host, spec, &script, &order.what, limit).await {
        Ok(ended) => ended,
        Err(outcome) => return HostAnswer { outcome, said: String::new() },
    };
    // What a record says is the same text as the first time, and a line after it.
    let text = output.stderr.strip_suffix("replayed\n").unwrap_or(&output.stderr);
    match &order.what {
        HostWork::Sh { .. } => of_text(status, text),
        HostWork::Copy { .. }
        | HostWork::Reboot { .. }
        | HostWork::Pull { .. }
        | HostWork::Prune { .. } => {
            let outcome = if status == 0 {
                Outcome::Done
            } else {
                let class = match spec.driver {
                    DriverKind::Tart => tart::refusal(status, &output),
                };
                Outcome::Refused { class, said: words::said(status, &output) }
            };
            HostAnswer { outcome, said: words::tail(text) }
        }
    }
}

/// How an operator's text ended: the first line says it, the others are what it said itself. The
/// text's own status is only in words, so that none can be taken for one of the guard's.
fn of_text(status: i32, text: &str) -> HostAnswer {
    let (how, said) = text.split_once('\n').unwrap_or((text, ""));
    let class = match status {
        0 => return HostAnswer { outcome: Outcome::Done, said: words::tail(said) },
        75 => Refusal::Busy,
        76 => Refusal::Fenced,
        127 => Refusal::ToolAbsent,
        _ => Refusal::Other,
    };
    let how = match words::fact(how) {
        how if how.is_empty() => format!("it ended with status {status} and said nothing"),
        how => how,
    };
    HostAnswer { outcome: Outcome::Refused { class, said: how }, said: words::tail(said) }
}

impl HostWork {
    fn script(&self, driver: DriverKind) -> Script {
        match self {
            Self::Sh { run, timeout_s } => macos::sh(run, *timeout_s),
            Self::Copy { content, to, mode } => macos::copy(content, to, mode),
            Self::Reboot { authrestart, guests } => macos::reboot(*authrestart, *guests),
            Self::Pull { image } => match driver {
                DriverKind::Tart => tart::pull(image),
            },
            Self::Prune { keep } => match driver {
                DriverKind::Tart => tart::prune(keep),
            },
        }
    }

    /// What can be known to be wrong before anything is sent.
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Sh { run, .. } if run.len() > LONGEST_TEXT => Err(format!(
                "the script has {} bytes and may have {LONGEST_TEXT}: copy it to the host in a \
                 step of its own",
                run.len()
            )),
            Self::Copy { content, to, mode } => {
                if content.len() > LONGEST_COPY {
                    return Err(format!(
                        "the file for {} has {} bytes and may have {LONGEST_COPY}: let the host \
                         fetch it in an `sh` step",
                        words::fact(to),
                        content.len()
                    ));
                }
                check_path(to)?;
                check_mode(mode)
            }
            Self::Pull { image } => check_image(image),
            Self::Prune { keep } => keep.iter().try_for_each(|image| check_image(image)),
            Self::Sh { .. } | Self::Reboot { .. } => Ok(()),
        }
    }
}

fn check_path(to: &str) -> Result<(), String> {
    let rest = to.strip_prefix("~/").or_else(|| to.strip_prefix('/'));
    let whole = rest.is_some_and(|rest| !rest.is_empty() && !rest.ends_with('/'));
    if whole && !to.contains(char::is_control) {
        return Ok(());
    }
    Err(format!(
        "`{}` is not a file's place: begin with / or ~/ and end in a name",
        words::fact(to)
    ))
}

fn check_mode(mode: &str) -> Result<(), String> {
    let octal = mode.chars().all(|c| ('0'..='7').contains(&c));
    if octal && (3..=4).contains(&mode.len()) {
        return Ok(());
    }
    Err(format!("`{}` is not a mode: expected three or four of 0-7, as 644", words::fact(mode)))
}

impl fmt::Display for HostWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sh { .. } => f.write_str("a shell script"),
            Self::Copy { to, .. } => write!(f, "the copy to {to}"),
            Self::Reboot { .. } => f.write_str("the restart"),
            Self::Pull { image } => write!(f, "the pull of {image}"),
            Self::Prune { .. } => f.write_str("the removal of images"),
        }
    }
}
