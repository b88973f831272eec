//! The doctor's script on a Mac that is well, on one with each of its ills, and on one without the
//! tools it asks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use hostler::driver;
use hostler::model::{
    CheckName, Exam, Host, LoginFile, OpKind, Setting, Sighting, Timestamp, Verdict,
};
use hostler::plan::{Patient, diagnose};

use crate::shell::SHELLS;
use crate::{LIMIT, Mac, mac, on_each};

impl Mac {
    async fn examine(&self) -> Exam {
        let before = Timestamp::from(chrono::Utc::now());
        let exam = driver::examine(&self.shell, &self.host, &self.spec, 0, before, LIMIT).await;
        let mut exam = exam.unwrap();
        exam.asked.1 = Timestamp::from(chrono::Utc::now());
        exam
    }

    /// The checks that are not ok.
    async fn ills(&self) -> BTreeMap<CheckName, Verdict> {
        let exam = self.examine().await;
        let host = Host::new(self.spec.clone(), Timestamp::default());
        let (name, leaking) = (&self.host, &BTreeSet::new());
        let checks = diagnose(&Patient { name, host: &host, exam: &exam, leaking });
        let ill = checks.into_iter().filter(|check| check.verdict != Verdict::Ok);
        ill.map(|check| (check.name, check.verdict)).collect()
    }
}

