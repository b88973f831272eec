//! Open files: a connection to each host is one, and what a terminal or a service is given by
//! default is soon used up.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than any fleet needs; macOS takes no "unlimited" here.
const MOST: u64 = 65_536;

/// As many as the system lets this process have. Where it lets it have no more, what was there
/// stays, and who runs out of them says so.
pub(crate) fn open_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(MOST, |maximum| maximum.min(MOST));
    if limit.current.is_some_and(|current| current < most) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit });
    }
}
