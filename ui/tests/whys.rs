//! Why things wait: what only the planner knows is asked for when the fleet has changed, and shown
//! where somebody would look for it.

use hostler::model::{Held, JobId, Want};

use super::fleet::{Maker, host};
use super::session::{Run, standard};
use crate::ui::msg::{Answer, Effect, Msg, Query};

fn times_asked(run: &Run) -> usize {
    run.effects.iter().filter(|effect| **effect == Effect::Ask(Query::Held)).count()
}

fn held(want: Want, why: &str) -> Held {
    Held { want, why: why.into(), refused: Default::default() }
}

fn tell(run: &mut Run, held: Vec<Held>) {
    run.send(Msg::Told { query: Query::Held, answer: Ok(Answer::Held(held)) });
}

#[test]
fn what_a_pool_still_wants_stands_under_its_vms_and_why_a_job_waits_beside_it() {
    let mut run = standard();
    let job: JobId = *run.maker.snapshot().world.jobs.keys().next_back().unwrap();
    let pool = "concourse".parse().unwrap();
    let wants = Want::Pool { pool, missing: 2 };
    let all = vec![
        held(wants, "no host of 44 can take it: 40 full, 4 held"),
        held(Want::Job { job }, "1 of 3 VMs are out of service, 1 may be"),
    ];
    tell(&mut run, all);
    run.keys("3 z").sees("concourse wants 2 more: no host of 44 can take it: 40 full, 4 held");
    run.keys("4 z").resize(200, 60).sees("1 of 3 VMs are out of service, 1 may be");
    tell(&mut run, Vec::new());
    run.sees("0 under way").misses("out of service").keys("3").misses("wants 2 more");
}

#[test]
fn a_host_whose_turn_has_not_come_says_what_is_in_its_way() {
    let mut run = Run::new(120, 36, Maker::at_work());
    let world = run.maker.snapshot().world;
    let waits = |task: &hostler::model::HostTask| task.state.word() == "waiting";
    let open = world.jobs.values().filter(|job| !job.is_over());
    let job = open.into_iter().find(|job| job.hosts.values().any(waits)).unwrap();
    let (title, id) = (job.title(), job.id);
    tell(&mut run, vec![held(Want::Job { job: id }, "wave 1 is not over")]);
    run.keys(&format!(": {id} Enter")).sees(&title).sees("its turn: wave 1 is not over");
    // One of another job says nothing of this.
    let other = Want::Host { host: host("mac-0001"), job: JobId::from_bits(1) };
    tell(&mut run, vec![held(other, "nobody knows")]);
    run.misses("nobody knows").misses("wave 1 is not over");
}

#[test]
fn it_is_asked_for_after_a_change_and_not_while_nothing_changes() {
    let mut run = standard();
    let first = times_asked(&run);
    assert_eq!(first, 1);
    tell(&mut run, Vec::new());
    for _ in 0..5 {
        run.pass(3_000).heartbeat();
    }
    assert_eq!(times_asked(&run), first, "nothing has changed and nothing waits");
    run.entries(3).pass(100).heartbeat();
    assert_eq!(times_asked(&run), first + 1);
    run.entries(3).pass(100).heartbeat();
    assert_eq!(times_asked(&run), first + 1, "not before it was answered");
    let pool = "azure".parse().unwrap();
    tell(&mut run, vec![held(Want::Pool { pool, missing: 1 }, "next try in 20s")]);
    run.pass(100).heartbeat();
    assert_eq!(times_asked(&run), first + 1, "not at once again");
    run.pass(2_000).heartbeat();
    assert_eq!(times_asked(&run), first + 2, "entries have come since");
    tell(&mut run, vec![]);
}
