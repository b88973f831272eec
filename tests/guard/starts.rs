//! Starts that are cut off, that nobody may lend a hand to, and that come two hundred at a time.

use std::fs;
use std::os::unix::fs::symlink;

use futures::StreamExt;
use hostler::model::{OpKind, Refusal};

use crate::shell::SHELLS;
use crate::{Mac, class, mac, on_each, order, said, shell};

/// As many as a fleet could ever send one host at once, and more.
const STORM: usize = 200;
/// So many of them at a time, when a storm has passed.
const FEW: usize = 8;

impl Mac {
    /// A start whose script is killed, with its whole process group, once the tool runs and before
    /// it is listed.
    async fn cut_off(&self, vm: &str) {
        let script = self.script(&order(OpKind::Start, vm)).await;
        let mut child = shell::begin(self.home(), self.shell.argv, &script).await;
        self.until(|_| !mac::living(self.home(), "run").is_empty()).await;
        mac::signal("KILL", &format!("-{}", child.id().unwrap()));
        assert!(!child.wait().await.unwrap().success());
    }

    /// Tools in a few lines of shell in place of those that behave as the real ones: two hundred
    /// at once ask much of a machine.
    fn make_light(&self) {
        for (tool, text) in [("tart", LIGHT_TART), ("pgrep", LIGHT_PGREP)] {
            fs::write(self.home().join("bin").join(tool), text).unwrap();
        }
    }

    /// Orders the start of each of these, so many at once; those to whom the host was busy.
    async fn storm<'a>(
        &self,
        vms: Vec<&'a str>,
        at_once: usize,
        tally: &mut Tally,
    ) -> Vec<&'a str> {
        let starts = vms.into_iter().map(async |vm| (vm, self.act(OpKind::Start, vm).await));
        let mut ends = futures::stream::iter(starts).buffer_unordered(at_once);
        let mut busy = Vec::new();
        while let Some((vm, outcome)) = ends.next().await {
            match class(&outcome) {
                None => tally.done += 1,
                Some(Refusal::Full) => tally.full += 1,
                Some(other) => {
                    assert_eq!(other, Refusal::Busy, "{outcome:?}");
                    busy.push(vm);
                }
            }
        }
        busy
    }
}

#[derive(Default, Debug)]
struct Tally {
    done: usize,
    full: usize,
}

/// Each run leaves a line, and lasts as long as its Mac.
const LIGHT_TART: &str = r#"#!/bin/sh
vms="$HOME/.tart/vms"
case $1 in
  list)
    comma=
    printf '['
    for vm in "$vms"/*; do
      if [ ! -d "$vm" ]; then continue; fi
      state=stopped
      if [ -e "$vm/runs" ]; then state=running; fi
      printf '%s\n{"Name" : "%s", "Source" : "local", "State" : "%s"}' "$comma" "${vm##*/}" "$state"
      comma=,
    done
    echo ']'
    ;;
  run)
    echo "$3" >>"$HOME/kernel/ran"
    mkdir -p "$vms/$3"
    echo $$ >"$vms/$3/runs"
    while [ -d "$HOME/kernel" ]; do sleep 1; done
    ;;
esac
"#;

const LIGHT_PGREP: &str = r#"#!/bin/sh
ended=1
for runs in "$HOME/.tart/vms"/*/runs; do
  if ! read -r pid <"$runs"; then continue; fi
  vm=${runs%/runs}
  case $* in
    *Virtualization*) echo "$pid com.apple.Virtualization.VirtualMachine" ;;
    *'[t]art run '*) echo "$pid tart run --no-graphics ${vm##*/}" ;;
    *" ${vm##*/}\$") echo "$pid" ;;
    *) continue ;;
  esac
  ended=0
