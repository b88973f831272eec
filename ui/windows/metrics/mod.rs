//! Metrics: slots by state, VMs by pool, jobs and failures, each with how it went over the last
//! minutes; and the load of every host as a map of hosts by time.

mod line;

use hostler::model::{HostName, PoolName, Timestamp, World};
use ratatui::layout::Rect;

use super::listing::{page, waiting};
use super::{Ctx, HostRows, HostView, Inside, ListOp, View};
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::course::{Figures, JOBS, KEPT, SLOTS, VMS};
use crate::ui::desk::WinId;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Rows, Sheet};

use line::Axis;

/// A figure of which a course is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Series {
    Slots(usize),
    Vms(PoolName, usize),
    Jobs(usize),
    Failures,
}

impl Series {
    /// Its value; of failures how many there have been.
    fn value(&self, figures: &Figures) -> usize {
        match self {
            Self::Slots(state) => figures.slots[*state],
            Self::Vms(pool, state) => figures.pools.get(pool).map_or(0, |counts| counts[*state]),
            Self::Jobs(state) => figures.jobs[*state],
            Self::Failures => figures.failures,
        }
    }
    /// It is shown even if it never was anything but nought.
    fn always(&self) -> bool {
        match self {
            Self::Slots(state) => matches!(SLOTS[*state], "free" | "occupied"),
            Self::Vms(_, state) => VMS[*state] != "going",
            Self::Jobs(state) => JOBS[*state] == "running",
            Self::Failures => true,
        }
    }
    fn word(&self) -> &'static str {
        match self {
            Self::Slots(state) => SLOTS[*state],
            Self::Vms(_, state) => VMS[*state],
            Self::Jobs(state) => JOBS[*state],
            Self::Failures => "failures",
        }
    }
}

/// A line above those of the hosts.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Row {
    Head(String),
    Figure(Series),
}

/// The window of figures.
#[derive(Clone, Debug, Default)]
pub struct MetricsView {
    now: Figures,
    rows: Vec<Row>,
    hosts: Vec<HostName>,
    sheet: Sheet,
}

impl MetricsView {
    fn host_at(&self, line: usize) -> Option<&HostName> {
        self.hosts.get(line.checked_sub(self.rows.len())?)
    }
    fn chosen(&self) -> Option<&HostName> {
        self.host_at(self.sheet.at()?)
    }

    fn rebuild(&mut self, fleet: &Replica, world: &World, hosts: bool) {
        let line = self.sheet.at();
        let host = self.chosen().cloned();
        let row = line.and_then(|line| self.rows.get(line)).cloned();
        if hosts {
            self.hosts = world.hosts.keys().cloned().collect();
        }
        self.now = fleet.figures();
        self.rows = rows(fleet, &self.now, self.hosts.len());
        let bare = |(n, row): (usize, &Row)| matches!(row, Row::Head(_)).then_some(n);
        let bare = self.rows.iter().enumerate().filter_map(bare).collect();
        self.sheet.count(self.rows.len() + self.hosts.len(), bare);
        let place = match (&host, &row) {
            (Some(host), _) => {
                self.hosts.binary_search(host).ok().map(|place| place + self.rows.len())
            }
            (None, Some(row)) => self.rows.iter().position(|other| other == row),
            (None, None) => None,
        };
        if let Some(place) = place {
            self.sheet.seek(place);
        }
    }

    /// How a figure went up to this step: one value for each, as far as it is known.
    fn values(&self, fleet: &Replica, series: &Series, end: i64) -> Vec<Option<usize>> {
        let course = fleet.course();
        // Of a step what there was at its end; of the one that goes on, what there is now.
        let at = |step: i64| Some(series.value(course.figures(step + 1, &self.now)?));
        let steps = end - KEPT as i64 + 1..=end;
        let value = |step| match series {
            // What is new is told, not how many there have been.
            Series::Failures => Some(at(step)?.saturating_sub(at(step - 1)?)),
            Series::Slots(_) | Series::Vms(..) | Series::Jobs(_) => at(step),
        };
        steps.map(value).collect()
    }
}

