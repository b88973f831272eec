//! The program as somebody at a terminal meets it: drawn, resized, worked by keys and pointer,
//! suspended, ended in every way; and the terminal is whole afterwards.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "licence: tests start the program, look at its screen again and again, and wait"
)]

#[cfg(target_os = "linux")]
#[path = "common/idle.rs"]
mod idle;
#[path = "common/tmux.rs"]
mod tmux;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use idle::Work;
use tmux::{END, HOSTLER, Screen, Terminal, kill, within};

/// A small demo that costs little and is still soon complete.
const DEMO: &str = "demo --hosts 3 --speed 8";
/// A desktop that finds no controller: enough where only the terminal matters.
const ALONE: &str = "--connect unix:none";
const ALONE_SAYS: &str = "The controller cannot be reached";

/// The host's row in the window of hosts, which is the leftmost.
fn row(screen: &Screen, host: &str) -> String {
    let line = screen.0.lines().find(|line| line.split_whitespace().take(3).any(|w| w == host));
    line.unwrap_or("").to_string()
}

#[test]
fn the_desktop_is_drawn_at_every_size_and_left() {
    let t = Terminal::open(120, 36);
    t.hostler("", DEMO);
    let screen = t.until("whole fleet", |s| (1..=3).all(|n| s.has(&format!("mini-00{n}"))));
    for part in ["2:Hosts", "4:Jobs", "6:Events", "● live", "demo", "alice", "^Q Quit"] {
        assert!(screen.has(part), "no {part}:\n{}", screen.0);
    }
    // The night of the demo, not ours.
    assert!(screen.line("● live").trim_end().contains(" 01:0"), "{}", screen.0);
    assert_eq!(t.modes(), "1 1 1 1 0");
    t.resize(20, 5);
    let small = t.shows("needs 60x16, is 20x5");
    assert_eq!(small.line("needs"), "needs 60x16, is 20x5");
    t.resize(300, 90);
    t.until("all of a large screen", |s| {
        let wide = s.0.lines().any(|line| line.chars().count() == 300);
        wide && s.0.lines().nth(89).is_some_and(|line| line.contains("^Q Quit"))
    });
    t.resize(120, 36);
    t.until("the size before", |s| {
        s.has("mini-003") && s.0.lines().nth(35).is_some_and(|line| line.contains("^Q Quit"))
    });
    t.keys(&["C-q"]);
    t.ended(0);
    assert_eq!(t.left("hostler-demo-"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn the_fleet_is_worked_by_keys_and_pointer() {
    let t = Terminal::open(120, 36);
    t.hostler("", DEMO);
    let before = t.shows("mini-003").find("2:Hosts").unwrap();
    let (from, to) = ((before.0 + 12, before.1), (before.0 + 42, before.1 + 6));
    t.bytes(&[
        &Terminal::pointer(0, from, false),
        &Terminal::pointer(32, (from.0 + 9, from.1 + 3), false),
        &Terminal::pointer(32, to, false),
        &Terminal::pointer(0, to, true),
    ]);
    let there = t.until("moved window", |s| s.find("2:Hosts").is_some_and(|at| at != before));
    let after = there.find("2:Hosts").unwrap();
    assert!(after.0 > before.0, "{before:?} {after:?}");
    t.keys(&["T"]);
    t.until("tiles again", |s| s.find("2:Hosts") == Some(before));

    t.keys(&["/"]);
    t.text("mini-002");
    t.keys(&["Enter"]);
    t.until("one row", |s| row(s, "mini-001").is_empty() && !row(s, "mini-002").is_empty());
    t.keys(&["C"]);
    t.shows("Cordon mini-002?");
    t.text("disk r10");
    t.keys(&["Enter"]);
    t.shows("y = yes");
    t.keys(&["y"]);
    t.until("a cordoned host", |s| row(s, "mini-002").contains("cordoned"));
    t.keys(&["6", "/"]);
    t.text("mini-002 disk");
    t.keys(&["Enter"]);
    t.shows("cordon placed: disk r10");
    t.keys(&["2", "U"]);
    t.shows("Uncordon mini-002?");
    t.keys(&["y"]);
    t.until("a host at work again", |s| {
        let row = row(s, "mini-002");
        !row.is_empty() && !row.contains("cordoned")
    });
    t.keys(&["?"]);
    let help = t.shows("In this window");
    for key in ["C", "Cordon", "/", "Filter"] {
        assert!(help.has(key), "{}", help.0);
    }
    t.keys(&["C-q"]);
    t.ended(0);
}

#[test]
fn without_colours_and_without_fine_characters() {
    let t = Terminal::open(100, 30);
    t.hostler("NO_COLOR=1", &format!("{DEMO} --ascii"));
    let screen = t.shows("mini-003");
    assert!(screen.0.is_ascii(), "{}", screen.0);
    let coloured = t.coloured();
    let codes: Vec<Vec<&str>> = coloured
        .0
        .split("\x1b[")
        .skip(1)
        .filter_map(|part| Some(part.split_once('m')?.0.split(';').collect()))
        .collect();
    let colour = |code: &&str| code.parse().is_ok_and(|n: u16| matches!(n, 30..=48 | 90..=107));
    let no_colour = |code: &&str| matches!(*code, "39" | "49");
    let bad = codes.iter().flatten().find(|code| colour(code) && !no_colour(code));
    assert_eq!(bad, None, "{}", coloured.0);
    // In the list, under the map that names it too.
    let chosen = coloured.0.lines().rev().find(|line| line.contains("mini-001")).unwrap();
    let reversed = chosen.split("\x1b[").any(|part| {
        part.split_once('m').is_some_and(|(codes, _)| codes.split(';').any(|code| code == "7"))
    });
    assert!(reversed, "the row under the cursor looks like others: {chosen:?}");

    // Pasted keys mean nothing outside a field; what is typed afterwards still does.
    t.tmux(&["set-buffer", "C^Q\x11Ux\n"]);
    t.tmux(&["paste-buffer", "-p"]);
    // A report of the pointer in two pieces, and an arrow whose Esc came first.
    let third = t.screen().find("mini-003").unwrap();
    let press = Terminal::pointer(0, third, false);
    t.bytes(&[&press[..5]]);
    t.bytes(&[&press[5..]]);
    t.bytes(&[&Terminal::pointer(0, third, true)]);
    t.bytes(&["\x1b", "[C"]);
    t.keys(&["Enter"]);
    let host = t.shows("Host mini-003");
    assert!(!host.has("Cordon mini"), "{}", host.0);
    t.keys(&["C-q"]);
    t.ended(0);
}

#[test]
fn a_persons_file_is_obeyed_and_what_is_kept_stands_beside_it() {
    let t = Terminal::open(120, 36);
    let (file, kept) = (t.home().join("mine.yaml"), t.home().join("mine-kept.yaml"));
    let mine = "# mine\nmouse: false\nkeys: {quit: [^X], vms: [V]}\n";
    fs::write(&file, "keys: {drain: [^I]}\n").unwrap();
    let named = "HOSTLER_DESKTOP=mine.yaml";
    t.hostler(named, ALONE);
    t.shows("mine.yaml:1:16: keys.drain[0]: no terminal sends `^I` as such");
    t.ended(2);
    fs::write(&file, mine).unwrap();
    t.hostler(named, ALONE);
    t.until("the person's keys", |s| s.has(ALONE_SAYS) && s.has("^X Quit"));
    assert!(t.modes().starts_with("1 0 0"), "{}", t.modes());
    t.keys(&["V"]);
    t.shows("3:VMs");
    t.keys(&[","]);
    t.shows("(•) dark");
    t.keys(&["Down", "Enter"]);
    t.shows("(•) light");
    t.keys(&["C-x"]);
    t.ended(0);
    let text = fs::read_to_string(&kept).unwrap();
    assert!(text.contains("theme: light") && text.contains("window: vms"), "{text}");
    assert_eq!(fs::read_to_string(&file).unwrap(), mine);
    t.hostler(named, ALONE);
    t.shows("3:VMs");
    t.keys(&[","]);
    t.shows("(•) light");
    t.keys(&["C-x"]);
    t.ended(0);
}

#[test]
fn every_signal_that_ends_it_leaves_the_terminal_whole() {
    let t = Terminal::open(100, 30);
    for signal in ["TERM", "INT", "HUP"] {
        t.hostler("", ALONE);
        t.shows(ALONE_SAYS);
        let began = Instant::now();
        t.signal(signal);
        t.ended(0);
        assert!(began.elapsed() < END, "{signal}: {:?}", began.elapsed());
    }
    t.hostler("", ALONE);
    t.shows(ALONE_SAYS);
    // The terminal goes away.
    let pid = t.pid();
    t.tmux(&["kill-server"]);
    within(END, "its end with its terminal", || !alive(pid));
}

fn alive(pid: u32) -> bool {
    let ask = Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status();
    ask.unwrap().success()
}

#[test]
fn a_demo_that_is_told_to_end_leaves_nothing() {
    let t = Terminal::open(100, 30);
    t.hostler("", DEMO);
    t.shows("mini-003");
    let began = Instant::now();
    t.signal("TERM");
    t.ended(0);
    assert!(began.elapsed() < END, "{:?}", began.elapsed());
    assert_eq!(t.left("hostler-demo-"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn it_stops_and_goes_on() {
    let t = Terminal::open(100, 30);
    t.hostler("", ALONE);
    t.shows(ALONE_SAYS);
    t.keys(&["C-z"]);
    let stopped = t.shows("leftso");
    assert!(stopped.has("topped"), "{}", stopped.0);
    t.is_whole(&stopped);
    t.resize(90, 28);
    t.line("clear; fg; stty -a; echo \"at\"\"last\"");
    t.until("a desktop of the new size", |s| {
        s.has(ALONE_SAYS) && s.0.lines().nth(27).is_some_and(|line| line.contains("^Q Quit"))
    });
    assert_eq!(t.modes(), "1 1 1 1 0");
    t.keys(&["?"]);
    t.shows("In this window");
    t.keys(&["C-q"]);
    let screen = t.shows("atlast");
    t.is_whole(&screen);
}

/// The program breaks only if it was built to be able to.
#[cfg(debug_assertions)]
#[test]
fn a_panic_leaves_the_terminal_whole_and_says_why() {
    let t = Terminal::open(120, 36);
    t.hostler("HOSTLER_TEST_PANIC=1", DEMO);
    let screen = t.ended(1);
    assert!(screen.has("this drawing was told to break"), "{}", screen.0);
    assert!(screen.has("the desktop failed; what led to it is in "), "{}", screen.0);
    let [file] = &t.left("desktop-crash-")[..] else { panic!("no crash file:\n{}", screen.0) };
    let text = fs::read_to_string(file).unwrap();
    assert!(text.lines().next().is_some_and(|line| line.contains("\"version\"")), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.contains("drawn")), "{text}");
    assert_eq!(t.left("hostler-demo-"), Vec::<std::path::PathBuf>::new());
}

/// A process in the background, ended with the test.
struct Background(Child);

impl Background {
    fn start(t: &Terminal, args: &[&str]) -> Self {
        let log = format!("{}.log", args[0]);
        let log = fs::OpenOptions::new().create(true).append(true).open(t.home().join(log));
        let log = log.unwrap();
        let child = Command::new(HOSTLER)
            .args(args)
            .current_dir(t.home())
            .env("HOME", t.home())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        Self(child.unwrap())
    }
    /// Ends it as an operator would; gives how long it took.
    fn end(mut self) -> Duration {
        let began = Instant::now();
        kill(self.0.id(), "TERM");
        let status = self.0.wait().unwrap();
        assert!(status.success(), "{status}");
        began.elapsed()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The VMs in the window of them, by their ids.
fn vms(screen: &Screen) -> Vec<String> {
    let states = ["placed", "cloned", "booting", "ready"];
    let mut vms: Vec<String> = Vec::new();
    for line in screen.0.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let found = words.windows(2).find(|w| w[0].len() == 12 && states.contains(&w[1]));
        vms.extend(found.map(|w| w[0].to_string()));
    }
    vms.sort();
    vms
}

/// The desktop over a controller of one host, at which nobody answers: it hears a heartbeat each
/// second and asks for figures every other. It does nothing else, and nothing of its own accord.
#[cfg(target_os = "linux")]
#[test]
fn a_desktop_with_nothing_to_do_does_nothing() {
    let t = Terminal::open(120, 36);
    fs::create_dir_all(t.home().join("fleet/inventory")).unwrap();
    let text = "hosts: {a: {address: 127.0.0.1, user: ops, ssh: {port: 1}}}\n";
    fs::write(t.home().join("fleet/inventory/one.yaml"), text).unwrap();
    let controller = Background::start(&t, &["serve", "--fleet", "fleet", "--state", "state"]);
    within(Duration::from_secs(30), "a socket", || t.home().join("state/hostler.sock").exists());
    t.hostler("", "--connect unix:state/hostler.sock");
    t.until("a live desktop", |s| s.has("● live") && !row(s, "a").is_empty());
    let heard = Work::over(t.pid(), Duration::from_secs(4));
    // It is woken some 25 times; a redraw twenty times a second would make it a hundred.
    assert!(heard.wakes < 80 && heard.ticks < 100, "over a live controller: {heard:?}");
    // While the controller stands still, and before its silence is noticed after 5 s. A machine
    // that is busy may be late with what came before: then it is looked at again.
    let undisturbed = || {
        kill(controller.0.id(), "STOP");
        sleep(Duration::from_millis(500));
        let work = Work::over(t.pid(), Duration::from_millis(2_500));
        kill(controller.0.id(), "CONT");
        // It has been heard again by the next time.
        sleep(Duration::from_millis(1_500));
        work.wakes
    };
    let tries: Vec<u64> = (0..4).map(|_| undisturbed()).collect();
    // A timer of the runtime may come once or twice on its way to a later time.
    assert!(tries.iter().any(|wakes| *wakes <= 3), "it wakes of its own accord: {tries:?}");
    t.keys(&["C-q"]);
    t.ended(0);
    controller.end();
}

/// How many of them are ready.
fn ready(screen: &Screen) -> usize {
    let rows = vms(screen);
    let is = |id: &&String| screen.has(&format!("{id} ready "));
    rows.iter().filter(is).count()
}

#[test]
fn a_desktop_outlives_its_controller_and_so_do_the_vms() {
    let t = Terminal::open(200, 60);
    let _sim = Background::start(&t, &["sim", "serve", "--hosts", "3", "--dir", "fleet"]);
    let inventory = t.home().join("fleet/inventory/simulated.yaml");
    within(Duration::from_secs(30), "an inventory", || inventory.exists());
    let serve = ["serve", "--fleet", "fleet", "--state", "state"];
    let controller = Background::start(&t, &serve);
    within(Duration::from_secs(30), "a socket", || t.home().join("state/hostler.sock").exists());
    t.hostler("", "--connect unix:state/hostler.sock");
    // A simulated Mac takes its time: the clock is the wall's.
    let slow = Duration::from_secs(80);
    let screen = t.until_in(slow, "a VM that is ready", |s| vms(s).len() == 3 && ready(s) > 0);
    let before = vms(&screen);
    let took = controller.end();
    assert!(took < END, "the controller took {took:?} to end");
    t.shows("DISCONNECTED");
    let controller = Background::start(&t, &serve);
    t.until("the desktop attached again", |s| s.has("● live") && !s.has("DISCONNECTED"));
    // What was begun is ended by the new controller; what was ready still is.
    let screen = t.until_in(slow, "every VM ready", |s| ready(s) == 3);
    assert_eq!(vms(&screen), before, "{}", screen.0);
    assert!(!screen.has("died") && !screen.has("is gone"), "{}", screen.0);
    t.keys(&["C-q"]);
    t.ended(0);
    controller.end();
}
