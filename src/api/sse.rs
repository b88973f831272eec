//! Reads Server-Sent Events from bytes as they come. Of the format it knows what the controller
//! sends: fields `event`, `data`, `id`, comments, and any of the three line ends.

/// One event.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct SseEvent {
    pub(super) name: String,
    pub(super) data: String,
}

/// The most bytes of one line; an entry that declares a whole fleet is one line.
const LINE_MOST: usize = 64 << 20;

/// What has come and is not a whole event yet.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    /// The last byte was a CR: a LF after it belongs to the same line end.
    after_cr: bool,
    event: SseEvent,
    has_data: bool,
}

/// A line that never ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TooLong;

impl Parser {
    /// Takes the next bytes and gives the events they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, TooLong> {
        let mut out = Vec::new();
        let mut rest = bytes;
        if self.after_cr && rest.first() == Some(&b'\n') {
            rest = &rest[1..];
        }
        if !bytes.is_empty() {
            self.after_cr = false;
        }
        while let Some(end) = rest.iter().position(|b| matches!(b, b'\n' | b'\r')) {
            self.line.extend_from_slice(&rest[..end]);
            let cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if cr {
                match rest.first() {
                    Some(b'\n') => rest = &rest[1..],
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            out.extend(self.end_of_line());
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > LINE_MOST { Err(TooLong) } else { Ok(out) }
    }

    fn end_of_line(&mut self) -> Option<SseEvent> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event.name = value.into(),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // Comments, ids (an entry carries its own) and fields yet to be invented.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(name: &str, data: &str) -> SseEvent {
        SseEvent { name: name.into(), data: data.into() }
    }

    #[test]
    fn events_are_read_in_every_spelling() {
        for (text, events) in [
            ("event: entry\nid: 4\ndata: {}\n\n", vec![event("entry", "{}")]),
            ("data:a\ndata: b\n\n", vec![event("", "a\nb")]),
            (": hello\n\nevent: x\n\n", vec![]),
            (
                "event: a\r\ndata: 1\r\n\r\nevent: b\rdata: 2\r\r",
                vec![event("a", "1"), event("b", "2")],
            ),
            ("data\n\n", vec![event("", "")]),
            ("data: cut off\n", vec![]),
        ] {
            assert_eq!(Parser::default().feed(text.as_bytes()), Ok(events), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_does_not_matter(
            lines in proptest::collection::vec("(data: |event: |: )?[a-zé:]{0,6}(\r\n|\n|\r)", 0..12),
            cut in proptest::collection::vec(1usize..7, 0..40),
        ) {
            let text = lines.concat();
            let whole = Parser::default().feed(text.as_bytes()).unwrap();
            let (mut parser, mut rest, mut parts) = (Parser::default(), text.as_bytes(), vec![]);
            for n in cut {
                let (now, later) = rest.split_at(n.min(rest.len()));
                parts.extend(parser.feed(now).unwrap());
                rest = later;
            }
            parts.extend(parser.feed(rest).unwrap());
            prop_assert_eq!(parts, whole);
        }
    }
}
