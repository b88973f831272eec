//! The machine's own tools that keep services, and the file they read.
#![expect(clippy::disallowed_methods, reason = "licence: the machine's service manager")]

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use hostler::engine::Clock;
use hostler::model::Span;

use super::Step;
use crate::cli::failure::Failure;

/// So often, and so far apart, a step is tried that has to wait for another.
const TRIES: u32 = 40;
const BETWEEN: Span = Span::from_millis(500);

/// Writes the service file.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| advice(path, "written"))
}

/// Removes it; that it is gone already is as good.
pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| advice(path, "removed"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn advice(path: &Path, what: &str) -> String {
    format!("{} cannot be {what}: run this with sudo", path.display())
}

/// How a command ended: its exit code, and what it said.
struct Said {
    code: Option<i32>,
    text: String,
}

/// Runs the steps one after another; a step that fails ends it.
pub(super) async fn carry_out(steps: &[Step]) -> Result<()> {
    go(steps, run, BETWEEN).await
}

async fn go(
    steps: &[Step],
    mut run: impl FnMut(&[String]) -> Result<Said>,
    between: Span,
) -> Result<()> {
    let clock = Clock::wall();
    for step in steps {
        let mut tries = 0;
        loop {
            let Said { code, text } = run(&step.argv)?;
            let code = code.unwrap_or(-1);
            tries += 1;
            if step.again.contains(&code) && tries < TRIES {
                clock.sleep(between).await;
                continue;
            }
            if (code == 0 && !step.again.contains(&0)) || step.fine.contains(&code) {
                break;
            }
            let command = step.argv.join(" ");
            bail!("`{command}` ended with {code}: {}", text.trim());
        }
    }
    Ok(())
}

fn run(argv: &[String]) -> Result<Said> {
    let [program, rest @ ..] = argv else { bail!("there is no command to run") };
    let output = Command::new(program).args(rest).output();
    let output = output.with_context(|| format!("`{program}` cannot be run"))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Said { code: output.status.code(), text })
}

/// Runs a step with our own output as its output.
pub(super) fn show(step: &Step) -> Result<()> {
    let [program, rest @ ..] = step.argv.as_slice() else { bail!("there is no command to run") };
    let status = Command::new(program).args(rest).status();
    let status = status.with_context(|| format!("`{program}` cannot be run"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::failed("the service does not run: `hostler service install` sets it up").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(steps: &[Step], codes: &[i32]) -> (Result<()>, usize) {
        let mut codes = codes.iter().copied();
        let mut runs = 0;
        let run = |_: &[String]| {
            runs += 1;
            Ok(Said { code: codes.next(), text: "said so".into() })
        };
        let result = go(steps, run, Span::ZERO).await;
        (result, runs)
    }

    #[tokio::test]
    async fn steps_follow_each_other_wait_and_fail() {
        let plain = || Step::new(&["a", "b"]);
        let waits = || Step::new(&["w"]).fine(&[113]).again(&[0]);
        for (steps, codes, done, runs) in [
            (vec![plain(), plain()], vec![0, 0], true, 2),
            (vec![plain(), plain()], vec![1], false, 1),
            (vec![plain().fine(&[3]), plain()], vec![3, 0], true, 2),
            (vec![waits(), plain()], vec![0, 0, 113, 0], true, 4),
            (vec![plain().again(&[37])], vec![37, 37, 0], true, 3),
            (vec![plain().again(&[37])], vec![37, 1], false, 2),
            // It is never gone: given up, not waited for for ever.
            (vec![waits()], vec![0; 100], false, 40),
        ] {
            let (result, ran) = outcome(&steps, &codes).await;
            assert_eq!((result.is_ok(), ran), (done, runs), "{steps:?} {codes:?}");
        }
        let (result, _) = outcome(&[plain()], &[5]).await;
        assert_eq!(result.unwrap_err().to_string(), "`a b` ended with 5: said so");
    }
}
