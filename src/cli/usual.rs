//! How long steps usually take: the median over the same step of the same playbook in tasks that
//! are over, as far as the World still knows them.

use std::collections::BTreeMap;

use hostler::model::{Job, Span, StepAt, StepEnd, World};

/// The usual length of the steps of one job's playbook.
pub(crate) type Usual = BTreeMap<StepAt, Span>;

/// What is known of the steps of `of`'s playbook.
pub(crate) fn usual(world: &World, of: &Job) -> Usual {
    let Some(play) = &of.play else { return Usual::new() };
    let mut took: BTreeMap<StepAt, Vec<Span>> = BTreeMap::new();
    for job in world.jobs.values() {
        let Some(other) = job.play.as_ref().filter(|p| p.playbook.name == play.playbook.name)
        else {
            continue;
        };
        for task in job.hosts.values().filter(|task| task.state.is_over()) {
            for done in task.log.iter().filter(|done| done.end == StepEnd::Done) {
                // The file may have changed between the jobs: another act is another step.
                let same = play.playbook.step(done.at) == other.playbook.step(done.at);
                if same {
                    took.entry(done.at).or_default().push(done.ended.since(done.began));
                }
            }
        }
    }
    took.into_iter().filter_map(|(at, spans)| Some((at, median(spans)?))).collect()
}

/// The middle one; of two in the middle the longer.
fn median(mut spans: Vec<Span>) -> Option<Span> {
    spans.sort();
    spans.get(spans.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        let of = |secs: &[u64]| median(secs.iter().map(|s| Span::from_secs(*s)).collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[9]), Some(Span::from_secs(9)));
        assert_eq!(of(&[900, 1, 5]), Some(Span::from_secs(5)));
        assert_eq!(of(&[4, 1]), Some(Span::from_secs(4)));
    }
}
