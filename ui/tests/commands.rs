//! A session for each command of the table: what is pressed, and how one sees that it was done.

use hostler::api::Moment;
use hostler::model::{Check, CheckName, Checkup};
use std::sync::Arc;

use super::calendar::calendar;
use super::session::{Run, standard};
use crate::ui::commands::{COMMANDS, Cmd, Side};
use crate::ui::desk::Place;
use crate::ui::keep::Keep;
use crate::ui::msg::{Answer, Effect, Msg, Query};
use crate::ui::past::Leap;
use crate::ui::theme::ThemeName;
use crate::ui::widgets::{ColumnOp, Motion};
use crate::ui::windows::{Leaf, ListOp, Scale, WinKind};

use Proof::{Does, Misses, Sees};

/// How one sees that a command was carried out.
enum Proof {
    Sees(&'static str),
    Misses(&'static str),
    Does(fn(&mut Run)),
}

/// For each command: what is pressed, and how one sees that it was carried out.
const PROOFS: &[(Cmd, &str, Proof)] = &[
    (
        Cmd::Time(Leap::Enter),
        ": time Space machine Enter",
        Does(|run| {
            let last = run.maker.snapshot().seq;
            let moment = Moment { at: None, seq: Some(last) };
            assert!(run.effects.contains(&Effect::Ask(Query::Past(moment))));
        }),
    ),
    (Cmd::Time(Leap::Back), "[", Sees("One event back: this is the present")),
    (Cmd::Time(Leap::On), "]", Sees("One event on: this is the present")),
    (Cmd::Time(Leap::FarBack), "{", Sees("Ten minutes back: this is the present")),
    (Cmd::Time(Leap::FarOn), "}", Sees("Ten minutes on: this is the present")),
    (Cmd::Time(Leap::Leave), "Backspace", Sees("Back to the present: this is the present")),
    (Cmd::Then, "6 t", Sees("The fleet then: no row is chosen")),
    (Cmd::Settings, ",", Does(|run| assert_eq!(run.focus(), Some(WinKind::Settings)))),
    (Cmd::Themes, "m Left Left Down Enter", Sees("Theme high-contrast")),
    (Cmd::Theme(ThemeName::Dark), "", Does(|run| themed(run, ThemeName::Dark))),
    (Cmd::Theme(ThemeName::Light), "", Does(|run| themed(run, ThemeName::Light))),
    (Cmd::Theme(ThemeName::HighContrast), "", Does(|run| themed(run, ThemeName::HighContrast))),
    (Cmd::Theme(ThemeName::CvdDark), "", Does(|run| themed(run, ThemeName::CvdDark))),
    (Cmd::Theme(ThemeName::CvdLight), "", Does(|run| themed(run, ThemeName::CvdLight))),
    (Cmd::Theme(ThemeName::Terminal), "", Does(|run| themed(run, ThemeName::Terminal))),
    (Cmd::Theme(ThemeName::Mono), "", Does(|run| themed(run, ThemeName::Mono))),
    (Cmd::Keep, ", Down Enter", Sees("Theme: light")),
    (Cmd::Retry, "r", Sees("Connect now: connected already")),
    (Cmd::Redraw, "^L", Does(|run| assert!(run.effects.contains(&Effect::Redraw)))),
    (Cmd::Suspend, "^Z", Does(|run| assert!(run.effects.contains(&Effect::Suspend)))),
    (Cmd::Quit, "^Q", Does(|run| assert!(run.effects.contains(&Effect::Quit)))),
    (Cmd::Show(WinKind::Map), "1", Does(|run| assert_eq!(run.focus(), Some(WinKind::Map)))),
    (Cmd::Show(WinKind::Hosts), "6 2", Does(|run| assert_eq!(run.focus(), Some(WinKind::Hosts)))),
    (Cmd::Show(WinKind::Vms), "3", Does(|run| assert_eq!(run.focus(), Some(WinKind::Vms)))),
    (Cmd::Show(WinKind::Jobs), "4", Does(|run| assert_eq!(run.focus(), Some(WinKind::Jobs)))),
    (
        Cmd::Show(WinKind::Schedule),
        "5",
        Does(|run| assert_eq!(run.focus(), Some(WinKind::Schedule))),
    ),
    (Cmd::Leaf(Leaf::Scale(Scale::Day)), "d", Sees("Thu 27 Aug 2026")),
    (Cmd::Leaf(Leaf::Scale(Scale::Week)), "d w", Sees("week 35")),
    (Cmd::Leaf(Leaf::Scale(Scale::Month)), "m", Sees("August 2026")),
    (Cmd::Leaf(Leaf::Today), "d Left Left t", Sees("Thu 27 Aug 2026")),
    (Cmd::Leaf(Leaf::Earlier), "d Left h", Sees("Tue 25 Aug 2026")),
    (Cmd::Leaf(Leaf::Later), "d Right l", Sees("Sat 29 Aug 2026")),
    (Cmd::RunJob, "Enter", Does(|run| assert_eq!(run.focus(), Some(WinKind::Job)))),
    (Cmd::PreviewRun, "p", Sees("Preview of the next run of image-refresh")),
    (Cmd::RunNow, "N", Sees("Run schedule image-refresh now?")),
    (Cmd::HoldSchedule, "H", Sees("Suspend schedule image-refresh?")),
    (Cmd::SkipNext, "S", Sees("Skip the next run of schedule image-refresh?")),
    (Cmd::Show(WinKind::Events), "6", Does(|run| assert_eq!(run.focus(), Some(WinKind::Events)))),
    (Cmd::Show(WinKind::Drains), ": drains Enter", Sees("No host is being drained.")),
    (Cmd::Show(WinKind::Metrics), ": metrics Enter", Sees("88 slots by state")),
    (Cmd::Show(WinKind::Playbooks), ": playbooks Enter", Sees("2 playbooks")),
    (Cmd::Show(WinKind::Pools), ": pools Enter", Sees("2 pools")),
    (Cmd::PoolVms, ": pools Enter Enter", Sees("3:VMs  / pool=azure")),
    (Cmd::PreviewBook, ": playbooks Enter p", Sees("Preview of nightly-wipe on 1 host")),
    (Cmd::Nth(7), "Enter 2 7", Does(|run| assert_eq!(run.focus(), Some(WinKind::Host)))),
    (
        Cmd::Nth(8),
        "? Enter 2 Enter 2 8",
        Does(|run| {
            assert_eq!(run.focus(), Some(WinKind::Host));
        }),
    ),
    (Cmd::Nth(9), "9", Sees("no window has number 9")),
    (Cmd::Open, "Enter", Sees("7:Host mac-0001")),
    (Cmd::ShowVm, "3 m Enter", Sees("7:VM 00000002b9d5")),
    (
        Cmd::Owner,
        "3 Down Down Down o",
        Does(|run| {
            assert_eq!(run.focus(), Some(WinKind::Hosts));
            run.keys("C").sees("Cordon mac-0002?");
        }),
    ),
    (
        Cmd::Copy,
        "y",
        Does(|run| {
            assert!(run.effects.contains(&Effect::Copy("mac-0001".into())));
            run.sees("Copied mac-0001");
        }),
    ),
    (Cmd::List(ListOp::Mark), "Space", Sees("1 marked")),
    (Cmd::List(ListOp::Range), "v Down v", Sees("2 marked")),
    (Cmd::List(ListOp::MarkAll), "/ bob Enter *", Sees("1 marked")),
    (Cmd::List(ListOp::Unmark), "Space u", Misses("marked")),
    (Cmd::Find, ":", Sees("═ Find")),
    (Cmd::Undo, "Z", Sees("═ Undo")),
    (Cmd::List(ListOp::Tint), "1 c", Sees("44 hosts by load")),
    (Cmd::Jump, "^O", Sees("Jump to: type the letters of a place")),
    (Cmd::Cordon, "C", Sees("Cordon mac-0001?")),
    (Cmd::Undrain, "E", Sees("Undrain: no host chosen is drained")),
    (
        Cmd::ShowJob,
        "4 Home Enter",
        Does(|run| {
            assert_eq!(run.focus(), Some(WinKind::Job));
            run.sees("respawn concourse").sees("the chosen VM");
        }),
    ),
    (
        Cmd::JobOf,
        ": drains Enter",
        Does(|run| {
            let job = run.maker.snapshot().world.jobs.keys().next().copied();
            let entry = run.maker.drain_hold(1, job, "disk");
            run.send(Msg::Entry(Arc::new(entry))).keys("o");
            assert_eq!(run.focus(), Some(WinKind::Job));
        }),
    ),
    (Cmd::CancelJob, "4 Home K", Sees("Cancel job")),
    (Cmd::RetryJob, "4 Home Down A", Sees("Retry job")),
    (Cmd::ResumeJob, "4 m Up Enter", Sees("Resume: the job is not paused")),
    (Cmd::Drain, "D", Sees("Drain 1 host")),
    (Cmd::Reboot, "R", Sees("Reboot 1 host")),
    (Cmd::Retire, "m Up Up Up Up Up Enter", Sees("Retire 1 host")),
    (
        Cmd::Console,
        "X y",
        Does(|run| {
            let left = Effect::Console("mac-0001".parse().unwrap());
            assert!(run.effects.contains(&left), "{:?}", run.effects);
        }),
    ),
    (
        Cmd::Doctor,
        ": doctor Enter",
        Does(|run| {
            run.sees("The doctor examines mac-0001");
            let query = Query::Doctor("mac-0001".parse().unwrap());
            assert!(run.effects.contains(&Effect::Ask(query.clone())), "{:?}", run.effects);
            let sleep = Check::fail(CheckName::Sleep, "it sleeps").fix("sudo pmset -a sleep 0");
            let found = Checkup {
                host: "mac-0001".parse().unwrap(),
                checks: vec![Check::ok(CheckName::Disk, "400 GiB are free"), sleep],
                missed: None,
            };
            let told = |run: &mut Run, answer| {
                run.send(Msg::Told { query: query.clone(), answer });
            };
            told(run, Ok(Answer::Doctor(Box::new(found.clone()))));
            run.sees("mac-0001: 1 ok, 1 fail").sees("fail     sleep").sees("sudo pmset -a sleep 0");
            run.keys("Esc").misses("sudo pmset");
            // Nothing is laid over a question that is being answered.
            run.keys(": doctor Enter C");
            told(run, Ok(Answer::Doctor(Box::new(found))));
            run.sees("Cordon mac-0001?").misses("sudo pmset").keys("Esc");
            told(run, Err("the controller does not answer".into()));
            run.sees("Doctor: the controller does not answer");
        }),
    ),
    (Cmd::Play, "P", Sees("Run nightly-wipe on 1 host")),
    (Cmd::Respawn, "3 Home m Up Enter", Sees("Respawn pool ")),
    (Cmd::Uncordon, "/ bob Enter U", Sees("Uncordon mac-0030?")),
    (
        Cmd::List(ListOp::Filter),
        "/ busy",
        Does(|run| {
            run.sees(" / busy").sees("2:Hosts  / busy");
        }),
    ),
    (Cmd::List(ListOp::Sort), "s", Sees("STATE▲")),
    (
        Cmd::List(ListOp::Flip),
        "i g",
        Does(|run| {
            run.sees("HOST▼").sees("mac-0044");
        }),
    ),
    (
        Cmd::List(ListOp::Group),
        "b",
        Does(|run| {
            run.sees(" busy  26 hosts ").sees("by state").keys("C").sees("Cordon mac-0001?");
            run.keys("Esc b")
                .sees("by macos")
                .keys("b")
                .sees("by site")
                .keys("b")
                .misses("by site");
        }),
    ),
    (Cmd::Columns, "c", Sees("═ Columns")),
    (Cmd::List(ListOp::Columns(ColumnOp::Wide)), "w", Sees("wide, columns 2-")),
    (Cmd::List(ListOp::Freeze), ".", Sees("frozen")),
    (Cmd::List(ListOp::Follow), "6 f", Misses("following")),
    (
        Cmd::List(ListOp::Part(true)),
        "4 Home Enter Tab",
        Does(|run| {
            run.sees("«the chosen VM»").keys("Enter").sees("«VMs»");
        }),
    ),
    (Cmd::List(ListOp::Part(false)), "4 Home Enter BackTab", Sees("«the chosen VM»")),
    (Cmd::List(ListOp::ZoomIn), "1 - - +", Sees("1 cell = 2 hosts")),
    (Cmd::List(ListOp::ZoomOut), "1 -", Sees("1 cell = 2 hosts")),
    (Cmd::List(ListOp::Left), "1 Right Right Left", Sees("r01  ◆ mac-0002")),
    (Cmd::List(ListOp::Right), "1 Right Right", Sees("r01  ◆ mac-0003")),
    (Cmd::SelectText, "F8", Does(|run| assert!(run.effects.contains(&Effect::Mouse(false))))),
    (Cmd::Next, "Tab", Does(|run| assert_eq!(run.focus(), Some(WinKind::Jobs)))),
    (Cmd::Previous, "BackTab", Does(|run| assert_eq!(run.focus(), Some(WinKind::Map)))),
    (
        Cmd::Zoom,
        "z",
        Does(|run| {
            run.sees("[▼]").misses("4:Jobs");
        }),
    ),
    (
        Cmd::Pin,
        "Enter : pin Enter 2 Down",
        Does(|run| {
            run.sees("7:Host mac-0001 (pinned)").keys("/").sees(" / ").keys("Esc");
            assert_eq!(run.focus(), Some(WinKind::Hosts));
            run.click("7:Host").keys(": unpin Enter 2").misses("(pinned)");
            run.sees("║ ◆ mac-0005   busy        2/2");
        }),
    ),
    (
        Cmd::Move,
        "W Right Shift-Down c Enter",
        Does(|run| {
            let place = run.app.desk.focused().unwrap().place;
            assert!(matches!(place, Place::Float(_)), "{place:?}");
        }),
    ),
    (
        Cmd::Tile,
        "z T",
        Does(|run| {
            run.sees("4:Jobs").sees("6:Events");
        }),
    ),
    (Cmd::Snap(Side::Left), "", Does(|run| snapped(run, "Left half", Side::Left))),
    (Cmd::Snap(Side::Right), "", Does(|run| snapped(run, "Right half", Side::Right))),
    (Cmd::Snap(Side::TopLeft), "", Does(|run| snapped(run, "Top left", Side::TopLeft))),
    (Cmd::Snap(Side::TopRight), "", Does(|run| snapped(run, "Top right", Side::TopRight))),
    (Cmd::Snap(Side::BottomLeft), "Tab", Does(|run| snapped(run, "Bottom left", Side::BottomLeft))),
    (Cmd::Snap(Side::BottomRight), "", Does(|run| snapped(run, "Bottom right", Side::BottomRight))),
    (Cmd::Windows, "0 jobs Enter", Does(|run| assert_eq!(run.focus(), Some(WinKind::Jobs)))),
    (
        Cmd::Layouts,
        ": layouts Enter drain Enter",
        Does(|run| {
            run.sees("Layout Drain day").sees("No host is being drained.").misses("Fleet map");
            assert_eq!(run.focus(), Some(WinKind::Drains));
        }),
    ),
    (
        Cmd::ResetLayout,
        "z ^W : reset Enter",
        Does(|run| {
            run.sees("2:Hosts").sees("The windows are as at first");
            let forgotten = Keep { key: "layout-standard".into(), value: None };
            assert_eq!(run.effects.last(), Some(&Effect::Keep(forgotten)));
        }),
    ),
    (
        Cmd::Close,
        "^W",
        Does(|run| {
            run.misses("2:Hosts").sees("4:Jobs");
        }),
    ),
    (
        Cmd::Help,
        "?",
        Does(|run| {
            run.sees("In this window").sees("Cordon…");
        }),
    ),
    (Cmd::Report, ": report Enter", Does(|run| assert!(run.effects.contains(&Effect::Report)))),
    (Cmd::Menu, "m", Sees("Mark all shown")),
    (Cmd::Back, "/ nowhere Enter Esc", Sees("44 hosts")),
    (Cmd::List(ListOp::Go(Motion::Up)), "Down Down Up C", Sees("Cordon mac-0002?")),
    (Cmd::List(ListOp::Go(Motion::Down)), "j C", Sees("Cordon mac-0002?")),
    (Cmd::List(ListOp::Go(Motion::PageUp)), "z End PgUp C", Sees("Cordon mac-0017?")),
    (Cmd::List(ListOp::Go(Motion::PageDown)), "z PgDn C", Sees("Cordon mac-0028?")),
    (Cmd::List(ListOp::Go(Motion::HalfUp)), "z End ^U C", Sees("Cordon mac-0030?")),
    (Cmd::List(ListOp::Go(Motion::HalfDown)), "z ^D C", Sees("Cordon mac-0015?")),
    (Cmd::List(ListOp::Go(Motion::First)), "End g C", Sees("Cordon mac-0001?")),
    (Cmd::List(ListOp::Go(Motion::Last)), "G C", Sees("Cordon mac-0044?")),
];

/// By the palette, and by the menu that hangs beside the first.
fn themed(run: &mut Run, name: ThemeName) {
    run.keys(&format!(": theme Space {} Enter", name.word()))
        .sees(&format!("Theme: {}", name.word()));
    assert_eq!(run.app.theme.name, name);
    let mut run = standard();
    run.click("≡").click("Theme").click(&format!("Theme {}", name.word()));
    assert_eq!(run.app.theme.name, name);
}

fn snapped(run: &mut Run, label: &str, side: Side) {
    run.keys("Esc").click("Window").click(label);
    assert_eq!(run.app.desk.focused().unwrap().place, Place::Snapped(side));
}

#[test]
fn every_command_of_the_table_does_what_it_says() {
    for command in COMMANDS {
        let proof = PROOFS.iter().find(|(cmd, _, _)| *cmd == command.id);
        let Some((_, keys, proof)) = proof else { panic!("no session for {}", command.label) };
        let mut run = match command.on == [WinKind::Schedule] {
            true => calendar(120, 36, false),
            false => standard(),
        };
        run.keys(keys);
        match proof {
            Sees(text) => drop(run.sees(text).orders()),
            Misses(text) => drop(run.misses(text).orders()),
            Does(check) => check(&mut run),
        }
        assert!(run.orders().is_empty(), "{}: asked without a prompt", command.label);
    }
}