done 2>/dev/null
exit $ended
"#;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_starts_at_once_give_two_vms_under_every_shell() {
    let vms: Vec<String> = (0..STORM).map(|nth| format!("vm-{nth:03}")).collect();
    for argv in SHELLS {
        let mac = Mac::new(argv);
        mac.make_light();
        let mut tally = Tally::default();
        let all = vms.iter().map(String::as_str).collect();
        let mut busy = mac.storm(all, STORM, &mut tally).await;
        // Those to whom the host was busy come again, a few at once, and a few more after two run.
        while tally.done < 2 || tally.full < FEW {
            let few = busy.split_off(busy.len().saturating_sub(FEW));
            assert!(!few.is_empty(), "{argv:?}: all were answered: {tally:?}");
            busy.extend(mac.storm(few, FEW, &mut tally).await);
        }
        assert_eq!(tally.done, 2, "{argv:?}");
        let ran = fs::read_to_string(mac.home().join("kernel/ran")).unwrap();
        assert_eq!(ran.lines().count(), 2, "{argv:?}: {ran}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_perl_nothing_is_started_that_would_end_with_its_session() {
    on_each(async |mac| {
        mac.done(OpKind::Clone, "a").await;
        let tools = mac.home().join("without-perl");
        fs::create_dir(&tools).unwrap();
        for tool in fs::read_dir("/usr/bin").unwrap() {
            let tool = tool.unwrap();
            if !tool.file_name().to_string_lossy().starts_with("perl") {
                symlink(tool.path(), tools.join(tool.file_name())).unwrap();
            }
        }
        let script = mac.script(&order(OpKind::Start, "a")).await;
        let poorer = script.replace(":/usr/bin:/bin:", ":$HOME/without-perl:");
        assert_ne!(script, poorer);
        let child = shell::begin(mac.home(), mac.shell.argv, &poorer).await;
        let ended = child.wait_with_output().await.unwrap();
        let words = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(127), "{words}");
        assert!(words.contains("perl: command not found") && words.contains("Install perl"));
        assert!(mac.running().is_empty());
        assert!(mac::living(mac.home(), "run").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_killed_before_it_is_listed_is_counted() {
    on_each(async |mac| {
        for vm in ["a", "b", "c"] {
            mac.done(OpKind::Clone, vm).await;
        }
        mac::fault(mac.home(), "start_waits", "a");
        mac.cut_off("a").await;
        mac.done(OpKind::Start, "b").await;
        assert_eq!(mac.running(), ["b"], "the first is still on its way");
        let third = mac.act(OpKind::Start, "c").await;
        assert_eq!(class(&third), Some(Refusal::Full), "{third:?}");
        assert!(said(third).contains("1 more that it runs unlisted"));
        // The same again waits for the one that is under way.
        mac::mend(mac.home(), "start_waits");
        mac.done(OpKind::Start, "a").await;
        assert_eq!(mac.running(), ["a", "b"]);
        assert_eq!(mac::living(mac.home(), "run").len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_of_other_users_count_and_where_they_are_hidden_the_answer_says_so() {
    let mac = Mac::new(SHELLS[0]);
    for vm in ["a", "b"] {
        mac.done(OpKind::Clone, vm).await;
    }
    mac::fault(mac.home(), "others", "1");
    mac.done(OpKind::Start, "a").await;
    let seen = mac.see().await;
    assert_eq!((seen.guests, seen.facts.all_users), (Some(2), Some(true)));
    let full = said(mac.act(OpKind::Start, "b").await);
    assert!(full.contains("2 guest processes") && !full.contains("hidden"), "{full}");

    mac::fault(mac.home(), "sudo", "");
    let seen = mac.see().await;
    assert_eq!((seen.guests, seen.facts.all_users), (Some(1), Some(false)));
    mac.done(OpKind::Start, "b").await;
    mac.done(OpKind::Clone, "c").await;
    let full = said(mac.act(OpKind::Start, "c").await);
    assert!(full.contains("of other users may be hidden: sudo does not run pgrep"), "{full}");
}
