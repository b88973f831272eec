//! Themes, glyphs and the rest of what can be set: tried on, kept, and brought back.

use hostler::model::Zone;

use super::fleet::Maker;
use super::session::{Run, setup};
use crate::ui::msg::{Effect, Msg, Setup};
use crate::ui::theme::{Depth, Theme, ThemeName};
use crate::ui::windows::WinKind;

fn dark() -> Run {
    Run::bare(Setup { theme: ThemeName::Dark, ..setup() }, 120, 36, Maker::varied())
}

#[test]
fn a_theme_is_shown_while_the_cursor_is_on_it_and_kept_by_enter_only() {
    let mut run = dark();
    let shown = |run: &Run| run.app.theme.clone();
    run.keys(",").sees("(•) dark").sees("( ) cvd-light");
    assert_eq!(shown(&run).name, ThemeName::Dark);
    run.keys("Down");
    assert_eq!(shown(&run), Theme::new(ThemeName::Light, Depth::Rgb), "at once");
    run.sees("(•) dark").keys("Down");
    assert_eq!(shown(&run).name, ThemeName::HighContrast);
    run.keys("Esc");
    assert_eq!((shown(&run).name, run.focus()), (ThemeName::Dark, Some(WinKind::Hosts)));
    run.keys(", Down Enter").sees("(•) light").sees("Theme: light").keys("Down Esc");
    assert_eq!(shown(&run).name, ThemeName::Light, "what was kept, not what was tried on");
    run.keys(", Down Tab");
    assert_eq!(shown(&run).name, ThemeName::Light, "only while the settings have the focus");
    run.keys(": theme Space mono Enter ,").sees("(•) mono");
    assert_eq!(shown(&run).name, ThemeName::Mono);
    run.keys(": theme Space mono Enter").sees("Theme mono: it is the theme now");
}

#[test]
fn glyphs_times_rows_and_the_pointer_can_be_set() {
    let zone: Zone = "Asia/Kolkata".parse().unwrap();
    let mut run = Run::bare(Setup { zone, ..setup() }, 120, 36, Maker::varied());
    run.keys(",").click("for terminals and fonts").sees("#=").keys("Esc").misses("#= 2:Hosts");
    run.keys(",").click("for terminals and fonts").keys("Enter Esc").sees("#= 2:Hosts");
    run.sees("+05:30").keys(",").click("as the journal has them").misses("+05:30");
    run.keys("Enter Esc").misses("+05:30").sees("14:00:");
    run.keys(",").click("it selects text");
    let told = |run: &Run| run.effects.iter().filter(|e| matches!(e, Effect::Mouse(_))).count();
    assert_eq!(told(&run), 0, "what the pointer does is not tried on");
    run.keys("Enter");
    assert!(run.effects.contains(&Effect::Mouse(false)));
    run.keys("F8");
    assert_eq!(run.effects.last(), Some(&Effect::Mouse(true)));
    run.click("they move as soon").click("they move as soon").sees("Rows: move");
}

#[test]
fn rows_that_are_not_held_move_at_once() {
    let mut run = Run::new(120, 36, Maker::new(9, 0));
    run.keys("2 z ,").click("they move as soon").keys("Enter Esc s s s");
    let first = |run: &Run| run.text().lines().nth(5).unwrap().to_string();
    let mut live = run.maker.live();
    live.samples.get_mut(&super::fleet::host("mac-0001")).unwrap().load = 99.0;
    run.keys("Down").send(Msg::Samples(live));
    assert!(first(&run).contains("mac-0001"), "{}", first(&run));
}