/// The version that the tests' Macs have is reported to lose slots.
fn and_its_build(ill: &[(CheckName, Verdict)]) -> BTreeMap<CheckName, Verdict> {
    let build = (CheckName::Build, Verdict::Warn);
    ill.iter().copied().chain([build]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_well_kept_mac_passes_in_every_shell() {
    on_each(async |mac| {
        assert_eq!(mac.ills().await, and_its_build(&[]));
        let exam = mac.examine().await;
        assert_eq!(exam.tool, Setting::Is(mac.home().join("bin/tart").display().to_string()));
        assert_eq!(exam.ssh_path, "/usr/bin:/bin:/usr/sbin:/sbin");
        assert_eq!(exam.login_file, Some(LoginFile::Kept));
        // It is the look that it is made of.
        assert_eq!(Sighting { at: exam.sighting.at, ..mac.see().await }, exam.sighting);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ill_is_found_by_its_own_check() {
    use CheckName as C;
    use Verdict::{Fail, Unknown, Warn};
    on_each(async |mac| {
        for (fault, text, ill) in [
            ("keychain", "", &[(C::Keychain, Fail)][..]),
            ("filevault", "", &[(C::Filevault, Warn), (C::AutoLogin, Warn)]),
            ("console", "root", &[(C::GuiSession, Warn)]),
            ("defaults_autoLoginUser", "absent", &[(C::AutoLogin, Warn)]),
            ("defaults_autoLoginUser", "eve", &[(C::AutoLogin, Warn)]),
            ("defaults_bootpd", "absent", &[(C::DhcpLeases, Warn)]),
            ("defaults_bootpd", "{\n    DHCPLeaseTimeSecs = 86400;\n}", &[(C::DhcpLeases, Warn)]),
            ("defaults_AutomaticallyInstallMacOSUpdates", "1", &[(C::Updates, Warn)]),
            ("defaults_AutomaticallyInstallMacOSUpdates", "absent", &[(C::Updates, Unknown)]),
            ("defaults_com.apple.network.local-network", "absent", &[(C::LocalNetwork, Unknown)]),
            (
                "defaults_com.apple.network.local-network",
                "\"10.0.0.0/8\"",
                &[(C::LocalNetwork, Warn)],
            ),
            ("disk_free", "9000000", &[(C::Disk, Fail)]),
            ("disk_free", "50000000", &[(C::Disk, Warn)]),
            ("pmset_sleep", "10", &[(C::Sleep, Fail)]),
            ("pmset_sleep", "1 (sleep prevented by sharingd)", &[(C::Sleep, Warn)]),
            ("pmset_autorestart", "0", &[(C::Autorestart, Warn)]),
            ("pmset_source", "Battery Power", &[(C::Power, Fail)]),
            ("clock", "-3600", &[(C::Clock, Fail)]),
            ("clock", "90", &[(C::Clock, Fail)]),
            ("sudo", "", &[(C::SudoCount, Warn), (C::SudoReboot, Warn)]),
            ("no_sudo_restart", "", &[(C::SudoReboot, Warn)]),
            ("list_fails", "", &[(C::Tool, Fail), (C::Slots, Unknown), (C::Leftovers, Unknown)]),
        ] {
            mac::fault(mac.home(), fault, text);
            assert_eq!(mac.ills().await, and_its_build(ill), "{fault} {text}");
            mac::mend(mac.home(), fault);
        }
        assert_eq!(mac.ills().await, and_its_build(&[]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_system_are_read_as_far_as_they_may_be() {
    on_each(async |mac| {
        let password = mac.home().join("etc/kcpassword");
        fs::write(&password, "<sealed>\n").unwrap();
        assert_eq!(mac.examine().await.login_file, Some(LoginFile::Sealed));
        fs::remove_file(&password).unwrap();
        assert_eq!(mac.ills().await, and_its_build(&[(CheckName::AutoLogin, Verdict::Warn)]));
        fs::write(&password, [0x7d; 24]).unwrap();
        let ssh = mac.home().join("etc/ssh");
        fs::create_dir(ssh.join("sshd_config.d")).unwrap();
        fs::write(ssh.join("sshd_config"), "MaxSessions 10\nMatch all\nMaxSessions 1\n").unwrap();
        assert_eq!(mac.examine().await.max_sessions, Setting::Is("10".into()));
        let first = "# MaxSessions 9\n  maxsessions 3\nMaxStartups=20:30:60\n";
        fs::write(ssh.join("sshd_config.d/100-macos.conf"), first).unwrap();
        let exam = mac.examine().await;
        assert_eq!(exam.max_sessions, Setting::Is("3".into()));
        assert_eq!(exam.max_startups, Setting::Is("20:30:60".into()));
        assert_eq!(mac.ills().await, and_its_build(&[(CheckName::Sshd, Verdict::Warn)]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_what_is_not_listed_is_left_over() {
    on_each(async |mac| {
        mac.done(OpKind::Clone, "a").await;
        mac.done(OpKind::Start, "a").await;
        assert_eq!(mac.examine().await.leftovers, Some(vec![]));
        fs::remove_dir_all(mac.vm_path("a")).unwrap();
        let left = mac.examine().await.leftovers.unwrap();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(left[0].1, "a");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mac_without_the_tools_that_are_asked_fails_nothing_but_them() {
    for argv in SHELLS {
        let mac = Mac::new(argv);
        for tool in ["pmset", "defaults", "stat", "security", "fdesetup", "sudo", "tart"] {
            fs::remove_file(mac.home().join("bin").join(tool)).unwrap();
        }
        let ills = mac.ills().await;
        let failed: Vec<_> =
            ills.iter().filter(|(_, v)| **v == Verdict::Fail).map(|(name, _)| *name).collect();
        assert_eq!(failed, [CheckName::Tool], "{argv:?}: {ills:?}");
        for unread in [CheckName::Sleep, CheckName::Updates, CheckName::Power, CheckName::Keychain]
        {
            assert_eq!(ills[&unread], Verdict::Unknown, "{argv:?} {unread}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_where_nobody_looks_is_found_by_the_doctor() {
    let mac = Mac::new(SHELLS[0]);
    let folder = mac.home().join(".local/bin");
    fs::create_dir_all(&folder).unwrap();
    fs::rename(mac.home().join("bin/tart"), folder.join("tart")).unwrap();
    let exam = mac.examine().await;
    assert_eq!(exam.tool, Setting::Absent);
    assert_eq!(exam.tool_elsewhere, Some(folder.join("tart").display().to_string()));
}
