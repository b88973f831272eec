//! The thin shell around the desktop: it waits for keys, the controller and signals, brings them
//! to the desktop as messages, carries out what comes back, and draws when it is time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use hostler::model::HostName;
use ratatui::crossterm::event::EventStream;
use rustix::process::Signal;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt as _;

use super::app::App;
use super::background::{Ear, Heard};
use super::clock::Clock;
use super::crash::Recorder;
use super::feed::{self, Bell, Source};
use super::guard::{self, Guard};
use super::input::{EscFilter, Input};
use super::msg::{Effect, Msg, Refused};
use super::output::Output;
use super::pacing::Pacer;
use super::signals::{Called, Signals};
use super::tty;
use super::{Options, Setup};

/// How many messages wait at most before the controller's side has to.
const WAITING: usize = 1_024;

/// Runs the desktop until it is left, and says why its layout is not kept, if it is not. The
/// terminal is given back whatever happens.
pub async fn run<S: Source>(options: Options, source: S) -> anyhow::Result<Option<String>> {
    let guard = Guard::enter(&format!("hostler {}", options.setup.cluster))?;
    let mut shell = Shell::start(options, guard, Arc::new(source))?;
    guard::mouse(shell.app.points());
    let ended = shell.serve().await;
    for task in &shell.tasks {
        task.abort();
    }
    guard::restore();
    ended?;
    Ok(shell.app.leave().and_then(|keep| shell.source.keep(&keep).err()))
}

/// Something to wake up for.
enum Wake {
    Input(Option<Input>),
    Msg(Msg),
    /// A time that was waited for.
    Time,
    Called(Called),
    /// A thread has panicked, and the hook has given the terminal back.
    Broken,
    /// The terminal or the process is to end.
    End,
}

struct Shell<S> {
    app: App,
    source: Arc<S>,
    guard: Guard,
    output: Output,
    recorder: Recorder,
    clock: Clock,
    pacer: Pacer,
    ear: Ear,
    esc: EscFilter,
    inbox: mpsc::Receiver<Msg>,
    outbox: mpsc::Sender<Msg>,
    bell: Bell,
    watched: watch::Sender<Vec<HostName>>,
    /// None while the terminal is another program's.
    keys: Option<EventStream>,
    /// The terminal is wanted for a shell on this host.
    console: Option<HostName>,
    signals: Signals,
    stop: Option<watch::Receiver<bool>>,
    crash_dir: Option<PathBuf>,
    breaks: bool,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    quit: bool,
}

/// Waits until main wants the desktop to end; for ever when it never will.
async fn stopped(stop: &mut Option<watch::Receiver<bool>>) {
    match stop {
        Some(stop) => drop(stop.wait_for(|stop| *stop).await),
        None => std::future::pending().await,
    }
}

impl<S: Source> Shell<S> {
    fn start(options: Options, guard: Guard, source: Arc<S>) -> anyhow::Result<Self> {
        let clock = Clock::start();
        let setup: Setup = options.setup;
        let asks = setup.unasked && guard::ask_background();
        let ear = if asks { Ear::asked(clock.ms()) } else { Ear::default() };
        let app = App::new(setup, Output::size(), clock.now());
        let (outbox, inbox) = mpsc::channel(WAITING);
        let (watched, watching) = watch::channel(Vec::new());
        let bell = Bell::default();
        let fed = feed::follow(source.clone(), outbox.clone(), bell.clone(), clock);
        let figures = feed::figures(source.clone(), outbox.clone(), watching, bell.clone());
        let hurries = Signals::listen()?.hurry();
        let tasks = vec![tokio::spawn(fed), tokio::spawn(figures), tokio::spawn(hurries)];
        Ok(Self {
            recorder: Recorder::new(&app, clock.now()),
            app,
            source,
            guard,
            output: Output::new(),
            clock,
            pacer: Pacer::default(),
            ear,
            esc: EscFilter::default(),
            inbox,
            outbox,
            bell,
            watched,
            keys: Some(EventStream::new()),
            console: None,
            signals: Signals::listen()?,
            stop: options.stop,
            crash_dir: options.crash_dir,
            breaks: options.breaks,
            tasks,
            quit: false,
        })
    }

