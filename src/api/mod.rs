//! HTTP on the controller's socket: routes, wire types, and the client that the command line
//! and the desktop use. It answers from the engine's `Handle` and decides nothing.

mod acts;
mod asks;
mod client;
mod events;
mod extract;
mod history;
mod items;
mod jobs;
mod metrics;
mod peer;
mod plans;
mod problem;
mod reads;
mod server;
mod socket;
mod sse;
#[cfg(test)]
mod tests;
mod wire;

pub use crate::engine::{Command, Denied, Done, Release, Status};
pub use client::{Client, ClientError, Connect, NotAnAddress};
pub use history::{History, LOG_MOST, LogQuery, Moment, PAST_BESIDE, Past, Period};
pub use items::{HostItem, JobItem, PoolItem, PutRight, ScheduleItem, VmItem};
pub use peer::ACTOR_HEADER;
pub use reads::FORECAST_MOST;
pub use server::{Api, ApiError, Reload, ReloadError, serve};
pub use socket::Socket;
pub use wire::{
    CordonBody, DoctorBody, ForgetBody, Heartbeat, JobBody, Listing, Live, Log, Planned, Problem,
    ReasonBody, Report, RespawnBody, RetryBody, SkipBody, SlotsReport, Snapshot, StreamItem,
    TrustBody, UncordonBody, UndrainBody, VmLog, Why,
};
