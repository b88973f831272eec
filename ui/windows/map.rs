//! The fleet map: a cell for each host or for several, the worst state of them, grouped by where
//! they stand; how many are in each state; what the cell under the cursor is.

use std::collections::BTreeMap;

use hostler::model::HostName;
use ratatui::layout::Rect;

use super::grid::{Block, Cell, Grid, Site, ZOOMS, furthest};
use super::listing::{page, waiting};
use super::tint::{self, Tint, Versions};
use super::{Ctx, HostRows, HostView, Inside, ListOp, View, WinKind};
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::desk::WinId;
use crate::ui::filter::Filter;
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Motion, Moved, Rows};

/// The words of hosts, the worst first: of a cell's hosts the first of these is shown.
const WORST: [&str; 17] = [
    "lost",
    "unreachable",
    "identity-mismatch",
    "barred",
    "locked",
    "quarantined",
    "suspect",
    "unknown",
    "maintenance",
    "cordoned",
    "draining",
    "drained",
    "retiring",
    "retired",
    "verifying",
    "busy",
    "ready",
];

/// The loads of more hosts than these are not asked for at once: zoom in, and there are fewer.
const LOADS: usize = 1_000;

/// The place of a word; one that stands nowhere is as bad as not known.
fn rank(word: &str) -> usize {
    let at = |wanted: &str| WORST.iter().position(|other| *other == wanted);
    at(word).or(at("unknown")).unwrap_or(0)
}

/// The map.
#[derive(Clone, Debug, Default)]
pub struct MapView {
    /// Every host, by where it stands, and the place of its state.
    hosts: Vec<(HostName, usize)>,
    places: BTreeMap<HostName, usize>,
    blocks: Vec<Block>,
    /// The host whose cell the cursor is on.
    at: usize,
    /// None: as close as fits.
    zoom: Option<usize>,
    grid: Grid,
    top: usize,
    page: usize,
    tint: Tint,
    versions: Versions,
}

impl MapView {
    fn rebuild(&mut self, fleet: &Replica) {
        let kept = self.hosts.get(self.at).map(|(name, _)| name.clone());
        let world = fleet.world().into_iter().flat_map(|world| world.hosts.iter());
        let mut all: Vec<(Site, HostName, usize)> = world
            .map(|(name, host)| (Site::of(name, host), name.clone(), rank(host.word())))
            .collect();
        all.sort();
        self.blocks.clear();
        self.hosts.clear();
        for (n, (site, name, rank)) in all.into_iter().enumerate() {
            match self.blocks.last_mut().filter(|block| block.site == site) {
                Some(block) => block.hosts.end = n + 1,
                None => self.blocks.push(Block { site, hosts: n..n + 1 }),
            }
            self.hosts.push((name, rank));
        }
        let place = |(n, (name, _)): (usize, &(HostName, usize))| (name.clone(), n);
        self.places = self.hosts.iter().enumerate().map(place).collect();
        let found = kept.and_then(|name| self.places.get(&name).copied());
        self.at = found.unwrap_or(self.at).min(self.hosts.len().saturating_sub(1));
        // What is pressed before the next drawing means the hosts of now.
        self.grid = Grid::default();
    }

    fn cell(&self) -> Option<&Cell> {
        self.grid.cells.get(self.grid.cell(self.at))
    }
    fn names(&self) -> &[(HostName, usize)] {
        self.cell().map_or(&[], |cell| &self.hosts[cell.hosts.clone()])
    }
    fn go_to(&mut self, cell: usize) {
        let cell = cell.min(self.grid.cells.len().saturating_sub(1));
        self.at = self.grid.cells.get(cell).map_or(self.at, |cell| cell.hosts.start);
    }
    /// To another row, as far from the left as here.
    fn go(&mut self, motion: Motion) {
        let here = self.grid.cell(self.at);
        let from = self.grid.row(here);
        let to = motion.from(from, self.page, self.grid.rows.len());
        let (Some(from), Some(to)) = (self.grid.rows.get(from), self.grid.rows.get(to)) else {
            return;
        };
        let cell = match motion {
            Motion::First => 0,
            Motion::Last => self.grid.cells.len(),
            Motion::Up
            | Motion::Down
            | Motion::PageUp
            | Motion::PageDown
            | Motion::HalfUp
            | Motion::HalfDown => {
                let column = here.saturating_sub(from.cells.start);
                (to.cells.start + column).min(to.cells.end.saturating_sub(1))
            }
        };
        self.go_to(cell);
    }
    fn zoom(&mut self, out: bool) {
        let here = self.zoom.unwrap_or(self.grid.zoom);
        let to = if out { here + 1 } else { here.saturating_sub(1) };
        self.zoom = Some(to.min(furthest(&self.blocks)));
    }

    /// The hosts of the cell as a filter of the list of hosts.
    fn terms(&self) -> Option<String> {
        let (cell, names) = (self.cell()?, self.names());
        let (first, last) = (&names.first()?.0, &names.last()?.0);
        let block = self.blocks.get(cell.block)?;
        let terms = block.site.terms();
        let whole = cell.hosts == block.hosts && matches!(block.site, Site::Rack { .. });
        match whole && !terms.is_empty() {
            true => Some(terms.trim_end().to_string()),
            false => Some(format!("{terms}host={first}..{last}")),
        }
    }
}

