//! launchd: a daemon of the system, for local network privacy stops agents of a user, run as a
//! user who has the SSH keys.

use anyhow::{Context, Result};
use serde::Serialize;

use super::{Service, Step};

pub(super) const LABEL: &str = "hostler.controller";
pub(super) const PATH: &str = "/Library/LaunchDaemons/hostler.controller.plist";
const TARGET: &str = "system/hostler.controller";
/// Homebrew's tools first: launchd's own path has none of them.
const TOOLS: &str = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
/// Files and sockets: each host takes a few, and launchd gives 256.
const OPEN_FILES: u64 = 65_536;
/// Seconds for begun commands to end before the controller is killed.
const EXIT_TIME: u64 = 60;
const NOT_LOADED: i32 = 113;
const NO_SUCH_PROCESS: i32 = 3;
const IN_PROGRESS: i32 = 36;
const STILL_UNLOADING: [i32; 2] = [5, 37];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Plist<'a> {
    label: &'a str,
    program_arguments: Vec<String>,
    user_name: &'a str,
    working_directory: String,
    environment_variables: Environment<'a>,
    run_at_load: bool,
    keep_alive: bool,
    /// Background would be throttled.
    process_type: &'a str,
    exit_time_out: u64,
    /// VMs outlive the controller, those on this very Mac too.
    abandon_process_group: bool,
    soft_resource_limits: Limits,
    hard_resource_limits: Limits,
    standard_out_path: String,
    standard_error_path: String,
}

#[derive(Serialize)]
struct Environment<'a> {
    #[serde(rename = "PATH")]
    path: &'a str,
    #[serde(rename = "HOME")]
    home: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Limits {
    number_of_files: u64,
}

/// The property list.
pub(super) fn text(service: &Service) -> Result<String> {
    let shown = |path: &std::path::Path| path.to_string_lossy().into_owned();
    // launchd makes the file, not its directory: every home on a Mac has this one.
    let log = shown(&service.home.join("Library/Logs/hostler.log"));
    let limits = || Limits { number_of_files: OPEN_FILES };
    let plist = Plist {
        label: LABEL,
        program_arguments: vec![
            shown(&service.exe),
            "serve".into(),
            "--fleet".into(),
            shown(&service.fleet),
            "--state".into(),
            shown(&service.state),
        ],
        user_name: &service.user,
        working_directory: shown(&service.home),
        environment_variables: Environment { path: TOOLS, home: shown(&service.home) },
        run_at_load: true,
        keep_alive: true,
        process_type: "Standard",
        exit_time_out: EXIT_TIME,
        abandon_process_group: true,
        soft_resource_limits: limits(),
        hard_resource_limits: limits(),
        standard_out_path: log.clone(),
        standard_error_path: log,
    };
    let mut text = Vec::new();
    plist::to_writer_xml(&mut text, &plist).context("the property list")?;
    text.push(b'\n');
    String::from_utf8(text).context("the property list")
}

/// Unload what may be there, wait until it is gone, load.
pub(super) fn start() -> Vec<Step> {
    let mut steps = stop();
    steps.push(Step::new(&["launchctl", "enable", TARGET]));
    // `5` is its word for anything, an unloading that has not ended among them.
    steps.push(Step::new(&["launchctl", "bootstrap", "system", PATH]).again(&STILL_UNLOADING));
    steps
}

pub(super) fn stop() -> Vec<Step> {
    const GONE: &[i32] = &[NO_SUCH_PROCESS, IN_PROGRESS, NOT_LOADED];
    vec![
        Step::new(&["launchctl", "bootout", TARGET]).fine(GONE),
        // It returns before the service is gone: wait until it is not loaded any more.
        Step::new(&["launchctl", "print", TARGET]).fine(&[NOT_LOADED]).again(&[0]),
    ]
}

pub(super) fn status() -> Step {
    Step::new(&["launchctl", "print", TARGET])
}

#[cfg(test)]
mod tests {
    use plist::Value;

    use super::*;

    #[test]
    fn the_property_list_reads_back_with_what_it_must_say() {
        let service = Service {
            exe: "/usr/local/bin/hostler".into(),
            fleet: "/Users/ci/A & B <fleet>".into(),
            state: "/Users/ci/state".into(),
            user: "ci".into(),
            home: "/Users/ci".into(),
        };
        let text = text(&service).unwrap();
        let value = Value::from_reader_xml(text.as_bytes()).unwrap();
        let dict = value.as_dictionary().unwrap();
        let word = |key: &str| dict[key].as_string().unwrap();
        assert_eq!((word("Label"), word("UserName")), (LABEL, "ci"));
        assert_eq!(word("ProcessType"), "Standard");
        let argv = dict["ProgramArguments"].as_array().unwrap();
        let argv: Vec<_> = argv.iter().map(|arg| arg.as_string().unwrap()).collect();
        assert_eq!(
            argv,
            [
                "/usr/local/bin/hostler",
                "serve",
                "--fleet",
                "/Users/ci/A & B <fleet>",
                "--state",
                "/Users/ci/state"
            ]
        );
        for key in ["KeepAlive", "RunAtLoad", "AbandonProcessGroup"] {
            assert_eq!(dict[key].as_boolean(), Some(true), "{key}");
        }
        assert_eq!(dict["ExitTimeOut"].as_unsigned_integer(), Some(60));
        for key in ["SoftResourceLimits", "HardResourceLimits"] {
            let limits = dict[key].as_dictionary().unwrap();
            assert_eq!(limits["NumberOfFiles"].as_unsigned_integer(), Some(65_536));
        }
        let env = dict["EnvironmentVariables"].as_dictionary().unwrap();
        assert!(env["PATH"].as_string().unwrap().starts_with("/opt/homebrew/bin:"));
    }

    #[test]
    fn loading_waits_for_the_unloading_before_it() {
        let words: Vec<_> = start().iter().map(|step| step.argv[1].clone()).collect();
        assert_eq!(words, ["bootout", "print", "enable", "bootstrap"]);
        assert_eq!((start()[1].fine, start()[1].again), (&[113][..], &[0][..]));
    }
}
