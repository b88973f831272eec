//! A picture of the desktop over the demo's fleet, made by the real renderer: for the README.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use hostler::api::{Heartbeat, Live, Snapshot};
use hostler::engine::Clock;
use hostler::model::Span;

use super::demo::Stage;
use super::follow::Follow;
use super::night::is_quiet;
use super::{Env, files};
use crate::ui;

/// Waits until the demo's pool is whole, then draws the desktop into a file.
pub(crate) async fn write(stage: &Stage, path: &Path, (w, h): (u16, u16), env: &Env) -> Result<()> {
    let handle = &stage.controller.handle;
    let mut follow = Follow::of(handle);
    let wall = Clock::wall();
    while handle.world().vms.is_empty() || !is_quiet(&handle.world()) {
        wall.sleep(Span::from_millis(50)).await;
    }
    // A second more, for the figures of the hosts.
    wall.sleep(Span::from_millis(1_200)).await;
    let setup = ui::Setup {
        cluster: "demo".into(),
        user: env.user.clone(),
        zone: env.zone,
        ..Default::default()
    };
    let mut app = ui::App::new(setup, (w, h), handle.now());
    let now = handle.now();
    let world = (**follow.world()).clone();
    app.update(now, ui::Msg::Snapshot(Arc::new(Snapshot { seq: world.seq, world })));
    for entry in follow.next().await? {
        app.update(now, ui::Msg::Entry(entry));
    }
    let samples = (*handle.samples()).clone();
    app.update(now, ui::Msg::Samples(Live { samples }));
    let beat = Heartbeat { seq: handle.world().seq, at: now };
    app.update(now, ui::Msg::Heartbeat(beat));
    let format = match path.extension().and_then(|e| e.to_str()) {
        Some("svg") => ui::Format::Svg,
        Some(_) | None => ui::Format::Text,
    };
    files::write(path, &ui::picture(&mut app, w, h, format))
}
