//! The kinds of step and their options.

use std::path::{Component, Path, PathBuf};

use super::step::Reader;
use crate::config::item::{Item, LENGTH};
use crate::config::problem::{Report, clip};
use crate::model::{Act, DrainStep, OnDeadline, Span, Surge};

const SECOND: Span = Span::from_secs(1);
const DAY: Span = Span::from_hours(24);
const WEEK: Span = Span::from_hours(24 * 7);
const TEN_MINUTES: Span = Span::from_mins(10);

/// What a kind's options may hold that belongs to the step as a whole.
#[derive(Default)]
pub(super) struct Aside<'a> {
    pub(super) name: Option<Item<'a>>,
    pub(super) timeout: Option<Item<'a>>,
}

/// The kind `word` with what stands behind it.
pub(super) fn read_act<'a>(
    word: &str,
    item: &Item<'a>,
    reader: &mut Reader<'_>,
    aside: &mut Aside<'a>,
    report: &mut Report,
) -> Option<Act> {
    let plain = |act, report: &mut Report| item.fields([], report).map(|[]| act);
    match word {
        "drain" => read_drain(item, report),
        "undrain" => plain(Act::Undrain, report),
        "cordon" => read_text(item, "reason", report).map(|reason| Act::Cordon { reason }),
        "uncordon" => plain(Act::Uncordon, report),
        "delete_vms" => plain(Act::DeleteVms, report),
        "respawn" => plain(Act::Respawn, report),
        "prefetch" => read_prefetch(item, reader, report),
        "prune_images" => plain(Act::PruneImages, report),
        "sh" => read_sh(item, aside, report),
        "copy" => read_copy(item, reader, report),
        "reboot" => read_reboot(item, report),
        "verify" => plain(Act::Verify, report),
        "wait" => read_wait(item, report),
        "wait_idle" => plain(Act::WaitIdle, report),
        "assert" => read_assert(item, reader, report),
        "deregister" => plain(Act::Deregister, report),
        "notify" => read_text(item, "message", report).map(|message| Act::Notify { message }),
        _ => None,
    }
}

/// A map with one key, a text.
fn read_text(item: &Item<'_>, key: &'static str, report: &mut Report) -> Option<String> {
    let [value] = item.fields([key], report)?;
    needed(item, key, value, report)?.text(report).map(|text| text.trim().to_string())
}

fn needed<'a>(
    parent: &Item<'_>,
    key: &str,
    item: Option<Item<'a>>,
    report: &mut Report,
) -> Option<Item<'a>> {
    if item.is_none() {
        report.note(parent.missing(key, "a text"));
    }
    item
}

fn read_drain(item: &Item<'_>, report: &mut Report) -> Option<Act> {
    let keys = ["deadline", "on_deadline", "grace", "force", "surge", "ignore"];
    let [deadline, on_deadline, grace, force, surge, ignore] = item.fields(keys, report)?;
    let usual = DrainStep::default();
    let ends = [("stop", OnDeadline::Stop), ("abort", OnDeadline::Abort)];
    let surges = [("auto", Surge::Auto), ("never", Surge::Never)];
    let deadline = deadline.map_or(Some(usual.deadline), |item| read_deadline(&item, report));
    let on_deadline = on_deadline.map_or(Some(usual.on_deadline), |item| item.choice(ends, report));
    let grace = grace.map_or(Some(usual.grace), |item| item.span(Span::ZERO..=TEN_MINUTES, report));
    let force = force.map_or(Some(usual.force), |item| item.truth(report));
    let surge = surge.map_or(Some(usual.surge), |item| item.choice(surges, report));
    let ignore = ignore.map_or(Some(None), |item| item.parse(report).map(Some));
    Some(Act::Drain(DrainStep {
        deadline: deadline?,
        on_deadline: on_deadline?,
        grace: grace?,
        force: force?,
        surge: surge?,
        ignore: ignore?,
    }))
}

/// A length of time, or `none`.
fn read_deadline(item: &Item<'_>, report: &mut Report) -> Option<Option<Span>> {
    if item.raw("a length of time such as 60m, or none", report)? == "none" {
        return Some(None);
    }
    item.span(SECOND..=WEEK, report).map(Some)
}

