//! Text -> a tree that knows the place of every key and value. YAML's own mistakes are found
//! here: bad syntax, a key given twice, tags, a second document, aliases that grow without end.

use std::collections::BTreeMap;
use std::path::Path;

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, Span};

use super::problem::{Place, Report, clip};

/// Lists and maps inside one another.
const DEPTH: usize = 24;
/// Bytes of all values, an alias counted as often as it is used.
const WEIGHT: usize = 32 << 20;
/// What a value weighs besides its text.
const NODE_WEIGHT: usize = 32;

/// Line and column, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pos {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A value and its place.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Node {
    pub(super) at: Pos,
    pub(super) value: Value,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    /// `plain`: without quotes, so that `true` and `12` are not texts.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a map.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Pos,
    pub(super) node: Node,
}

/// The tree of a text; `None` when its syntax is broken. An empty text is an empty value.
pub(super) fn parse(file: &Path, text: &str, report: &mut Report) -> Option<Node> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: DEPTH,
        block_nesting_limit: DEPTH,
    };
    let mut builder =
        Builder { file, report, frames: vec![], anchors: BTreeMap::new(), root: None, weight: 0 };
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, span)) => builder.take(event, span)?,
            Err(error) => {
                let at = pos(error.marker());
                let hint = quotes_hint(text, at);
                return builder.wrong(at, &format!("not YAML: {}", error.info()), hint);
            }
        }
    }
    let empty = Value::Scalar { text: String::new(), plain: true };
    Some(builder.root.unwrap_or(Node { at: Pos { line: 1, column: 1 }, value: empty }))
}

/// The most frequent cause of bad syntax in such files: `cron: @daily`, `cron: */5 * * * *`.
fn quotes_hint(text: &str, at: Pos) -> &'static str {
    let line = text.lines().nth((at.line as usize).saturating_sub(1)).unwrap_or("");
    let found = line.chars().nth((at.column as usize).saturating_sub(1));
    if found.is_some_and(|c| "@*%`&!".contains(c)) {
        "quotes around a text that begins with @, *, %, `, & or !"
    } else {
        ""
    }
}

fn pos(mark: &granit_parser::Marker) -> Pos {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: number(mark.line().max(1)), column: number(mark.col().saturating_add(1)) }
}

/// A list or map whose end has not come yet.
struct Frame {
    at: Pos,
    anchor: usize,
    kind: FrameKind,
}

enum FrameKind {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: BTreeMap<String, Pos>, key: Option<(String, Pos)> },
}

struct Builder<'a> {
    file: &'a Path,
    report: &'a mut Report,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    root: Option<Node>,
    weight: usize,
}

