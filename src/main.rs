//! Reads the environment, builds the parts, hands over.
#![expect(clippy::disallowed_methods, reason = "licence: the environment is read here, once")]

mod cli;
mod run;
#[path = "../ui/mod.rs"]
mod ui;

use std::env::var_os;
use std::path::PathBuf;
use std::process::ExitCode;

use hostler::model::Zone;
use run::Env;

fn main() -> ExitCode {
    let env = environment();
    cli::main(&env).unwrap_or_else(|error| cli::failed(&error))
}

/// The operator's zone: what TZ says, else where this machine's local time points to, else UTC.
fn zone() -> Zone {
    let link = || std::fs::read_link("/etc/localtime").ok().map(PathBuf::into_os_string);
    let text = var_os("TZ").or_else(link).unwrap_or_default().to_string_lossy().into_owned();
    let name = text.rsplit_once("zoneinfo/").map_or(text.as_str(), |(_, name)| name);
    name.trim_start_matches(':').parse().unwrap_or_default()
}

fn environment() -> Env {
    let text = |name: &str| {
        var_os(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    let state = directories::ProjectDirs::from("", "", "hostler")
        .map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_path_buf());
    let config = directories::ProjectDirs::from("", "", "hostler")
        .map(|dirs| dirs.config_dir().join("desktop.yaml"));
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(text).into_iter().find(|l| !l.is_empty());
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    Env {
        state: state.unwrap_or_else(|| PathBuf::from(".hostler")),
        desktop_file: var_os("HOSTLER_DESKTOP").map(PathBuf::from).or(config),
        home,
        temp: std::env::temp_dir(),
        agent: var_os("SSH_AUTH_SOCK").map(PathBuf::from),
        user: [text("USER"), text("LOGNAME")]
            .into_iter()
            .find(|user| !user.is_empty())
            .unwrap_or_else(|| "operator".into()),
        zone: zone(),
        exe: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("hostler")),
        no_color: !text("NO_COLOR").is_empty(),
        term: text("TERM"),
        colorterm: text("COLORTERM"),
        desktop_breaks: cfg!(debug_assertions) && text("HOSTLER_TEST_PANIC") == "1",
        utf8: locale.contains("utf-8") || locale.contains("utf8"),
    }
}