fn read_prefetch(item: &Item<'_>, reader: &mut Reader<'_>, report: &mut Report) -> Option<Act> {
    let [image] = item.fields(["image"], report)?;
    let Some(item) = image else { return Some(Act::Prefetch { image: None }) };
    let image = item.parse(report)?;
    reader.images.push((image, item.place()));
    let (image, _) = reader.images.last()?;
    Some(Act::Prefetch { image: Some(image.clone()) })
}

/// A script, or a map with a script.
fn read_sh<'a>(item: &Item<'a>, aside: &mut Aside<'a>, report: &mut Report) -> Option<Act> {
    let script = if item.is_map() {
        let [name, run, timeout] = item.fields(["name", "run", "timeout"], report)?;
        *aside = Aside { name, timeout };
        needed(item, "run", run, report)?
    } else {
        item.clone()
    };
    script.text(report).map(|run| Act::Sh { run: run.to_string() })
}

fn read_reboot(item: &Item<'_>, report: &mut Report) -> Option<Act> {
    let [within] = item.fields(["within"], report)?;
    let within = match within {
        Some(item) => item.span(Span::from_mins(1)..=Span::from_mins(90), report)?,
        None => Span::from_mins(15),
    };
    Some(Act::Reboot { within })
}

/// A length of time, or a map with one.
fn read_wait(item: &Item<'_>, report: &mut Report) -> Option<Act> {
    if !item.is_map() {
        return item.span(SECOND..=DAY, report).map(|time| Act::Wait { time });
    }
    let [time] = item.fields(["time"], report)?;
    let Some(time) = time else { return report.wrong(item.missing("time", LENGTH)) };
    time.span(SECOND..=DAY, report).map(|time| Act::Wait { time })
}

fn read_assert(item: &Item<'_>, reader: &Reader<'_>, report: &mut Report) -> Option<Act> {
    let [that, message] = item.fields(["that", "message"], report)?;
    let message = message.map(|item| item.text(report)).unwrap_or(Some(""));
    let that = needed(item, "that", that, report)?;
    let that = reader.expression(&that, report)?;
    Some(Act::Assert { that, message: message?.trim().to_string() })
}

fn read_copy(item: &Item<'_>, reader: &Reader<'_>, report: &mut Report) -> Option<Act> {
    let [from, to, mode] = item.fields(["from", "to", "mode"], report)?;
    let mode = mode.map_or(Some("0644"), |item| read_mode(&item, report));
    let from = needed(item, "from", from, report);
    let to = needed(item, "to", to, report);
    let from = from.and_then(|item| read_from(&item, reader, report));
    let to = to.and_then(|item| read_to(&item, report));
    Some(Act::Copy { from: from?, to: to?, mode: mode?.to_string() })
}

/// A file of the fleet directory, by its path from there.
fn read_from(item: &Item<'_>, reader: &Reader<'_>, report: &mut Report) -> Option<PathBuf> {
    const EXPECTED: &str = "the path of a file, relative to the fleet directory and inside it";
    let text = item.text(report)?;
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if text.contains(char::is_control) || !Path::new(text).components().all(inside) {
        let said = format!("`{}` is not a path inside the fleet directory", clip(text));
        return report.wrong(item.wrong(said, EXPECTED));
    }
    let path: PathBuf =
        Path::new(text).components().filter(|part| *part != Component::CurDir).collect();
    if let Err(why) = (reader.look)(&path) {
        return report.wrong(item.wrong(format!("`{}` {why}", clip(text)), EXPECTED));
    }
    Some(path)
}

/// A file on the host.
fn read_to(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.text(report)?;
    let rooted = text.strip_prefix("~/").or_else(|| text.strip_prefix('/'));
    let names_file = rooted.is_some_and(|rest| !rest.is_empty() && !rest.ends_with('/'));
    if !names_file || text.contains(char::is_control) {
        let said = format!("`{}` is not the path of a file on the host", clip(text));
        return report.wrong(item.wrong(said, "/PATH or ~/PATH, with the file's own name"));
    }
    Some(text.to_string())
}

fn read_mode<'a>(item: &Item<'a>, report: &mut Report) -> Option<&'a str> {
    const EXPECTED: &str = "three or four octal digits such as 0755";
    let text = item.raw(EXPECTED, report)?;
    let octal = text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if octal && matches!(text.len(), 3 | 4) {
        return Some(text);
    }
    report.wrong(item.wrong(format!("`{}` is not a mode", clip(text)), EXPECTED))
}