impl Builder<'_> {
    /// One event; `None` ends the reading of this text.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let at = pos(&span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(at, tag.is_some());
                let plain = style == ScalarStyle::Plain;
                self.weigh(at, NODE_WEIGHT + text.len())?;
                let value = Value::Scalar { text: text.into_owned(), plain };
                self.put(Node { at, value }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(at, tag.is_some());
                self.open(at, anchor, FrameKind::List(vec![]))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(at, tag.is_some());
                let kind = FrameKind::Map { entries: vec![], seen: BTreeMap::new(), key: None };
                self.open(at, anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let frame = self.frames.pop()?;
                let value = match frame.kind {
                    FrameKind::List(items) => Value::List(items),
                    FrameKind::Map { entries, .. } => Value::Map(entries),
                };
                self.put(Node { at: frame.at, value }, frame.anchor)
            }
            Event::Alias(id) => {
                // An alias inside its own anchor has no value yet.
                let Some(node) = self.anchors.get(&id).cloned() else {
                    return self.wrong(at, "an alias that contains itself", "");
                };
                let (weight, height) = measure(&node);
                self.weigh(at, weight)?;
                if self.frames.len() + height > DEPTH {
                    return self.too_deep(at);
                }
                self.put(node, 0)
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                self.wrong(at, "a second document begins here", "one document in each file")
            }
            Event::UnresolvedAlias(name) => {
                self.wrong(at, &format!("there is no anchor `{}`", clip(&name)), "")
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::Comment(..) => Some(()),
            _ => self.wrong(at, "a part of YAML that is not read here", ""),
        }
    }

    fn open(&mut self, at: Pos, anchor: usize, kind: FrameKind) -> Option<()> {
        self.weigh(at, NODE_WEIGHT)?;
        if let Some(FrameKind::Map { key: None, .. }) = self.frames.last().map(|f| &f.kind) {
            return self.wrong(at, "a list or map as a key", "a text as key");
        }
        if self.frames.len() >= DEPTH {
            return self.too_deep(at);
        }
        self.frames.push(Frame { at, anchor, kind });
        Some(())
    }

    /// A value is complete: it becomes an item, a key, a key's value, or the root.
    fn put(&mut self, node: Node, anchor: usize) -> Option<()> {
        if anchor != 0 {
            self.weigh(node.at, measure(&node).0)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        match &mut frame.kind {
            FrameKind::List(items) => items.push(node),
            FrameKind::Map { key: slot @ None, .. } => {
                let Value::Scalar { text, .. } = node.value else {
                    return self.wrong(node.at, "a list or map as a key", "a text as key");
                };
                *slot = Some((text, node.at));
            }
            FrameKind::Map { entries, seen, key } => {
                let (key, key_at) = key.take()?;
                if key == "<<" {
                    let place = self.place(key_at, Some(&key));
                    let expected = "what hosts share to stand in `groups` or `defaults`";
                    self.report.note(place.problem("a merge key", expected));
                    return Some(());
                }
                match seen.get(&key).copied() {
                    None => {
                        seen.insert(key.clone(), key_at);
                        entries.push(Entry { key, key_at, node });
                    }
                    Some(first) => {
                        let said = format!("given twice, first in line {}", first.line);
                        let place = self.place(key_at, Some(&key));
                        self.report.note(place.problem(said, "each key once"));
                    }
                }
            }
        }
        Some(())
    }

    fn refuse_tag(&mut self, at: Pos, tagged: bool) {
        if tagged {
            self.wrong::<()>(at, "a YAML tag", "a value without one");
        }
    }

    fn weigh(&mut self, at: Pos, weight: usize) -> Option<()> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > WEIGHT {
            return self.wrong(at, "too many values, aliases counted each time", "at most 32 MiB");
        }
        Some(())
    }

    fn too_deep(&mut self, at: Pos) -> Option<()> {
        self.wrong(at, "nested too deeply", &format!("at most {DEPTH} levels"))
    }

    fn wrong<T>(&mut self, at: Pos, said: &str, expected: &str) -> Option<T> {
        let place = self.place(at, None);
        self.report.wrong(place.problem(said, expected))
    }

    /// The dotted path of what is being read, and `key` below it.
    fn place(&self, at: Pos, key: Option<&str>) -> Place {
        let mut path = String::new();
        for frame in &self.frames {
            match &frame.kind {
                FrameKind::List(items) => path.push_str(&format!("[{}]", items.len())),
                FrameKind::Map { key, .. } => {
                    push_key(&mut path, key.as_ref().map(|(key, _)| key.as_str()));
                }
            }
        }
        push_key(&mut path, key);
        Place { file: self.file.into(), line: at.line, column: at.column, key: path }
    }
}

/// Appends a step to a dotted path.
pub(super) fn push_key(path: &mut String, key: Option<&str>) {
    if let Some(key) = key {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&clip(key));
    }
}

/// Weight and height. The height is bounded by `DEPTH`, so the recursion is too.
fn measure(node: &Node) -> (usize, usize) {
    let below = |nodes: &mut dyn Iterator<Item = (usize, &Node)>| {
        nodes.fold((NODE_WEIGHT, 1), |(weight, height), (extra, node)| {
            let (w, h) = measure(node);
            (weight + w + extra, height.max(h + 1))
        })
    };
    match &node.value {
        Value::Scalar { text, .. } => (NODE_WEIGHT + text.len(), 0),
        Value::List(items) => below(&mut items.iter().map(|node| (0, node))),
        Value::Map(entries) => {
            below(&mut entries.iter().map(|entry| (NODE_WEIGHT + entry.key.len(), &entry.node)))
        }
    }
}