/// The figures that are shown, under their headings.
fn rows(fleet: &Replica, now: &Figures, hosts: usize) -> Vec<Row> {
    let seen =
        |series: &Series| series.always() || fleet.course().ever(now, |f| series.value(f) > 0);
    let mut out = Vec::new();
    let mut put = |head: String, all: Vec<Series>| {
        out.push(Row::Head(head));
        out.extend(all.into_iter().filter(seen).map(Row::Figure));
    };
    let slots = text::plural(now.slots.iter().sum(), "slot");
    put(format!("{slots} by state"), (0..SLOTS.len()).map(Series::Slots).collect());
    for (pool, counts) in &now.pools {
        let vms = text::plural(counts.iter().sum(), "VM");
        let all = (0..VMS.len()).map(|state| Series::Vms(pool.clone(), state)).collect();
        put(format!("{vms} of pool {pool}"), all);
    }
    put("jobs by state".into(), (0..JOBS.len()).map(Series::Jobs).collect());
    put("failures heard of here, and when they were new".into(), vec![Series::Failures]);
    put(format!("load of {}, by its cores", text::plural(hosts, "host")), Vec::new());
    out
}

impl Inside for MetricsView {
    fn name(&self) -> String {
        "Metrics".into()
    }
    fn footer(&self) -> String {
        let (seen, all) = (self.sheet.seen(), self.rows.len() + self.hosts.len());
        match seen.len() < all {
            true => format!("lines {}-{} of {}", seen.start + 1, seen.end, text::count(all)),
            false => String::new(),
        }
    }
    fn list(&mut self, _: &Replica, op: ListOp) -> bool {
        op.moved().map(|moved| self.sheet.moved(moved)).is_some()
    }
    fn host(&self, _: &Replica) -> Option<HostName> {
        self.chosen().cloned()
    }
    fn opens(&self, _: &Replica) -> Option<View> {
        Some(View::Host(HostView::new(self.chosen()?.clone())))
    }
    fn copy(&self, _: &Replica) -> Option<String> {
        let line = self.sheet.at()?;
        match self.rows.get(line) {
            Some(Row::Figure(series)) => {
                Some(format!("{} {}", series.value(&self.now), series.word()))
            }
            Some(Row::Head(head)) => Some(head.clone()),
            None => self.host_at(line).map(HostName::to_string),
        }
    }
    fn rows(&self) -> (bool, usize) {
        (self.sheet.at().is_some(), 0)
    }
    fn watches(&self) -> Vec<HostName> {
        self.sheet.seen().filter_map(|line| self.host_at(line)).cloned().collect()
    }
    fn refresh(&mut self, fleet: &Replica, changed: &Changed, _: bool) {
        let Some(world) = fleet.world() else { return };
        // Every entry is noted.
        if changed.all || !changed.notes.is_empty() {
            self.rebuild(fleet, world, changed.all);
        }
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        canvas.faded = ctx.stale;
        if self.hosts.is_empty() {
            let none = || HostRows::NONE.map(|said| (said.to_string(), Token::Text)).to_vec();
            let lines = ctx.fleet.world().map_or_else(|| waiting(ctx), |_| none());
            page(canvas, area, &lines);
        } else {
            let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
            let axis = Axis::new(inner, ctx.fleet.course().end(until(ctx)));
            axis.draw_head(canvas);
            let body = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
            self.draw_lines(ctx, canvas, body, &axis, (win, focused));
        }
        canvas.faded = false;
    }
}

/// Up to when figures are known.
fn until(ctx: &Ctx) -> Timestamp {
    if ctx.past.is_some() { ctx.there } else { ctx.heard_there }
}

impl MetricsView {
    fn draw_lines(
        &mut self,
        ctx: &Ctx,
        canvas: &mut Canvas,
        area: Rect,
        axis: &Axis,
        (win, focused): (WinId, bool),
    ) {
        let seen = self.sheet.in_sight(usize::from(area.height));
        let chosen = if focused { Token::Sel } else { Token::SelOff };
        for (y, n) in (area.top()..area.bottom()).zip(seen) {
            let row = Rect { y, height: 1, ..area };
            match (self.rows.get(n), self.host_at(n)) {
                (Some(Row::Head(said)), _) => {
                    canvas.fill(row, canvas.glyphs.rule(), Token::Frame);
                    canvas.text(row.x + 1, y, &format!(" {said} "), Token::Title);
                    continue;
                }
                (Some(Row::Figure(series)), _) => {
                    let values = self.values(ctx.fleet, series, axis.end);
                    axis.draw_figure(canvas, y, series, series.value(&self.now), &values);
                }
                (None, Some(host)) => axis.draw_load(ctx, canvas, y, host),
                (None, None) => continue,
            }
            if Some(n) == self.sheet.at() {
                canvas.tint(axis.name(row), chosen);
            }
            canvas.hit(row, Hit::Row(win, n));
        }
    }
}
