//! A box in which one of several things is chosen: what to take back, a window, a layout. What is
//! typed narrows them, or is the name of a new one.

use super::finder::{Find, Finder};
use crate::ui::canvas::Canvas;
use crate::ui::desk::WinId;
use crate::ui::keys::Key;
use crate::ui::msg::Order;
use crate::ui::text;
use crate::ui::theme::Token;

/// One thing to choose: its name, what is said of it beside, and what comes of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    pub name: String,
    pub more: String,
    pub gives: Gives,
}

/// What comes of a choice.
#[derive(Clone, PartialEq, Debug)]
pub enum Gives {
    /// A prompt asks whether to give it.
    Order(Order),
    Window(WinId),
    /// The windows as in this layout.
    Layout(String),
    /// The windows as they are, by this name.
    KeepLayout(String),
    ForgetLayout(String),
}

/// The box.
#[derive(Clone, Debug)]
pub struct Pick {
    title: &'static str,
    choices: Vec<Choice>,
    /// What is typed may be a new name, and this comes of it.
    names: Option<fn(String) -> Choice>,
    pub finder: Finder,
}

impl Pick {
    /// A box with these choices, which stay what they are while it is open.
    pub fn new(title: &'static str, choices: Vec<Choice>) -> Self {
        Self { title, choices, names: None, finder: Finder::default() }
    }
    /// The same, where a new name can be given too.
    pub fn naming(self, names: fn(String) -> Choice) -> Self {
        Self { names: Some(names), ..self }
    }

    /// Takes a key; what is chosen by it comes with `Take`.
    pub fn key(&mut self, key: Key) -> Find {
        let mut finder = std::mem::take(&mut self.finder);
        let find = finder.key(key, |text| self.found(text).len());
        self.finder = finder;
        find
    }
    /// What was found at this place.
    pub fn taken(&self, at: usize) -> Option<Gives> {
        self.found(&self.finder.text()).into_iter().nth(at).map(|choice| choice.gives)
    }

    fn found(&self, typed: &str) -> Vec<Choice> {
        let text = typed.to_lowercase();
        let has = |choice: &&Choice| {
            // Where a new name can be given, what is said beside is none.
            let more = if self.names.is_some() { "" } else { choice.more.as_str() };
            let said = format!("{} {more}", choice.name).to_lowercase();
            text.split_whitespace().all(|word| said.contains(word))
        };
        let mut found: Vec<Choice> = self.choices.iter().filter(has).cloned().collect();
        let new = self.names.filter(|_| !typed.is_empty());
        found.extend(new.map(|new| new(typed.into())));
        found
    }

    /// Draws it under the menu bar.
    pub fn draw(&self, canvas: &mut Canvas) {
        let found = self.found(&self.finder.text());
        let none = (found.len(), "Nothing here is called that.");
        self.finder.draw(canvas, (self.title, "/"), none, |canvas, line, n| {
            let Some(choice) = found.get(n) else { return };
            let room = line.width.saturating_sub(4);
            let name = text::cut(&choice.name, room, canvas.glyphs.more());
            let end = canvas.text(line.x + 3, line.y, &name, Token::Text);
            let room = line.right().saturating_sub(end + 3);
            let more = text::cut(&choice.more, room, canvas.glyphs.more());
            canvas.text(end + 2, line.y, &more, Token::Dim);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Choice {
        Choice { name: name.into(), more: String::new(), gives: Gives::Layout(name.into()) }
    }
    fn press(pick: &mut Pick, keys: &str) -> Option<Gives> {
        let finds = keys.split(' ').map(|key| pick.key(key.parse().unwrap()));
        match finds.last() {
            Some(Find::Take(at)) => pick.taken(at),
            Some(Find::Stay | Find::Cancel) | None => None,
        }
    }

    #[test]
    fn what_is_typed_narrows_or_names() {
        let mut pick = Pick::new("Layouts", vec![named("Overview"), named("Wall")]);
        assert_eq!(press(&mut pick, "Down Enter"), Some(Gives::Layout("Wall".into())));
        assert_eq!(press(&mut pick, "o v Enter"), Some(Gives::Layout("Overview".into())));
        assert_eq!(press(&mut pick, "x Enter"), None);
        let new = |name: String| Choice { gives: Gives::KeepLayout(name.clone()), ..named(&name) };
        let mut pick = Pick::new("Layouts", vec![named("Wall")]).naming(new);
        assert_eq!(press(&mut pick, "W a l l Enter"), Some(Gives::Layout("Wall".into())));
        assert_eq!(press(&mut pick, "s Enter"), Some(Gives::KeepLayout("Walls".into())));
        assert_eq!(press(&mut pick, "^U w a l l Enter"), Some(Gives::Layout("Wall".into())));
    }
}
