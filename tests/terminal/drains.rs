//! A host is drained from end to end and takes work again: once by keys alone, once by the pointer
//! alone. Only the reason is typed in the one and pasted in the other.

use crate::tmux::{Screen, Terminal};
use crate::{DEMO, row};

/// The window of drains is all there is on the screen, and its one row says this.
fn alone(screen: &Screen, says: &str) -> bool {
    screen.has("1 drain") && row(screen, "mini-002").contains(says)
}

/// The plan for what the fields say now is there.
fn planned(screen: &Screen) -> bool {
    screen.has("to go") && screen.has("[ ] do not wait") && !screen.has("Drain 1 host...")
}

#[test]
fn a_host_is_drained_by_keys_alone() {
    let t = Terminal::open(120, 36);
    t.hostler("", DEMO);
    t.shows("mini-003");
    t.keys(&[":"]);
    t.shows(" Find ");
    t.text("mini-002");
    t.keys(&["Enter"]);
    t.shows("Host mini-002");
    t.keys(&["D"]);
    t.until("a plan", planned);
    t.text("disk r10");
    t.keys(&["Enter"]);
    t.until("a plan with its reason", |s| planned(s) && s.has("--reason 'disk r10'"));
    t.keys(&["Tab", "Enter"]);
    t.until("no dialog", |s| !s.has("do not wait"));
    t.keys(&[":"]);
    t.shows(" Find ");
    t.text("drains");
    t.keys(&["Enter"]);
    t.shows(":Drains");
    t.keys(&["z"]);
    let drained = t.until("a drained host", |s| alone(s, "drained"));
    assert!(row(&drained, "mini-002").contains("disk r10"), "{}", drained.0);
    t.keys(&["E"]);
    t.shows("y = yes");
    t.keys(&["y"]);
    t.until("the end of the drain", |s| alone(s, "ended"));
    t.keys(&["C-w", "2"]);
    t.until("a host at work again", |s| {
        let row = row(s, "mini-002");
        !row.is_empty() && !row.contains("drain")
    });
    t.keys(&["C-q"]);
    t.ended(0);
}

/// Clicks on a text as soon as it is there, on the line that has another text too.
fn click_on(t: &Terminal, text: &str, beside: &str) {
    let at = |s: &Screen| {
        let y = s.0.lines().position(|line| line.contains(text) && line.contains(beside))?;
        let line = s.0.lines().nth(y)?;
        Some((line[..line.find(text)?].chars().count() + 1, y))
    };
    let screen = t.until(&format!("`{text}` beside `{beside}`"), |s| at(s).is_some());
    t.click(at(&screen).unwrap(), 1);
}

/// Opens the menu of hosts and chooses one of its items. The hints may name it too.
fn choose_in_host(t: &Terminal, item: &str) {
    click_on(t, "Host ", "Fleet");
    t.shows("Mark all shown");
    click_on(t, item, "");
}

/// Clicks on the row of the host in the leftmost window.
fn click_on_row(t: &Terminal, host: &str) {
    let screen = t.until("its row", |s| !row(s, host).is_empty());
    let line = row(&screen, host);
    let y = screen.0.lines().position(|other| other == line).unwrap();
    t.click((line[..line.find(host).unwrap()].chars().count(), y), 1);
}

#[test]
fn a_host_is_drained_by_the_pointer_alone() {
    let t = Terminal::open(120, 36);
    t.hostler("", DEMO);
    t.shows("mini-003");
    click_on_row(&t, "mini-002");
    choose_in_host(&t, "Drain…");
    let dialog = t.until("a plan", planned);
    let (x, y) = dialog.find("Reason  ").unwrap();
    t.click((x + 12, y), 1);
    t.paste("disk r10\nC");
    t.until("the reason", |s| s.has("--reason 'disk r10'"));
    // The plan for what the field says now is still to come: one press is enough all the same.
    click_on(&t, "Drain 1 host", "Cancel");
    t.until("no dialog", |s| !s.has("do not wait"));
    click_on(&t, "Fleet", "Schedule");
    click_on(&t, "Drains", "");
    let window = t.shows(":Drains");
    t.click(window.find(":Drains").unwrap(), 2);
    let drained = t.until("a drained host", |s| alone(s, "drained"));
    assert!(row(&drained, "mini-002").contains("disk r10"), "{}", drained.0);
    click_on_row(&t, "mini-002");
    choose_in_host(&t, "Undrain…");
    click_on(&t, "y = yes", "");
    t.until("the end of the drain", |s| alone(s, "ended"));
    click_on(&t, "^Q Quit", "");
    t.ended(0);
}
