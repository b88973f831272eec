//! What a scenario file may say: the rule it is for, the fleet and how its hosts stand, and then
//! step by step what happens, what people ask, and what the plan is expected to be.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hostler::config::{Files, check};
use hostler::model::{
    DrainAsk, Fleet, HostName, OnExpiry, PlanAsk, PlayAsk, PoolName, ScheduleName, Span, Timestamp,
};
use serde::Deserialize;

/// What every scenario's fleet has beside its own.
const COMMON: &str = include_str!("common.yaml");

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// `3.4`: the section and the rule of the operations' semantics.
    pub(crate) rule: String,
    /// What an operator may count on.
    pub(crate) why: String,
    now: toml::value::Datetime,
    /// As in a fleet directory's inventory.
    fleet: String,
    /// Playbooks beside the shipped ones, as in their files.
    #[serde(default)]
    playbooks: BTreeMap<String, String>,
    /// How hosts stand in the beginning; one that is not named is up and free.
    #[serde(default)]
    pub(crate) hosts: BTreeMap<HostName, String>,
    pub(crate) then: Vec<Then>,
}

/// First what happens, then what is asked, then the passes until the wait is over.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Then {
    #[serde(default)]
    pub(crate) happens: Vec<String>,
    /// The inventory is another from now on.
    pub(crate) fleet: Option<String>,
    #[serde(default)]
    pub(crate) asks: Vec<Ask>,
    pub(crate) wait: Option<Span>,
    /// What is answered and decided, and at the end what is held and why.
    pub(crate) plan: String,
}

/// What people can ask.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Ask {
    Drain(DrainAsk),
    /// The plan that is shown first.
    Preview(PlanAsk),
    Undrain(Vec<HostName>),
    Cordon(CordonAsk),
    /// Lifts the hold of this short name.
    Uncordon(String),
    Play(PlayAsk),
    Respawn(PoolName),
    RunNow(ScheduleName),
    SkipNext(ScheduleName),
    Suspend(ScheduleName),
    Resume(ScheduleName),
    /// These name the job by its short name.
    ResumeJob(String),
    SkipHost(SkipAsk),
    ReleasePool(PoolName),
    /// These name the VM by its short name.
    ResumeVm(String),
    DischargeVm(String),
    /// What `host why` says of its slots.
    Slots(HostName),
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct CordonAsk {
    pub(crate) host: HostName,
    pub(crate) reason: String,
    pub(crate) until: Option<Timestamp>,
    #[serde(default)]
    pub(crate) on_expiry: OnExpiry,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkipAsk {
    pub(crate) job: String,
    pub(crate) host: HostName,
}

impl Scenario {
    pub(crate) fn now(&self) -> Timestamp {
        self.now.to_string().parse().unwrap()
    }

    /// The declared fleet.
    pub(crate) fn fleet(&self) -> Fleet {
        self.fleet_of(&self.fleet)
    }

    /// This text as the inventory, read by the same door as an operator's.
    pub(crate) fn fleet_of(&self, inventory: &str) -> Fleet {
        let mut files = Files { root: PathBuf::from("/fleet"), ..Files::default() };
        let mut add = |path: String, text: &str| files.texts.insert(path.into(), text.into());
        add("inventory/common.yaml".into(), COMMON);
        add("inventory/scenario.yaml".into(), inventory);
        for (name, text) in &self.playbooks {
            add(format!("playbooks/{name}.yaml"), text);
        }
        check(&files).unwrap_or_else(|problems| panic!("{problems:#?}")).fleet
    }
}