    async fn serve(&mut self) -> anyhow::Result<()> {
        self.pacer.input(self.clock.ms());
        while !self.quit {
            if self.pacer.due().is_some_and(|due| due <= self.clock.ms()) {
                self.draw()?;
            }
            let wake = self.wait().await;
            match wake {
                Wake::Input(Some(input)) => self.input(input)?,
                Wake::Input(None) | Wake::End | Wake::Called(Called::End) => self.quit = true,
                Wake::Msg(msg) => self.drain(msg)?,
                Wake::Time => self.time()?,
                Wake::Called(Called::Suspend) => self.suspend(),
                Wake::Called(Called::Continued) => self.proceed()?,
                Wake::Broken => return Err(self.failed()),
            }
            if let Some(host) = self.console.take() {
                self.leave_for(host).await?;
            }
        }
        Ok(())
    }

    async fn wait(&mut self) -> Wake {
        let ms = self.clock.ms();
        let now = self.clock.now();
        let ticks = self.app.wake_at().map(|at| ms + at.since(now).as_millis());
        let hears = self.pacer.hears_from();
        let deaf = (ms < hears).then_some(hears);
        let next = [self.pacer.due(), self.esc.wake_at(), ticks, deaf].into_iter().flatten().min();
        tokio::select! {
            biased;
            () = guard::panicked() => Wake::Broken,
            () = stopped(&mut self.stop) => Wake::End,
            called = self.signals.next() => Wake::Called(called),
            event = next_input(&mut self.keys) => Wake::Input(event),
            Some(msg) = self.inbox.recv(), if deaf.is_none() => Wake::Msg(msg),
            () = self.clock.until(next) => Wake::Time,
        }
    }

    fn input(&mut self, input: Input) -> anyhow::Result<()> {
        let ms = self.clock.ms();
        self.pacer.input(ms);
        match input {
            Input::Key(key) => match self.ear.key(ms, key) {
                Heard::Key(key) => {
                    let keys = self.esc.key(ms, key);
                    keys.into_iter().try_for_each(|key| self.step(Msg::Key(key)))
                }
                Heard::Piece => Ok(()),
                Heard::Ground { light } => self.step(Msg::Ground { light }),
            },
            Input::Mouse(mouse) => self.step(Msg::Mouse(mouse)),
            Input::Paste(text) => self.step(Msg::Paste(text)),
            Input::Resize(w, h) => self.step(Msg::Resize(w, h)),
            Input::Focus(on) => self.step(Msg::Focus(on)),
        }
    }

    /// Takes everything in that has come, before anything is drawn.
    fn drain(&mut self, first: Msg) -> anyhow::Result<()> {
        self.pacer.data(self.clock.ms());
        self.step(first)?;
        for _ in 0..WAITING {
            let Ok(msg) = self.inbox.try_recv() else { break };
            self.step(msg)?;
        }
        Ok(())
    }

    fn time(&mut self) -> anyhow::Result<()> {
        let ms = self.clock.ms();
        for key in self.esc.due(ms) {
            self.pacer.input(ms);
            self.step(Msg::Key(key))?;
        }
        if self.app.wake_at().is_some_and(|at| at <= self.clock.now()) {
            self.pacer.data(ms);
            self.step(Msg::Tick)?;
        }
        Ok(())
    }

    fn step(&mut self, msg: Msg) -> anyhow::Result<()> {
        let now = self.clock.now();
        self.recorder.message(&self.app, now, &msg);
        let app = &mut self.app;
        match catch_unwind(AssertUnwindSafe(|| app.update(now, msg))) {
            Ok(effects) => effects.into_iter().try_for_each(|effect| self.carry_out(effect)),
            Err(_) => Err(self.failed()),
        }
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        self.recorder.drawn();
        let before = self.clock.ms();
        let (app, output) = (&mut self.app, &mut self.output);
        let breaks = self.breaks && app.world().is_some();
        let drawing = || {
            assert!(!breaks, "this drawing was told to break");
            output.draw(app)
        };
        match catch_unwind(AssertUnwindSafe(drawing)) {
            Ok(Err(_)) if tty::ends() => self.quit = true,
            Ok(drawn) => drawn.context("cannot write to the terminal")?,
            Err(_) => return Err(self.failed()),
        }
        let after = self.clock.ms();
        self.pacer.drawn(after, after.saturating_sub(before));
        Ok(())
    }

