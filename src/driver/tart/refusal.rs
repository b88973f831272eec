//! What sort of refusal it is: by the guard's status, else by the tool's words, which hold
//! across its versions better than its statuses do.

use crate::model::Refusal;
use crate::transport::Output;

/// In order: the first that is found in the words, in lower case, decides.
const WORDS: [(&str, Refusal); 33] = [
    ("exceeds the limit", Refusal::Limit),
    ("exceeds the system limit", Refusal::Limit),
    ("maximum supported number of active virtual machines", Refusal::Limit),
    ("no space left on device", Refusal::DiskFull),
    ("isn’t enough space", Refusal::DiskFull),
    ("isn't enough space", Refusal::DiskFull),
    ("nsfilehandleoperationexception", Refusal::DiskFull),
    ("-25308", Refusal::Keychain),
    ("user interaction is not allowed", Refusal::Keychain),
    ("interaction is not allowed with the security server", Refusal::Keychain),
    ("seckeycreaterandomkey", Refusal::Keychain),
    ("failed to generate keypair", Refusal::Keychain),
    ("errsecinternalcomponent", Refusal::Keychain),
    ("is already running", Refusal::AlreadyRunning),
    ("failed to lock auxiliary storage", Refusal::AlreadyRunning),
    ("is not running", Refusal::NotRunning),
    ("command not found", Refusal::ToolAbsent),
    ("not found in path", Refusal::ToolAbsent),
    ("manifest_unknown", Refusal::Missing),
    ("name_unknown", Refusal::Missing),
    ("code: 404", Refusal::Missing),
    ("invalid credentials", Refusal::Registry),
    ("unauthorized", Refusal::Registry),
    ("authfailed", Refusal::Registry),
    ("code: 401", Refusal::Registry),
    ("code: 403", Refusal::Registry),
    ("unexpectedhttpstatuscode", Refusal::Registry),
    ("connection aborted", Refusal::Registry),
    ("nsurlerrordomain", Refusal::Registry),
    ("error pulling", Refusal::Registry),
    ("does not exist", Refusal::Missing),
    // How versions before 2.18 say that a VM does not exist.
    ("failed to open lock file", Refusal::Missing),
    ("couldn’t be opened because there is no such file", Refusal::Missing),
];

/// The class of a refusal. `status` is not zero.
pub(in crate::driver) fn classify(status: i32, output: &Output) -> Refusal {
    match status {
        75 => return Refusal::Busy,
        76 => return Refusal::Fenced,
        77 => return Refusal::Full,
        127 => return Refusal::ToolAbsent,
        _ => {}
    }
    let text = format!("{}\n{}", output.stderr, output.stdout).to_lowercase();
    if let Some((_, class)) = WORDS.iter().find(|(words, _)| text.contains(words)) {
        return *class;
    }
    // `VM "x" is running`, whole: what a delete says. A longer sentence may be about anything.
    if text.lines().any(|line| line.starts_with("vm \"") && line.trim_end().ends_with("is running"))
    {
        return Refusal::AlreadyRunning;
    }
    Refusal::Other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Status;

    fn class(status: i32, stderr: &str) -> Refusal {
        let status_ = Status::Exit(status);
        let output = Output {
            stdout: String::new(),
            stderr: stderr.into(),
            status: status_,
            truncated: false,
        };
        classify(status, &output)
    }

    #[test]
    fn the_guards_statuses_decide_first() {
        assert_eq!(class(75, "no space left on device"), Refusal::Busy);
        assert_eq!(class(76, ""), Refusal::Fenced);
        assert_eq!(class(77, "exceeds the limit"), Refusal::Full, "its own count");
        assert_eq!(class(127, "tart: command not found"), Refusal::ToolAbsent);
    }

    #[test]
    fn the_tools_own_words_decide_else() {
        for (said, want) in [
            (
                "The number of VMs exceeds the system limit (other running VMs: a, b)",
                Refusal::Limit,
            ),
            ("The number of VMs exceeds the system limit", Refusal::Limit),
            (
                "Error Domain=VZErrorDomain Code=6 \"The maximum supported number of active virtual \
                 machines has been reached.\" UserInfo={NSLocalizedFailure=The number of virtual \
                 machines exceeds the limit.}",
                Refusal::Limit,
            ),
            ("the specified VM \"x\" does not exist", Refusal::Missing),
            ("Error: the specified VM \"x\" does not exist", Refusal::Missing),
            (
                "failed to open lock file file:///Users/a/.tart/vms/x/config.json: No such file or \
                 directory",
                Refusal::Missing,
            ),
            (
                "Error: UnexpectedHTTPStatusCode(when: \"pulling manifest\", code: 404, details: \
                 \"{\\\"errors\\\":[{\\\"code\\\":\\\"MANIFEST_UNKNOWN\\\"\")",
                Refusal::Missing,
            ),
            ("VM \"x\" is already running!", Refusal::AlreadyRunning),
            ("VM \"x\" is running", Refusal::AlreadyRunning),
            (
                "Error Domain=VZErrorDomain Code=2 \"Failed to lock auxiliary storage.\"",
                Refusal::AlreadyRunning,
            ),
            ("VM \"x\" is not running", Refusal::NotRunning),
            ("VM \"VM \"x\" is not running\" is not running", Refusal::NotRunning),
            (
                "Error Domain=NSCocoaErrorDomain Code=640 \"“disk.img” couldn’t be copied to “…” \
                 because there isn’t enough space.\" … Code=28 \"No space left on device\"",
                Refusal::DiskFull,
            ),
            (
                "*** Terminating app due to uncaught exception 'NSFileHandleOperationException'",
                Refusal::DiskFull,
            ),
            ("SecKeyCreateRandomKey_ios failed\nFailed to generate keypair", Refusal::Keychain),
            ("Interaction is not allowed with the Security Server", Refusal::Keychain),
            (
                "Failed to retrieve credentials using Keychain credentials provider, \
                 authentication may fail: Failed(message: \"Keychain returned unsuccessful status \
                 -25308\")\nError: AuthFailed(why: \"received unexpected HTTP status code 403\")",
                Refusal::Keychain,
            ),
            (
                "Error: AuthFailed(why: \"got HTTP 401, but WWW-Authenticate header is missing\", \
                 details: \"\")",
                Refusal::Registry,
            ),
            ("invalid credentials: x", Refusal::Registry),
            (
                "Error: InitializationFailed(why: \"softnet not found in PATH\")",
                Refusal::ToolAbsent,
            ),
            (
                "Error Domain=VZErrorDomain Code=1 \"The virtual machine failed to start.\" \
                 UserInfo={NSLocalizedFailure=Internal Virtualization error.}",
                Refusal::Other,
            ),
            ("no IP address found, is your VM running?", Refusal::Other),
            ("", Refusal::Other),
        ] {
            assert_eq!(class(1, said), want, "{said}");
        }
    }
}
