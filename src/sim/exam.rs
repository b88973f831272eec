//! What the doctor finds on a simulated Mac: a look, and the same sections after it that the tools
//! of a real one print. A well kept one has nothing but what a fault has done to it.

use super::faults::Fault;
use super::look;
use super::mac::Mac;
use crate::model::{Span, Timestamp};

const END: &str = "@@ end 0\n";
const TOOL: &str = "/opt/homebrew/bin/tart";
/// How far a clock is off.
const OFF: Span = Span::from_hours(1);

/// The whole answer to an examination at `now`.
pub(super) fn exam(mac: &Mac, now: Timestamp) -> String {
    let mut out = look::look(mac, &[], now);
    out.truncate(out.len() - END.len());
    for (name, status, text) in sections(mac, now) {
        out.push_str(&format!("@@ {name} {status}\n{text}"));
        if !text.is_empty() && !text.ends_with('\n') {
            out.push('\n');
        }
    }
    out.push_str(END);
    out
}

fn sections(mac: &Mac, now: Timestamp) -> Vec<(&'static str, i32, String)> {
    let ails = |fault| mac.ails(fault, now);
    let unless = |fault, well: &str, ill: &str| if ails(fault) { ill } else { well }.to_owned();
    let missing = |fault| i32::from(ails(fault));
    let clock = if ails(Fault::ClockOff) { now + OFF } else { now };
    let none = "The domain/default pair does not exist\n";
    let lease = unless(Fault::LongLeases, "600", "86400");
    let sudo = match (mac.trouble.sudo_asks, "    (root) NOPASSWD: /usr/bin/pgrep, ") {
        (true, _) => (1, "sudo: a password is required\n".to_owned()),
        (false, rule) => (0, format!("{rule}/sbin/shutdown -r now\n")),
    };
    vec![
        ("whose", 0, if mac.trouble.sudo_asks { "own\n" } else { "all\n" }.into()),
        ("tool_path", missing(Fault::NoTool), unless(Fault::NoTool, TOOL, "")),
        ("elsewhere", 1, String::new()),
        ("runs", 0, runs(mac, now)),
        ("clock", 0, format!("{}\n", clock.as_millis() / 1_000)),
        ("user", 0, "admin\n".into()),
        ("ssh_path", 0, "/usr/bin:/bin:/usr/sbin:/sbin\n".into()),
        ("perl", missing(Fault::NoPerl), unless(Fault::NoPerl, "/usr/bin/perl", "")),
        ("console", 0, unless(Fault::NoLogin, "admin", "root")),
        ("auto_login", missing(Fault::NoLogin), unless(Fault::NoLogin, "admin", none)),
        ("login_file", 0, unless(Fault::NoLogin, "size 12", "absent")),
        ("local_network", 0, unless(Fault::LocalNetwork, "\"192.168.0.0/16\"", "\"10.0.0.0/8\"")),
        ("lease", 0, format!("{{\n    DHCPLeaseTimeSecs = {lease};\n}}\n")),
        ("pmset", 0, pmset(mac, now)),
        (
            "power",
            0,
            unless(
                Fault::OnBattery,
                "Now drawing from 'AC Power'",
                "Now drawing from 'Battery Power'",
            ),
        ),
        ("managed_updates", 1, none.into()),
        ("updates", 0, unless(Fault::AutoUpdates, "0", "1")),
        ("sshd", 0, unless(Fault::FewSessions, "", "maxsessions 2\nmaxstartups 3:50:10")),
        ("sudo", sudo.0, sudo.1),
    ]
}

fn pmset(mac: &Mac, now: Timestamp) -> String {
    let sleep = if mac.ails(Fault::Sleeps, now) { 10 } else { 0 };
    let up = i32::from(!mac.ails(Fault::NoRestart, now));
    format!(
        "System-wide power settings:\nCurrently in use:\n sleep                {sleep}\n \
         womp                 {up}\n autorestart          {up}\n"
    )
}

/// The tool's own processes.
fn runs(mac: &Mac, now: Timestamp) -> String {
    let running = mac.vms.iter().filter(|(_, vm)| vm.listed && vm.run.is_some());
    let left = mac.ails(Fault::Leftover, now).then_some("left-behind");
    let names = running.map(|(name, _)| name.as_str()).chain(left);
    names.zip(700..).map(|(name, pid)| format!("{pid} {TOOL} run --no-graphics {name}\n")).collect()
}
