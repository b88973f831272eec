//! Why a command did not succeed, and the exit code that tells a script what sort of reason.

use std::process::ExitCode;

use hostler::api::ClientError;
use hostler::config::Problems;

/// Exit codes as documented: 0 is done.
pub(crate) const FAILED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const UNREACHABLE: u8 = 3;
pub(crate) const BLOCKED: u8 = 4;
pub(crate) const DEADLINE: u8 = 5;
pub(crate) const CANCELLED: u8 = 6;
pub(crate) const INTERRUPTED: u8 = 130;

/// A reason with its exit code.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{said}")]
pub(crate) struct Failure {
    exit: u8,
    said: String,
}

impl Failure {
    /// Refused or failed.
    pub(crate) fn failed(said: impl Into<String>) -> Self {
        Self { exit: FAILED, said: said.into() }
    }
    /// The command line or the configuration is wrong.
    pub(crate) fn usage(said: impl Into<String>) -> Self {
        Self { exit: USAGE, said: said.into() }
    }
    /// With another of the codes.
    pub(crate) fn with(exit: u8, said: impl Into<String>) -> Self {
        Self { exit, said: said.into() }
    }
    pub(crate) fn exit(&self) -> u8 {
        self.exit
    }
}

/// The exit code for an error of any sort.
pub(crate) fn code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(number(error))
}

fn number(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.exit;
        }
        if let Some(error) = cause.downcast_ref::<ClientError>() {
            return if error.is_unreachable() { UNREACHABLE } else { FAILED };
        }
        let misuse = cause.is::<Problems>() || cause.is::<hostler::api::NotAnAddress>();
        if misuse {
            return USAGE;
        }
    }
    FAILED
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn each_sort_of_error_has_its_code() {
        let gone = || ClientError::NoController { path: "/x".into() };
        let problem = |code: &str| {
            let problem = hostler::api::Problem {
                kind: String::new(),
                title: String::new(),
                status: 409,
                detail: "no".into(),
                code: code.into(),
                fresh: None,
            };
            ClientError::Problem(Box::new(problem))
        };
        for (error, expected) in [
            (anyhow::anyhow!("x"), 1),
            (Failure::failed("x").into(), 1),
            (Failure::usage("x").into(), 2),
            (Failure::with(BLOCKED, "x").into(), 4),
            (Problems(vec![]).into(), 2),
            (hostler::api::Connect::parse("ftp://x").unwrap_err().into(), 2),
            (gone().into(), 3),
            (problem("conflict").into(), 1),
            // Whoever waits for it is told so with its last breath, or not at all.
            (problem("stopping").into(), 3),
        ] {
            assert_eq!(number(&error), expected, "{error}");
        }
        let wrapped = Err::<(), _>(gone()).context("while looking").unwrap_err();
        assert_eq!(number(&wrapped), 3);
    }
}
