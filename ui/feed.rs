//! What the controller sends, brought to the desktop: a snapshot, the entries after it, figures
//! of what is in sight. When the connection is lost it is tried again, ever less often.

use std::sync::Arc;

use hostler::api::{Live, Snapshot, StreamItem};
use hostler::model::{HostName, Span};
use tokio::sync::{Notify, mpsc, watch};

use super::clock::Clock;
use super::keep::Keep;
use super::msg::{Answer, Msg, Order, Query, Refused};

/// Where the desktop gets the fleet from, and to whom it gives orders.
pub trait Source: Send + Sync + 'static {
    /// The World as it is now.
    fn snapshot(&self) -> impl Future<Output = anyhow::Result<Snapshot>> + Send;
    /// The entries after `after`, heartbeats, and the word to take a snapshot again. The channel
    /// closes when the connection does; bound it to about a thousand.
    fn follow(
        &self,
        after: u64,
    ) -> impl Future<Output = anyhow::Result<mpsc::Receiver<StreamItem>>> + Send;
    /// The last figures of these hosts.
    fn samples(&self, hosts: Vec<HostName>) -> impl Future<Output = anyhow::Result<Live>> + Send;
    /// Has something done: what was done in a line, or why it was not.
    fn send(&self, order: Order) -> impl Future<Output = Result<String, Refused>> + Send;
    /// Gives the terminal, which is nobody's meanwhile, to a shell on this host until that ends;
    /// how it ended in a line.
    fn console(&self, host: HostName) -> impl Future<Output = Result<String, String>> + Send;
    /// Has something told, or says why it cannot be.
    fn ask(&self, query: Query) -> impl Future<Output = Result<Answer, String>> + Send;
    /// Keeps something for the next time, or says why it cannot be.
    fn keep(&self, keep: &Keep) -> Result<(), String>;
}

/// A connection that says nothing for so long is taken for lost: heartbeats come each second.
const SILENCE: Span = Span::from_secs(15);
/// The first wait before another try, and the longest.
const WAITS: (u64, u64) = (500, 15_000);
/// Figures are asked for with every so manieth heartbeat: no clock of their own wakes the desktop,
/// and a controller that is silent is asked for none.
const BEATS: usize = 2;

/// How to disturb the feed, and what it rings itself.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    /// Take a snapshot again.
    pub resync: Arc<Notify>,
    /// Try to connect now.
    pub retry: Arc<Notify>,
    /// A heartbeat has come.
    pub beat: Arc<Notify>,
}

/// How long to wait after so many failures; `noise` spreads desktops that lost the same server.
fn wait_after(failures: u32, noise: u64) -> Span {
    let longest = (WAITS.0 << failures.min(10)).min(WAITS.1);
    Span::from_millis(longest * 3 / 4 + noise % (longest / 4 + 1))
}

/// Feeds the desktop for as long as it listens.
pub async fn follow<S: Source>(source: Arc<S>, out: mpsc::Sender<Msg>, bell: Bell, clock: Clock) {
    let mut seq = None;
    let mut failures = 0;
    loop {
        if out.send(Msg::Trying).await.is_err() {
            return;
        }
        let ended = attach(&*source, &out, &bell, clock, &mut seq, &mut failures).await;
        let Err(why) = ended else {
            seq = None;
            continue;
        };
        let wait = wait_after(failures, clock.ms());
        failures += 1;
        let lost = Msg::Lost { why: format!("{why:#}"), next: clock.now() + wait };
        if out.send(lost).await.is_err() {
            return;
        }
        tokio::select! {
            () = clock.sleep(wait) => {}
            () = bell.retry.notified() => failures = 0,
        }
    }
}

/// Follows one connection to its end: `Ok` when a snapshot has to be taken again.
async fn attach<S: Source>(
    source: &S,
    out: &mpsc::Sender<Msg>,
    bell: &Bell,
    clock: Clock,
    seq: &mut Option<u64>,
    failures: &mut u32,
) -> anyhow::Result<()> {
    let after = match *seq {
        Some(seq) => seq,
        None => {
            let snapshot = source.snapshot().await?;
            let after = snapshot.world.seq;
            out.send(Msg::Snapshot(Arc::new(snapshot))).await?;
            after
        }
    };
    *seq = Some(after);
    let mut items = source.follow(after).await?;
    loop {
        let item = tokio::select! {
            item = items.recv() => item,
            () = bell.resync.notified() => return Ok(()),
            () = clock.sleep(SILENCE) => anyhow::bail!("no word for {SILENCE}"),
        };
        match item {
            Some(StreamItem::Entry(entry)) => {
                *seq = Some(entry.seq);
                out.send(Msg::Entry(entry.into())).await?;
            }
            Some(StreamItem::Heartbeat(beat)) => {
                *failures = 0;
                out.send(Msg::Heartbeat(beat)).await?;
                bell.beat.notify_one();
            }
            Some(StreamItem::Resync) => {
                out.send(Msg::Resync).await?;
                return Ok(());
            }
            None => anyhow::bail!("the controller closed the connection"),
        }
    }
}