    /// Something panicked; the hook has given the terminal back and printed why.
    fn failed(&self) -> anyhow::Error {
        let Some(dir) = &self.crash_dir else { return anyhow::anyhow!("the desktop failed") };
        match self.recorder.write(dir) {
            Ok(path) => anyhow::anyhow!(
                "the desktop failed; what led to it is in {}: please report it with that file",
                path.display()
            ),
            Err(why) => why.context("the desktop failed, and its crash file cannot be written"),
        }
    }

    fn report(&self) -> Result<String, String> {
        let dir = self.crash_dir.as_ref().ok_or("there is no directory for such a file")?;
        let path = self.recorder.write(dir).map_err(|error| format!("{error:#}"))?;
        Ok(format!("What led to now is in {}: add it to your report", path.display()))
    }

    fn carry_out(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Send { ask, order } => {
                let (source, outbox) = (self.source.clone(), self.outbox.clone());
                tokio::spawn(async move {
                    let msg = match source.send(order).await {
                        Err(Refused::Stale(planned)) => Msg::Stale { ask, planned },
                        Err(Refused::Said(why)) => Msg::Answer { ask, result: Err(why) },
                        Ok(done) => Msg::Answer { ask, result: Ok(done) },
                    };
                    let _ = outbox.send(msg).await;
                });
            }
            Effect::Ask(query) => {
                let (source, outbox) = (self.source.clone(), self.outbox.clone());
                tokio::spawn(async move {
                    let answer = source.ask(query.clone()).await;
                    let _ = outbox.send(Msg::Told { query, answer }).await;
                });
            }
            Effect::Resync => self.bell.resync.notify_one(),
            Effect::Retry => self.bell.retry.notify_one(),
            Effect::Watch(hosts) => drop(self.watched.send(hosts)),
            Effect::Mouse(on) => guard::mouse(on),
            Effect::Console(host) => self.console = Some(host),
            Effect::Copy(text) => self.output.copy(&text)?,
            Effect::Report => {
                let written = self.report();
                self.step(Msg::Outside(written))?;
            }
            Effect::Keep(keep) => {
                if let Err(why) = self.source.keep(&keep) {
                    self.step(Msg::NotKept(why))?;
                }
            }
            Effect::Redraw => self.output.forget(),
            Effect::Suspend => self.suspend(),
            Effect::Quit => self.quit = true,
        }
        Ok(())
    }

    /// Gives the terminal to a shell on the host, and takes it again when that has ended.
    async fn leave_for(&mut self, host: HostName) -> anyhow::Result<()> {
        // Whoever reads keys from now on is not us.
        self.keys = None;
        guard::restore();
        let source = self.source.clone();
        let ended = tokio::select! {
            ended = source.console(host) => ended,
            () = self.signals.ending() => {
                self.quit = true;
                return Ok(());
            }
        };
        self.keys = Some(EventStream::new());
        // An interrupt was meant for the program that had the terminal.
        self.signals = Signals::listen()?;
        self.proceed()?;
        self.step(Msg::Outside(ended))
    }

    /// Gives the terminal back and stops the process; `proceed` follows when it is continued.
    fn suspend(&mut self) {
        guard::restore();
        let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::STOP);
    }

    /// The process goes on: somebody else has used the terminal meanwhile.
    fn proceed(&mut self) -> anyhow::Result<()> {
        guard::restore();
        self.guard.take()?;
        guard::mouse(self.app.points());
        self.output.forget();
        self.pacer.input(self.clock.ms());
        let (w, h) = Output::size();
        self.step(Msg::Resize(w, h))
    }
}

/// The next input that means something; none when the terminal has gone.
async fn next_input(keys: &mut Option<EventStream>) -> Option<Input> {
    let keys = keys.as_mut()?;
    loop {
        match keys.next().await {
            Some(Ok(event)) => {
                if let Some(input) = Input::of(event) {
                    return Some(input);
                }
            }
            Some(Err(_)) | None => return None,
        }
    }
}