impl Inside for MapView {
    fn name(&self) -> String {
        "Fleet map".into()
    }
    fn list(&mut self, fleet: &Replica, op: ListOp) -> bool {
        let here = self.grid.cell(self.at);
        match (op, op.moved()) {
            (ListOp::Left, _) => self.go_to(here.saturating_sub(1)),
            (ListOp::Right, _) => self.go_to(here + 1),
            (ListOp::ZoomIn, _) => self.zoom(false),
            (ListOp::ZoomOut, _) => self.zoom(true),
            (ListOp::Tint, _) => {
                self.tint = self.tint.next();
                self.versions = Versions::of(fleet);
            }
            (ListOp::Back, _) => return self.zoom.take().is_some(),
            (_, Some(Moved::To(cell))) => self.go_to(cell),
            (_, Some(Moved::By(motion))) => self.go(motion),
            (_, Some(Moved::Wheel(down))) => self.go(Motion::wheel(down)),
            (_, None) => return false,
        }
        true
    }
    fn hosts(&self, _: &Replica) -> Vec<HostName> {
        self.names().iter().map(|(name, _)| name.clone()).collect()
    }
    fn opens(&self, _: &Replica) -> Option<View> {
        match self.names() {
            [(only, _)] => Some(View::Host(HostView::new(only.clone()))),
            _ => None,
        }
    }
    fn narrows(&self) -> Option<(WinKind, Filter)> {
        let terms = (self.names().len() > 1).then(|| self.terms())??;
        Some((WinKind::Hosts, Filter::read(&terms).ok()?))
    }
    fn copy(&self, fleet: &Replica) -> Option<String> {
        let names: Vec<String> = self.hosts(fleet).iter().map(HostName::to_string).collect();
        (!names.is_empty()).then(|| names.join("\n"))
    }
    fn rows(&self) -> (bool, usize) {
        (self.cell().is_some(), 0)
    }
    /// Loads are needed for the cells in sight only.
    fn watches(&self) -> Vec<HostName> {
        if self.tint != Tint::Load {
            return Vec::new();
        }
        let rows = self.grid.rows.iter().skip(self.top).take(self.page);
        let cells = rows.flat_map(|row| &self.grid.cells[row.cells.clone()]);
        let hosts = cells.flat_map(|cell| &self.hosts[cell.hosts.clone()]);
        let mut names: Vec<HostName> =
            hosts.take(LOADS + 1).map(|(name, _)| name.clone()).collect();
        names.truncate(if names.len() > LOADS { 0 } else { LOADS });
        names
    }
    fn refresh(&mut self, fleet: &Replica, changed: &Changed, _: bool) {
        if self.tint == Tint::MacOs && (changed.all || !changed.hosts.is_empty()) {
            self.versions = Versions::of(fleet);
        }
        if changed.all {
            return self.rebuild(fleet);
        }
        for name in &changed.hosts {
            let host = fleet.world().and_then(|world| world.hosts.get(name));
            match (self.places.get(name), host) {
                (Some(place), Some(host)) => self.hosts[*place].1 = rank(host.word()),
                (None, None) => {}
                (Some(_), None) | (None, Some(_)) => return self.rebuild(fleet),
            }
        }
    }
    fn footer(&self) -> String {
        if self.hosts.is_empty() {
            return String::new();
        }
        let k = ZOOMS[self.grid.zoom];
        let cell = match k {
            1 => "1 cell = 1 host".to_string(),
            k => format!("1 cell = {k} hosts, {} wins", self.tint.winner()),
        };
        let (first, all) = (self.top + 1, self.grid.rows.len());
        let last = (self.top + self.page).min(all);
        let rows = match first > 1 || last < all {
            true => format!("   rows {first}-{last} of {all}"),
            false => String::new(),
        };
        let hosts = text::plural(self.hosts.len(), "host");
        let zoom = self.tint == Tint::Load && self.hosts.len() > LOADS && self.watches().is_empty();
        let zoom = if zoom { "   zoom in for loads" } else { "" };
        format!("{hosts} by {}{zoom}   {cell}{rows}", self.tint.word())
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        canvas.faded = ctx.stale;
        if self.hosts.is_empty() {
            let none = || HostRows::NONE.map(|said| (said.to_string(), Token::Text)).to_vec();
            let lines = ctx.fleet.world().map_or_else(|| waiting(ctx), |_| none());
            page(canvas, area, &lines);
        } else {
            let body = match self.tint {
                Tint::State => draw_legend(ctx, canvas, area),
                Tint::Load => tint::draw_legend(canvas, area, tint::loads(ctx)),
                Tint::MacOs => tint::draw_legend(canvas, area, tint::versions(&self.versions)),
            };
            let said = u16::from(body.height >= 4);
            let body = Rect { height: body.height - said, ..body };
            self.draw_grid(ctx, canvas, body, (win, focused));
            if said > 0 {
                self.draw_detail(ctx, canvas, Rect { y: body.bottom(), height: 1, ..body });
            }
        }
        canvas.faded = false;
    }
}