/// Asks for the figures of what is in sight, while anything is.
pub async fn figures<S: Source>(
    source: Arc<S>,
    out: mpsc::Sender<Msg>,
    mut watched: watch::Receiver<Vec<HostName>>,
    bell: Bell,
) {
    loop {
        let hosts = watched.borrow_and_update().clone();
        if hosts.is_empty() {
            if watched.changed().await.is_err() {
                return;
            }
            continue;
        }
        // A failure here is one of the connection too, and is told by the one who follows it.
        if let Ok(live) = source.samples(hosts).await
            && out.send(Msg::Samples(live)).await.is_err()
        {
            return;
        }
        for _ in 0..BEATS {
            bell.beat.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use hostler::api::Heartbeat;
    use hostler::model::Timestamp;

    use super::*;
    use crate::ui::tests::fleet::Maker;

    #[test]
    fn waits_grow_to_their_end() {
        for (failures, least, most) in [(0, 375, 500), (1, 750, 1_000), (9, 11_250, 15_000)] {
            for noise in [0, 77, 99_999_999] {
                let wait = wait_after(failures, noise).as_millis();
                assert!((least..=most).contains(&wait), "{failures}: {wait}");
            }
        }
    }

    /// A controller that plays a script: each connection ends when its items are used up.
    struct Script {
        maker: Mutex<Maker>,
        connections: Mutex<Vec<Vec<StreamItem>>>,
        asked: Mutex<Vec<String>>,
    }
    impl Source for Script {
        async fn snapshot(&self) -> anyhow::Result<Snapshot> {
            self.asked.lock().unwrap().push("snapshot".into());
            Ok(self.maker.lock().unwrap().snapshot())
        }
        async fn follow(&self, after: u64) -> anyhow::Result<mpsc::Receiver<StreamItem>> {
            self.asked.lock().unwrap().push(format!("follow {after}"));
            let mut connections = self.connections.lock().unwrap();
            if connections.is_empty() {
                anyhow::bail!("nobody listens");
            }
            let items = connections.remove(0);
            let (to, from) = mpsc::channel(items.len().max(1));
            items.into_iter().for_each(|item| to.try_send(item).unwrap());
            Ok(from)
        }
        async fn samples(&self, _: Vec<HostName>) -> anyhow::Result<Live> {
            Ok(Live::default())
        }
        async fn send(&self, order: Order) -> Result<String, Refused> {
            Ok(order.title())
        }
        async fn console(&self, host: HostName) -> Result<String, String> {
            Ok(format!("Back from {host}"))
        }
        async fn ask(&self, _: Query) -> Result<Answer, String> {
            Ok(Answer::Why(Vec::new()))
        }
        fn keep(&self, _: &Keep) -> Result<(), String> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_lost_connection_goes_on_where_it_was_and_a_resync_starts_again() {
        let mut maker = Maker::new(3, 0);
        let first = maker.snapshot().seq;
        let entry = maker.cordon("mac-0001", "disk", "bob");
        let beat = Heartbeat { seq: entry.seq, at: Timestamp::default() };
        let connections = vec![
            vec![StreamItem::Entry(Box::new(entry)), StreamItem::Heartbeat(beat)],
            vec![StreamItem::Resync],
            vec![],
        ];
        let asked = Mutex::default();
        let before = Mutex::new(Maker::new(3, 0));
        let source = Arc::new(Script { maker: before, connections: connections.into(), asked });
        let (to, mut from) = mpsc::channel(64);
        let bell = Bell::default();
        let feed = tokio::spawn(follow(source.clone(), to, bell.clone(), Clock::start()));
        let mut heard = Vec::new();
        while heard.iter().filter(|word| *word == "lost").count() < 3 {
            let msg = from.recv().await.unwrap();
            if let Msg::Lost { .. } = msg {
                bell.retry.notify_one();
            }
            let told = format!("{msg:?}").to_lowercase();
            let word = told.split(['(', ' ']).next().unwrap_or("");
            heard.push(word.to_string());
        }
        feed.abort();
        let expected = "trying snapshot entry heartbeat lost trying resync trying snapshot lost \
                        trying lost";
        assert_eq!(heard.join(" "), expected);
        let follows = [first, first + 1, first, first].map(|seq| format!("follow {seq}"));
        let asked = source.asked.lock().unwrap().join(", ");
        let [a, b, c, d] = &follows;
        assert_eq!(asked, format!("snapshot, {a}, {b}, snapshot, {c}, {d}"));
    }

    #[tokio::test]
    async fn figures_are_asked_for_with_heartbeats_and_not_without() {
        let maker = Mutex::new(Maker::new(3, 0));
        let (connections, asked) = (Mutex::default(), Mutex::default());
        let source = Arc::new(Script { maker, connections, asked });
        let (to, mut from) = mpsc::channel(64);
        let (_watch, watched) = watch::channel(vec!["mac-0001".parse().unwrap()]);
        let bell = Bell::default();
        let asking = tokio::spawn(figures(source, to, watched, bell.clone()));
        assert!(matches!(from.recv().await, Some(Msg::Samples(_))), "at once");
        for _ in 0..3 {
            for _ in 0..BEATS {
                assert!(from.try_recv().is_err());
                bell.beat.notify_one();
                tokio::task::yield_now().await;
            }
            assert!(matches!(from.recv().await, Some(Msg::Samples(_))));
        }
        asking.abort();
    }
}
