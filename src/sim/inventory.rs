//! The simulated fleet as an inventory file: what a controller reads to keep it.

use std::collections::BTreeMap;
use std::path::Path;

use super::SimHost;
use crate::model::PoolSize;

/// What the simulated fleet does every night.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Nightly {
    /// `nightly-respawn`: new VMs for the pool.
    #[default]
    Respawn,
    /// `nightly-wipe`: every host is drained, wiped and restarted.
    Wipe,
}

impl Nightly {
    fn yaml(self) -> &'static str {
        match self {
            Self::Respawn => "  nightly-respawn:\n    targets: {pool: ci}\n    playbook: respawn\n",
            Self::Wipe => {
                "  nightly-wipe:\n    targets: {hosts: site}\n    playbook: nightly-wipe\n"
            }
        }
    }
}

/// YAML in double quotes reads as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A name for an image: the last part of its reference, without its tag.
fn image_name(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    let name = last.split([':', '@']).next().unwrap_or(last).to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let name: String = name.chars().map(|c| if plain(c) { c } else { '-' }).take(60).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "image".into() } else { name.into() }
}

/// The whole file.
pub(super) fn yaml(
    hosts: &[SimHost],
    images: &[String],
    identity: &Path,
    pool_size: PoolSize,
    nightly: Nightly,
) -> String {
    let mut text = format!(
        "# A simulated fleet: real SSH, no Mac.\n\
         defaults:\n  user: admin\n  driver: tart\n  ssh: {{identity: {}}}\n\
         groups:\n",
        quoted(&identity.to_string_lossy()),
    );
    let mut sites: BTreeMap<&str, Vec<&SimHost>> = BTreeMap::new();
    for host in hosts {
        sites.entry(host.labels.get("site").map_or("here", String::as_str)).or_default().push(host);
    }
    for (site, hosts) in sites {
        text.push_str(&format!("  {site}:\n    labels: {{site: {site}}}\n    hosts:\n"));
        for host in hosts {
            let chip = host.labels.get("chip").map_or("unknown", String::as_str);
            text.push_str(&format!(
                "      {}: {{address: {}, ssh: {{port: {}}}, labels: {{chip: {chip}}}, \
                 host_key: {}}}\n",
                host.name,
                host.address,
                host.port,
                quoted(&host.host_key),
            ));
        }
    }
    let mut names = BTreeMap::new();
    for image in images {
        names.entry(image_name(image)).or_insert(image);
    }
    if names.is_empty() {
        return text;
    }
    text.push_str("images:\n");
    for (name, image) in &names {
        text.push_str(&format!("  {name}: {{source: {}, os: macos}}\n", quoted(image)));
    }
    let size = match pool_size {
        PoolSize::Count(n) => n.to_string(),
        PoolSize::PerHost(n) => format!("{{per_host: {n}}}"),
        PoolSize::Fill => "{fill: true}".into(),
    };
    let first = images.first().map_or_else(String::new, |image| image_name(image));
    text.push_str(&format!(
        "pools:\n  ci:\n    image: {first}\n    size: {size}\n    hosts: site\n    cpu: 4\n    \
         memory: 8GiB\n    busy: {{sh: \"pgrep -qf ci-job\"}}\n    \
         retire: {{sh: \"pkill -USR2 -f ci-agent\", within: 1h}}\n\
         schedules:\n{}    cron: \"30 2 * * *\"\n    zone: Europe/Zurich\n    window: 4h\n    \
         max_unavailable: 10%\n",
        nightly.yaml(),
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Labels;

    #[test]
    fn an_image_is_named_after_its_reference() {
        for (reference, name) in [
            ("ghcr.io/acme/macos-tahoe-xcode:26.1", "macos-tahoe-xcode"),
            ("localhost:5000/Base_1@sha256:ab", "base-1"),
            ("golden", "golden"),
            (":", "image"),
        ] {
            assert_eq!(image_name(reference), name);
        }
    }

    #[test]
    fn the_file_is_yaml_with_every_section() {
        let host = SimHost {
            name: "mini-001".parse().unwrap(),
            address: "127.0.0.1".into(),
            port: 4022,
            host_key: "ssh-ed25519 AAAA".into(),
            labels: Labels::from([("site".into(), "bern".into()), ("chip".into(), "m4".into())]),
        };
        let images = ["ghcr.io/acme/tahoe:1".to_owned()];
        let path = Path::new("/tmp/a \"b\"/key");
        let nightly = Nightly::Respawn;
        let text = yaml(std::slice::from_ref(&host), &images, path, PoolSize::PerHost(2), nightly);
        let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(read["defaults"]["ssh"]["identity"], "/tmp/a \"b\"/key");
        let mini = &read["groups"]["bern"]["hosts"]["mini-001"];
        assert_eq!((&mini["ssh"]["port"], &mini["labels"]["chip"]), (&4022.into(), &"m4".into()));
        assert_eq!(read["images"]["tahoe"]["source"], "ghcr.io/acme/tahoe:1");
        assert_eq!(read["pools"]["ci"]["size"]["per_host"], 2);
        assert_eq!(read["pools"]["ci"]["busy"]["sh"], "pgrep -qf ci-job");
        assert_eq!(read["pools"]["ci"]["retire"]["within"], "1h");
        assert_eq!(read["schedules"]["nightly-respawn"]["targets"]["pool"], "ci");
        let text = yaml(&[host], &images, path, PoolSize::Fill, Nightly::Wipe);
        let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let schedules = read["schedules"].as_object().unwrap();
        assert_eq!(schedules.keys().collect::<Vec<_>>(), ["nightly-wipe"]);
        assert_eq!(schedules["nightly-wipe"]["targets"]["hosts"], "site");
        assert_eq!(schedules["nightly-wipe"]["playbook"], "nightly-wipe");
    }
}
