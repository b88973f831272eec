//! What `tart list --format json` says, in any of its versions.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::driver::words::clean;
use crate::model::{SeenState, SeenVm};

/// Local VMs by name, and cached images by reference, sorted and each once.
#[derive(PartialEq, Debug)]
pub(super) struct Listing {
    pub(super) vms: BTreeMap<String, SeenVm>,
    pub(super) images: Vec<String>,
}

/// `State` came with 1.8.0; before, and still, `Running` says whether the VM is locked.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: String,
    name: String,
    state: Option<String>,
    running: Option<bool>,
}

/// No honest host lists more VMs and images, and no tool lets a name be longer.
const ENTRIES_MOST: usize = 2_000;
const NAME_MOST: usize = 512;

/// Reads a listing; `None` when it is not one, which is not the same as an empty one. All of it is
/// kept for everybody to see: one that is longer than any could be is none either.
pub(super) fn read(text: &str) -> Option<Listing> {
    let entries: Vec<Entry> = serde_json::from_str(text).ok()?;
    if entries.len() > ENTRIES_MOST || entries.iter().any(|entry| entry.name.len() > NAME_MOST) {
        return None;
    }
    let mut vms = BTreeMap::new();
    let mut images = Vec::new();
    for entry in entries {
        let name = clean(&entry.name);
        if entry.source.eq_ignore_ascii_case("local") {
            let state = state(entry.state.as_deref(), entry.running);
            vms.insert(name, SeenVm::new(state));
        } else if entry.source.eq_ignore_ascii_case("oci") {
            images.push(name);
        }
    }
    images.sort();
    images.dedup();
    Some(Listing { vms, images })
}

fn state(word: Option<&str>, running: Option<bool>) -> SeenState {
    if running == Some(true) {
        return SeenState::Running;
    }
    match (word.map(str::to_lowercase).as_deref(), running) {
        (Some("running"), _) => SeenState::Running,
        (Some("stopped"), _) => SeenState::Stopped,
        (Some("suspended"), _) => SeenState::Suspended,
        (Some(other), _) => SeenState::Other(clean(other).chars().take(40).collect()),
        (None, Some(_)) => SeenState::Stopped,
        (None, None) => SeenState::Other("unsaid".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_longer_than_any_could_be_is_none_and_its_names_cannot_paint() {
        let vm = |name: &str| format!(r#"{{"Source":"local","Name":"{name}","State":"stopped"}}"#);
        let all = |n: usize| {
            let vms: Vec<_> = (0..n).map(|n| vm(&format!("odd-{n}"))).collect();
            read(&format!("[{}]", vms.join(",")))
        };
        assert_eq!(all(2_000).unwrap().vms.len(), 2_000);
        assert_eq!(all(10_000), None);
        assert_eq!(read(&format!("[{}]", vm(&"x".repeat(513)))), None);
        let odd = read(&format!("[{}]", vm("a\\u001b[2J\\u202eb\\u0000\\n"))).unwrap();
        assert_eq!(odd.vms.keys().collect::<Vec<_>>(), ["a [2J b  "]);
    }

    #[test]
    fn a_listing_reads_in_any_key_order_with_escaped_slashes_and_each_image_once() {
        let listing = read(
            r#"[
  {
    "Running" : true,
    "State" : "running",
    "Accessed" : "2026-08-18T09:14:03Z",
    "Name" : "build-1",
    "Source" : "local",
    "Size" : 25,
    "Disk" : 50
  },
  {
    "Disk" : 50, "SizeOnDisk" : 41, "Source" : "OCI", "State" : "stopped",
    "Name" : "ghcr.io\/cirruslabs\/macos-tahoe-base:latest", "Running" : false
  },
  {
    "Running" : false, "State" : "stopped", "Source" : "oci",
    "Name" : "ghcr.io\/cirruslabs\/macos-tahoe-base:latest", "Size" : 41
  },
  {
    "Running" : false, "State" : "stopped", "Source" : "OCI", "Size" : 41, "Disk" : 50,
    "Name" : "ghcr.io\/cirruslabs\/macos-tahoe-base@sha256:9f3c"
  }
]
"#,
        )
        .unwrap();
        assert_eq!(listing.vms.len(), 1);
        assert_eq!(listing.vms["build-1"].state, SeenState::Running);
        assert_eq!(
            listing.images,
            [
                "ghcr.io/cirruslabs/macos-tahoe-base:latest",
                "ghcr.io/cirruslabs/macos-tahoe-base@sha256:9f3c"
            ]
        );
    }

    #[test]
    fn states_read_across_versions() {
        for (fields, want) in [
            (r#""State":"stopped","Running":false"#, SeenState::Stopped),
            (r#""State":"suspended","Running":false"#, SeenState::Suspended),
            (r#""State":"Running""#, SeenState::Running),
            (r#""Running":true"#, SeenState::Running),
            (r#""Running":false"#, SeenState::Stopped),
            (r#""State":"stopped","Running":true"#, SeenState::Running),
            (r#""State":"migrating","Running":false"#, SeenState::Other("migrating".into())),
            (r#""Size":1"#, SeenState::Other("unsaid".into())),
        ] {
            let text = format!(r#"[{{"Name":"a","Source":"local",{fields}}}]"#);
            assert_eq!(read(&text).unwrap().vms["a"].state, want, "{fields}");
        }
    }

    #[test]
    fn an_empty_list_is_empty_and_no_list_is_none() {
        let empty = read("[\n\n]\n").unwrap();
        assert!(empty.vms.is_empty() && empty.images.is_empty());
        let hidden = r#"[{"Source":"local","Running":true}]"#;
        let deep = "[".repeat(100_000);
        for bad in ["", "[", "null", "{}", "[1]", hidden, &deep, "Error: The file “config.json”"]
        {
            assert_eq!(read(bad), None, "{}", &bad[..bad.len().min(20)]);
        }
    }
}
