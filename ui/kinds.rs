//! The kinds of windows that commands are about.

use super::windows::WinKind;

pub const LISTS: &[WinKind] = &[
    WinKind::Hosts,
    WinKind::Vms,
    WinKind::Jobs,
    WinKind::Events,
    WinKind::Drains,
    WinKind::Playbooks,
    WinKind::Pools,
];
pub const GROUPED: &[WinKind] = &[WinKind::Hosts, WinKind::Vms, WinKind::Jobs];
pub const SHOWN: &[WinKind] = &[WinKind::Jobs, WinKind::Playbooks, WinKind::Playbook];
pub const BOOKS: &[WinKind] = &[WinKind::Playbooks, WinKind::Playbook];
pub const COPIED: &[WinKind] = &[
    WinKind::Hosts,
    WinKind::Vms,
    WinKind::Jobs,
    WinKind::Events,
    WinKind::Drains,
    WinKind::Job,
    WinKind::Schedule,
    WinKind::Playbooks,
    WinKind::Playbook,
    WinKind::Metrics,
    WinKind::Pools,
];
pub const HOSTS: &[WinKind] = &[WinKind::Hosts, WinKind::Host];
pub const DRAINS: &[WinKind] = &[WinKind::Drains];
pub const DRAINED: &[WinKind] = &[WinKind::Hosts, WinKind::Host, WinKind::Drains];
pub const OF_HOSTS: &[WinKind] = &[
    WinKind::Map,
    WinKind::Hosts,
    WinKind::Vms,
    WinKind::Events,
    WinKind::Vm,
    WinKind::Drains,
    WinKind::Metrics,
];
pub const MAP: &[WinKind] = &[WinKind::Map];
pub const OTHERS: &[WinKind] =
    &[WinKind::Vms, WinKind::Events, WinKind::Host, WinKind::Vm, WinKind::Job, WinKind::Metrics];
pub const JOBS: &[WinKind] = &[WinKind::Jobs, WinKind::Job];
pub const JOB: &[WinKind] = &[WinKind::Job];
pub const OF_VMS: &[WinKind] = &[WinKind::Vms, WinKind::Vm, WinKind::Pools];
pub const POOLS: &[WinKind] = &[WinKind::Pools];
pub const SCHEDULE: &[WinKind] = &[WinKind::Schedule];
pub const SETTINGS: &[WinKind] = &[WinKind::Settings];
pub const ROWS: &[WinKind] = &[WinKind::Hosts, WinKind::Vms, WinKind::Drains];
pub const GROWING: &[WinKind] = &[WinKind::Events, WinKind::Job];