impl MapView {
    fn draw_grid(
        &mut self,
        ctx: &Ctx,
        canvas: &mut Canvas,
        area: Rect,
        (win, focused): (WinId, bool),
    ) {
        self.grid = Grid::lay(&self.blocks, area.width.saturating_sub(2), area.height, self.zoom);
        self.page = usize::from(area.height);
        let at = self.grid.cell(self.at);
        let row = self.grid.row(at);
        let low = (row + 1).saturating_sub(self.page);
        let most = self.grid.rows.len().saturating_sub(self.page);
        self.top = self.top.clamp(low.min(row), row).min(most);
        let chosen = if focused { Token::Sel } else { Token::SelOff };
        for (y, row) in (area.top()..area.bottom()).zip(self.grid.rows.iter().skip(self.top)) {
            canvas.cell(area.x + 1, y, self.grid.label, &row.label, false, Token::Dim);
            let left = area.x + 2 + self.grid.label;
            for (x, n) in (left..area.right()).zip(row.cells.clone()) {
                let hosts = &self.hosts[self.grid.cells[n].hosts.clone()];
                let (glyph, token) = self.look(ctx, hosts);
                let token = if n == at { chosen } else { token };
                canvas.text(x, y, glyph.encode_utf8(&mut [0; 4]), token);
                canvas.hit(Rect { x, y, width: 1, height: 1 }, Hit::Row(win, n));
            }
        }
    }

    /// How the cell of these hosts looks.
    fn look(&self, ctx: &Ctx, hosts: &[(HostName, usize)]) -> (char, Token) {
        let names = hosts.iter().map(|(name, _)| name);
        let first = |glyph: &str| glyph.chars().next().unwrap_or(' ');
        let told = match self.tint {
            Tint::State => {
                let worst = hosts.iter().map(|(_, rank)| *rank).min().unwrap_or(0);
                let look = Look::host(WORST[worst]);
                Some((first(ctx.glyphs.look(look)), look.token()))
            }
            Tint::Load => tint::load(ctx, names)
                .map(|level| (first(ctx.glyphs.level(level)), Token::heat(level))),
            Tint::MacOs => self.versions.look(ctx, names),
        };
        told.unwrap_or((first(ctx.glyphs.look(Look::Unknown)), Look::Unknown.token()))
    }

    /// What the cell under the cursor is.
    fn draw_detail(&self, ctx: &Ctx, canvas: &mut Canvas, line: Rect) {
        let names = self.names();
        let (Some(cell), Some((first, rank))) = (self.cell(), names.first()) else { return };
        let site = self.blocks.get(cell.block).map_or(String::new(), |block| block.site.label());
        let mut x = canvas.text(line.x + 1, line.y, &format!("{site}  "), Token::Dim);
        if let [_] = names {
            let look = Look::host(WORST[*rank]);
            x = canvas.text(x, line.y, canvas.glyphs.look(look), look.token()) + 1;
            let room = line.right().saturating_sub(x);
            return canvas.cell(x, line.y, room, &HostRows::detail(ctx, first), false, Token::Text);
        }
        let last = names.last().map_or(first, |(name, _)| name);
        x = canvas.text(x, line.y, &format!("{first}..{last}"), Token::Text) + 2;
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        names.iter().for_each(|(_, rank)| *counts.entry(*rank).or_default() += 1);
        for (rank, n) in counts {
            let look = Look::host(WORST[rank]);
            let said = format!("{} {n} {}", canvas.glyphs.look(look), WORST[rank]);
            x = canvas.text(x, line.y, &said, look.token()) + 2;
        }
    }
}

/// How many hosts are in each state, the worst first, on as many lines as it takes but three.
fn draw_legend(ctx: &Ctx, canvas: &mut Canvas, area: Rect) -> Rect {
    if area.height < 6 {
        return area;
    }
    let mut counts: Vec<_> = ctx.fleet.counts().iter().collect();
    counts.sort_by_key(|(word, _)| rank(word));
    let (mut x, mut y) = (area.x + 1, area.y);
    for (word, n) in counts {
        let look = Look::host(word);
        let said = format!("{} {} {word}", canvas.glyphs.look(look), text::count(*n));
        if x + text::width(&said) > area.right() && x > area.x + 1 {
            if y + 1 >= area.y + 3 {
                canvas.text(x, y, canvas.glyphs.more(), Token::Dim);
                break;
            }
            (x, y) = (area.x + 1, y + 1);
        }
        x = canvas.text(x, y, &said, look.token()) + 2;
    }
    let rule = Rect { y: y + 1, height: 1, ..area };
    canvas.fill(rule, canvas.glyphs.rule(), Token::Frame);
    let used = y + 2 - area.y;
    Rect { y: area.y + used, height: area.height - used, ..area }
}
