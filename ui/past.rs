//! The time machine: the same desktop over the fleet as it was. The present goes on beside it,
//! and nothing can be asked for while the past is looked at.

use hostler::api::{Moment, Past};
use hostler::model::{Entry, Span, Timestamp, World, Zone};

use super::app::App;
use super::desk::Notice;
use super::msg::{Answer, Effect, Query};
use super::replica::Replica;

/// How far the larger steps go.
const LEAP: Span = Span::from_mins(10);

/// A way through time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Leap {
    /// To where the present is now, to go back from there.
    Enter,
    /// One entry.
    Back,
    On,
    /// Ten minutes.
    FarBack,
    FarOn,
    /// Back to the present.
    Leave,
}

/// Where in the past it stands, as windows and bars show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stand {
    pub at: Timestamp,
    pub seq: u64,
    /// The ends of the journal.
    pub from: Timestamp,
    pub to: Timestamp,
}

/// The past as it is looked at.
#[derive(Clone, Debug)]
pub struct Lookback {
    /// Before the first of `entries`.
    base: World,
    entries: Vec<Entry>,
    stand: Stand,
    /// The fleet as it is: entries go on coming.
    pub present: Replica,
}

impl Lookback {
    fn new(past: Past, present: Replica) -> Self {
        let Past { world, entries, seq, from, to } = past;
        let stand = Stand { at: from, seq, from, to };
        Self { base: world, entries, stand, present }
    }

    /// Whether this entry can be stood at without asking.
    fn reaches(&self, seq: u64) -> bool {
        seq > self.base.seq && seq <= self.base.seq + self.entries.len() as u64
    }

    /// The entry of this number; they follow one another.
    fn entry(&self, seq: u64) -> Option<&Entry> {
        let place = seq.checked_sub(self.base.seq + 1)?;
        self.entries.get(usize::try_from(place).ok()?)
    }

    /// The last entry by this time, if it is one of those that are here.
    fn last_by(&self, at: Timestamp) -> Option<u64> {
        let (first, last) = self.entries.first().zip(self.entries.last())?;
        let inside = first.at <= at && (at < last.at || last.at >= self.stand.to);
        inside.then(|| self.entries.iter().rfind(|entry| entry.at <= at).map(|entry| entry.seq))?
    }

    /// The fleet after this entry, with what happened on the way to it.
    fn replica(&self, seq: u64) -> Replica {
        let mut replica = Replica::default();
        replica.begin_with(self.base.clone());
        for entry in self.entries.iter().take_while(|entry| entry.seq <= seq) {
            // They were folded before; what follows one that does not fold would not either.
            if replica.apply(entry).is_err() {
                break;
            }
        }
        replica
    }
}

impl App {
    /// Where in the past it stands.
    pub(super) fn stand(&self) -> Option<Stand> {
        self.past.as_ref().map(|past| past.stand)
    }

    /// The fleet as it is, whatever is looked at.
    pub(super) fn live(&mut self) -> &mut Replica {
        match &mut self.past {
            Some(past) => &mut past.present,
            None => &mut self.fleet,
        }
    }

    /// A time such as `03:00`, `2h` ago, or a whole moment; by the fleet's clock.
    pub(super) fn moment(&self, text: &str) -> Option<Timestamp> {
        let present = self.past.as_ref().map_or(&self.fleet, |past| &past.present);
        back_to(text, self.setup.zone, present.world()?.at)
    }

    /// It was to begin in the past: now that the fleet's time is known, it can.
    pub(super) fn begin_in_past(&mut self, out: &mut Vec<Effect>) {
        let Some(text) = self.setup.begin_at.take() else { return };
        match self.moment(&text) {
            Some(at) => self.travel(Moment { at: Some(at), seq: None }, out),
            None => self.notice = Some(Notice::failure(no_time(&text))),
        }
    }

    pub(super) fn leap(&mut self, leap: Leap, out: &mut Vec<Effect>) {
        let here = self.stand();
        let at = |seq| Moment { at: None, seq: Some(seq) };
        let by = |at| Moment { at: Some(at), seq: None };
        match (leap, here) {
            (Leap::Enter, None) => self.travel(at(self.fleet.seq()), out),
            (Leap::Leave, Some(_)) => self.leave_past(),
            (Leap::Back, Some(here)) => self.travel(at(here.seq.saturating_sub(1).max(1)), out),
            (Leap::On, Some(here)) => self.travel(at(here.seq + 1), out),
            (Leap::FarBack, Some(here)) => self.travel(by((here.at - LEAP).max(here.from)), out),
            (Leap::FarOn, Some(here)) => self.travel(by((here.at + LEAP).min(here.to)), out),
            (Leap::Enter, Some(_))
            | (Leap::Leave | Leap::Back | Leap::On | Leap::FarBack | Leap::FarOn, None) => {}
        }
    }

