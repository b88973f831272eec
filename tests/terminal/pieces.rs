//! What a terminal sends that is not keys one by one: sequences in pieces, and pasted text.

use std::thread::sleep;
use std::time::Duration;

use crate::tmux::{END, Screen, Terminal, within};
use crate::{ALONE, ALONE_SAYS, DEMO, row};

/// Less than an Esc is held back for what belongs to it.
const GAP: Duration = Duration::from_millis(5);

/// On a slow link an arrow comes as Esc and, a little later, `[A`. In a field as Esc it would throw
/// the text away, and as text it would spoil it.
#[test]
fn an_arrow_that_comes_in_pieces_is_neither_esc_nor_text() {
    let t = Terminal::open(120, 36);
    t.hostler("", DEMO);
    t.shows("mini-003");
    let mut control = t.control();
    let mut torn = || {
        t.keys(&["2", "/", "C-u"]);
        t.text("mini");
        t.shows("/ mini ");
        control.bytes("\x1b");
        sleep(GAP);
        control.bytes("[A");
        t.text("-002");
        t.keys(&["Enter"]);
        let filtered = |s: &Screen| row(s, "mini-001").is_empty() && !row(s, "mini-002").is_empty();
        // After an Esc the digits are a command: the list of windows.
        let other = |s: &Screen| s.has("═ Windows") || s.has(":Host mini-") || s.has("/ mini[");
        let ended = t.until("a filter or none", |s| filtered(s) || other(s));
        assert!(!ended.has("/ mini["), "{}", ended.0);
        filtered(&ended)
    };
    // On a machine that is busy what follows may come too late, and the Esc was one: then again.
    let whole = (0..30).any(|_| {
        let whole = torn();
        if !whole {
            t.keys(&["Escape", "C-w"]);
            t.until("nothing before the windows", |s| !s.has(":Host mini-") && !s.has("═ Windows"));
        }
        whole
    });
    assert!(whole, "it was an Esc each time");
    t.keys(&["C-q"]);
    t.ended(0);
}

#[test]
fn what_is_pasted_goes_into_the_field_that_has_the_focus_or_nowhere() {
    let t = Terminal::open(120, 36);
    t.hostler("", DEMO);
    t.shows("mini-003");
    // Outside a field no letter of it is a command, and the next key is one.
    t.paste("2C disk\ny\x11");
    t.keys(&["2", "C"]);
    t.shows("Cordon mini-001?");
    // Into the field goes its first line; the line's end presses nothing.
    t.paste("disk r10\ny");
    t.until("a reason and still a prompt", |s| s.has("disk r10") && s.has("Enter = on"));
    t.keys(&["Enter"]);
    t.shows("y = yes");
    // In a question what is pasted answers nothing: it is the reason's still.
    t.paste("y");
    t.keys(&["Tab"]);
    t.shows("Enter = on");
    t.text("!");
    let asked = t.shows("disk r10!");
    assert!(!row(&asked, "mini-001").contains("cordoned"), "{}", asked.0);
    t.keys(&["Enter"]);
    t.shows("y = yes");
    t.keys(&["y"]);
    t.until("a cordoned host", |s| row(s, "mini-001").contains("cordoned"));
    t.keys(&["C-q"]);
    t.ended(0);
}

/// The terminal's answer about its ground comes among the keys.
#[test]
fn where_the_terminal_says_that_its_ground_is_light_the_theme_is_too() {
    let t = Terminal::open(120, 36);
    t.hostler("", ALONE);
    t.shows(ALONE_SAYS);
    // The ground of windows, among 256 colours.
    let light = "48;5;231m";
    assert!(!t.coloured().has(light));
    t.bytes(&["\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "?"]);
    t.shows("In this window");
    within(END, "the light theme", || t.coloured().has(light));
    // None of it was a key: its digits would have gone to the map, and this help is of the hosts.
    assert!(t.screen().has("mark-all"), "{}", t.screen().0);
    t.keys(&["C-q"]);
    t.ended(0);
}
