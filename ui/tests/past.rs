//! The time machine: the fleet as it was, one event or ten minutes at a time, and nothing asked.

use std::sync::Arc;

use hostler::api::{Moment, Past};
use hostler::model::World;

use super::fleet::Maker;
use super::session::{Run, setup, standard};
use crate::ui::msg::{Answer, Effect, Msg, Query, Setup};

/// So many entries on either side of a moment come with it here.
const BESIDE: u64 = 20;

fn asked(run: &Run) -> Option<Moment> {
    run.effects.iter().rev().find_map(|effect| {
        let Effect::Ask(Query::Past(moment)) = effect else { return None };
        Some(*moment)
    })
}

fn times_asked(run: &Run) -> usize {
    let past = |effect: &&Effect| matches!(effect, Effect::Ask(Query::Past(_)));
    run.effects.iter().filter(past).count()
}

/// What the controller would tell of that moment.
pub fn past(maker: &Maker, moment: Moment) -> Past {
    let journal = maker.journal();
    let (first, last) = (&journal[0], journal.last().unwrap());
    let by = |at| journal.iter().rfind(|entry| entry.at <= at).map_or(0, |entry| entry.seq);
    let seq = moment.at.map_or(moment.seq.unwrap_or(last.seq), by).clamp(1, last.seq);
    let base = seq.saturating_sub(BESIDE);
    let mut world = World::default();
    for entry in journal.iter().filter(|entry| entry.seq <= base) {
        world.apply(entry).unwrap();
    }
    let around = base + 1..=base + 2 * BESIDE;
    let entries = journal.iter().filter(|entry| around.contains(&entry.seq)).cloned().collect();
    Past { world, entries, seq, from: first.at, to: last.at }
}

pub(super) fn answer(run: &mut Run) {
    let moment = asked(run).expect("nothing of the past was asked for");
    let told = Ok(Answer::Past(Box::new(past(&run.maker, moment))));
    run.send(Msg::Told { query: Query::Past(moment), answer: told });
}

/// Three hosts; then one was cordoned, and something else happened.
fn run() -> Run {
    let mut maker = Maker::new(3, 0);
    maker.cordon("mac-0002", "a new disk", "bob");
    maker.cordon("mac-0003", "another disk", "bob");
    Run::new(120, 36, maker)
}

#[test]
fn the_fleet_is_shown_as_it_was_and_nothing_can_be_asked_of_it() {
    let mut run = run();
    run.sees("2 cordoned").keys(": time Space machine Enter");
    answer(&mut run);
    run.sees("THE PAST, entry").sees("2 cordoned");
    run.keys("[").sees("1 cordoned").keys("[").misses("cordoned");
    run.keys("D").sees("Drain: you are looking at the past").misses("Drain 1 host");
    run.keys(": drain Space mac-0001 Enter").sees("you are looking at the past");
    // The present goes on beside it.
    let entry = Arc::new(run.maker.cordon("mac-0001", "a third", "bob"));
    run.send(Msg::Entry(entry)).misses("cordoned");
    run.keys("]").sees("1 cordoned");
    run.keys("Backspace").sees("3 cordoned").sees("live").misses("THE PAST");
    assert_eq!(times_asked(&run), 1, "a step is made of what is here already");
    assert!(run.orders().is_empty());
}

#[test]
fn what_is_not_here_is_asked_for_and_the_ends_are_ends() {
    let mut run = standard();
    let last = run.maker.journal().last().unwrap().seq;
    run.keys(": time Space machine Enter");
    answer(&mut run);
    for _ in 0..BESIDE {
        run.keys("[");
    }
    assert_eq!(times_asked(&run), 2);
    assert_eq!(asked(&run), Some(Moment { at: None, seq: Some(last - BESIDE) }));
    run.sees(&format!("entry {}", last - BESIDE + 1));
    answer(&mut run);
    run.sees(&format!("entry {}", last - BESIDE));
    // Ten minutes are longer than all of this journal.
    run.keys("{");
    answer(&mut run);
    run.sees("entry 1 ").keys("[").sees("entry 1 ").sees("No host");
    run.keys("}");
    answer(&mut run);
    run.sees(&format!("entry {last} ")).keys("]");
    answer(&mut run);
    run.sees(&format!("entry {last} "));
    let query = Query::Past(Moment { at: None, seq: Some(last - BESIDE) });
    for _ in 0..BESIDE {
        run.keys("[");
    }
    run.send(Msg::Told { query, answer: Err("entry 3 of the journal is damaged".into()) });
    run.sees("Time machine: entry 3 of the journal is damaged").sees("THE PAST");
}

#[test]
fn an_event_leads_to_the_fleet_at_that_moment_and_the_bar_anywhere() {
    let mut run = run();
    let entry = Arc::new(run.maker.cordon("mac-0001", "a third", "bob"));
    let then = run.maker.now();
    run.send(Msg::Entry(entry));
    run.entries(5).keys("6 Home t");
    assert_eq!(asked(&run), Some(Moment { at: Some(then), seq: None }));
    answer(&mut run);
    run.sees("THE PAST").keys("2").sees("3 cordoned");
    let (x, y) = run.find("█").unwrap();
    run.mouse(crate::ui::input::Does::Down, x - 6, y).misses("3 cordoned");
}

#[test]
fn what_happened_before_it_was_opened_is_among_the_events() {
    let mut run = run();
    let seq = run.maker.snapshot().seq;
    let asked = Effect::Ask(Query::Before(seq));
    assert_eq!(run.effects.iter().filter(|effect| **effect == asked).count(), 1);
    let entry = Arc::new(run.maker.cordon("mac-0001", "a third", "bob"));
    run.send(Msg::Entry(entry)).keys("6 z").misses("another disk");
    let told = past(&run.maker, Moment { at: None, seq: Some(seq) });
    let answer = Ok(Answer::Past(Box::new(told)));
    run.send(Msg::Told { query: Query::Before(seq), answer });
    run.sees("another disk").misses("THE PAST").keys("/ third Enter").sees("a third");
}

#[test]
fn the_past_has_its_pictures() {
    for (w, h) in [(80, 24), (120, 36)] {
        let mut run = Run::new(w, h, Maker::varied());
        run.keys(": time Space machine Enter");
        answer(&mut run);
        run.keys("[ [ [");
        super::pictures::keep(&format!("past-{w}x{h}"), &run.buf);
    }
}

#[test]
fn it_can_begin_in_the_past_and_says_what_is_no_time() {
    let maker = Maker::new(3, 0);
    let start = |text: &str| Setup { begin_at: Some(text.into()), ..setup() };
    let mut run = Run::bare(start("1s"), 120, 36, maker.clone());
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot.clone()));
    answer(&mut run);
    run.sees("THE PAST").resize(80, 24).sees("THE PAST");
    let mut run = Run::bare(start("noon"), 120, 36, maker);
    run.send(Msg::Snapshot(snapshot)).sees("`noon` is no time").misses("THE PAST");
    run.keys(": at Space later Enter").sees("`LATER` is no time");
    run.send(Msg::Lost { why: "gone".into(), next: run.now }).keys("m").keys("Esc");
    run.keys(": at Space 1s Enter").sees("not connected");
}