    /// So far along the journal, in thousandths of its time.
    pub(super) fn scrub(&mut self, part: u16, out: &mut Vec<Effect>) {
        let Some(here) = self.stand() else { return };
        let all = here.to.since(here.from).as_millis();
        let at = here.from + Span::from_millis(all * u64::from(part.min(1_000)) / 1_000);
        self.travel(Moment { at: Some(at), seq: None }, out);
    }

    /// Goes to a moment: at once where what is needed is here, else when the controller has told.
    pub(super) fn travel(&mut self, to: Moment, out: &mut Vec<Effect>) {
        let near = self.past.as_ref().and_then(|past| {
            let seq = to.seq.or_else(|| past.last_by(to.at?))?;
            past.reaches(seq).then_some(seq)
        });
        match near {
            Some(seq) => self.stand_at(seq),
            None => self.ask_past(to, out),
        }
    }

    fn ask_past(&mut self, to: Moment, out: &mut Vec<Effect>) {
        if !self.link.is_live() {
            self.notice = Some(Notice::failure("not connected: no more of the past can be had"));
            return;
        }
        self.ask_once(Query::Past(to), out);
    }

    /// Has the controller asked, unless it is asked already.
    pub(super) fn ask_once(&mut self, query: Query, out: &mut Vec<Effect>) {
        if !self.asking.contains(&query) {
            self.asking.push(query.clone());
            out.push(Effect::Ask(query));
        }
    }

    /// What led to the first snapshot. A controller that keeps no journal has nothing to tell.
    pub(super) fn before_told(&mut self, seq: u64, answer: Result<Answer, String>) {
        let Ok(Answer::Past(past)) = answer else { return };
        let earlier = Lookback::new(*past, Replica::default()).replica(seq);
        self.live().remember(earlier);
    }

    pub(super) fn past_told(&mut self, answer: Result<Answer, String>) {
        match answer {
            // Nobody asked: there is no present yet to come back to.
            Ok(Answer::Past(_)) if self.world().is_none() => {}
            Ok(Answer::Past(past)) => {
                let present = match self.past.take() {
                    Some(before) => before.present,
                    None => std::mem::take(&mut self.fleet),
                };
                let seq = past.seq;
                self.past = Some(Box::new(Lookback::new(*past, present)));
                self.stand_at(seq);
            }
            // An answer to another question.
            Ok(_) => {}
            Err(why) => self.notice = Some(Notice::failure(format!("Time machine: {why}"))),
        }
    }

    fn stand_at(&mut self, seq: u64) {
        let Some(past) = &mut self.past else { return };
        // The next entry only adds to what is shown.
        let next = past.entry(seq).filter(|_| seq == self.fleet.seq() + 1);
        let added = next.is_some_and(|entry| self.fleet.apply(entry).is_ok());
        if !added {
            self.fleet = past.replica(seq);
        }
        past.stand.seq = seq;
        past.stand.at = past.entry(seq).map_or(past.base.at, |entry| entry.at);
        (self.prompt, self.dialog) = (None, None);
    }

    fn leave_past(&mut self) {
        let Some(past) = self.past.take() else { return };
        self.fleet = past.present;
        self.fleet.all_changed();
        self.notice = Some(Notice::result("Back in the present", self.now));
    }
}

/// What is said of a text that is no time.
pub fn no_time(text: &str) -> String {
    format!("`{text}` is no time: 03:00, 2h or 2026-11-21T03:00:00Z is one")
}

/// The moment that a text means to who looks back: `03:00` when the clocks of the zone last showed
/// that, `2h` so long ago, or a whole moment.
fn back_to(text: &str, zone: Zone, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    let ago = text.to_lowercase().parse::<Span>().ok().map(|ago| now - ago);
    ago.or_else(|| text.parse().ok()).or_else(|| zone.last_at(text, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_last_time_that_clocks_showed_it() {
        let now: Timestamp = "2026-11-21T02:30:00Z".parse().unwrap();
        let zurich: Zone = "Europe/Zurich".parse().unwrap();
        for (text, at) in [
            ("03:00", "2026-11-21T02:00:00Z"),
            ("03:30:00", "2026-11-21T02:30:00Z"),
            ("03:31", "2026-11-20T02:31:00Z"),
            ("2h", "2026-11-21T00:30:00Z"),
            ("2026-11-20T22:00:00Z", "2026-11-20T22:00:00Z"),
        ] {
            assert_eq!(back_to(text, zurich, now), Some(at.parse().unwrap()), "{text}");
        }
        for text in ["", "25:00", "noon", "3"] {
            assert_eq!(back_to(text, zurich, now), None, "{text}");
        }
    }
}
