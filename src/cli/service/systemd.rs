//! systemd: a unit of the system.

use super::{Service, Step};

pub(super) const PATH: &str = "/etc/systemd/system/hostler.service";
const UNIT: &str = "hostler.service";

/// The unit.
pub(super) fn text(service: &Service) -> String {
    let path = |path: &std::path::Path| quoted(&path.to_string_lossy());
    let argv = [path(&service.exe), "serve".into(), "--fleet".into(), path(&service.fleet)];
    let state = path(&service.state);
    format!(
        "\
[Unit]
Description=Hostler, the controller of a fleet of Mac hosts
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart={} --state {state}
ExecReload=/bin/kill -HUP $MAINPID
User={}
Restart=always
RestartSec=10
TimeoutStopSec=60
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
",
        argv.join(" "),
        service.user
    )
}

/// One argument of a command line, whatever is in it.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '%' => out.push_str("%%"),
            '$' => out.push_str("$$"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(super) fn start() -> Vec<Step> {
    vec![
        Step::new(&["systemctl", "daemon-reload"]),
        Step::new(&["systemctl", "enable", UNIT]),
        Step::new(&["systemctl", "restart", UNIT]),
    ]
}

pub(super) fn stop() -> Vec<Step> {
    const NOT_LOADED: &[i32] = &[1, 5];
    vec![Step::new(&["systemctl", "disable", "--now", UNIT]).fine(NOT_LOADED)]
}

pub(super) fn forget() -> Vec<Step> {
    vec![Step::new(&["systemctl", "daemon-reload"])]
}

pub(super) fn status() -> Step {
    Step::new(&["systemctl", "--no-pager", "--full", "status", UNIT])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_says_what_it_must_and_quotes_what_it_is_given() {
        let service = Service {
            exe: "/usr/bin/hostler".into(),
            fleet: "/etc/a \"b\" $c 100%\\".into(),
            state: "/var/lib/hostler".into(),
            user: "ci".into(),
            home: "/home/ci".into(),
        };
        let text = text(&service);
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap();
        assert_eq!(
            line("ExecStart="),
            r#"ExecStart="/usr/bin/hostler" serve --fleet "/etc/a \"b\" $$c 100%%\\" --state "/var/lib/hostler""#
        );
        assert_eq!(line("User="), "User=ci");
        for start in ["Restart=always", "LimitNOFILE=65536", "WantedBy=multi-user.target"] {
            line(start);
        }
        let sections = text.lines().filter(|line| line.starts_with('['));
        assert_eq!(sections.collect::<Vec<_>>(), ["[Unit]", "[Service]", "[Install]"]);
    }
}
