//! The words of a calendar: which cron texts and which zones are accepted. It stands on croner and
//! chrono-tz alone, so that whoever works out the times reads a text exactly as it was checked.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// The short forms.
const NICKNAMES: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Why a text is not a time to run at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCron {
    /// Not in the grammar.
    #[error(
        "`{text}` is not a cron text, {why}: expected five fields (minute hour day month weekday) or @daily, @hourly, @weekly, @monthly, @yearly"
    )]
    Syntax { text: String, why: String },
    /// In the grammar, and on no day there is.
    #[error("`{0}` never occurs: expected a day that exists in that month")]
    Never(String),
}

/// Why a text is not a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone: expected an IANA name such as Europe/Zurich or UTC")]
pub struct BadZone(String);

/// Reads a cron text: five fields or a nickname, and it must occur at least once in 400 years,
/// after which the calendar repeats itself.
pub fn parse_cron(text: &str) -> Result<Cron, BadCron> {
    let clipped = || text.chars().take(80).collect::<String>();
    let syntax = |why: &str| BadCron::Syntax { text: clipped(), why: why.to_string() };
    let trimmed = text.trim();
    let fields = trimmed.split_whitespace().count();
    if trimmed.len() > 256 {
        return Err(syntax("it is longer than 256 characters"));
    }
    if trimmed.contains('@') {
        if !NICKNAMES.contains(&trimmed.to_ascii_lowercase().as_str()) {
            return Err(syntax("the nickname is not known"));
        }
    } else if fields != 5 {
        return Err(syntax(&format!("it has {fields} fields")));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = parser.parse(trimmed).map_err(|error| {
        let why = error.to_string();
        let why = why.split_once(": ").map_or(why.as_str(), |(_, why)| why).trim_end_matches('.');
        let mut letters = why.chars();
        let first = letters.next().map(|c| c.to_ascii_lowercase());
        syntax(&first.into_iter().chain(letters).collect::<String>())
    })?;
    match cron.find_next_occurrence(&origin(), true) {
        Ok(at) if at < end() => Ok(cron),
        Ok(_) | Err(_) => Err(BadCron::Never(clipped())),
    }
}

/// Reads a zone.
pub fn parse_zone(text: &str) -> Result<Tz, BadZone> {
    text.parse().map_err(|_| BadZone(text.chars().take(80).collect()))
}

/// Where the search begins: any moment would do.
fn origin() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default().into()
}
fn end() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2400, 1, 1).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_occur_are_read() {
        for text in [
            "30 2 * * *",
            "@daily",
            "@Hourly",
            "*/15 8-18 * * MON-FRI",
            "0 4 29 2 *",
            "0 4 L * *",
            "0 4 15W * *",
            "0 4 * * FRI#2",
        ] {
            assert!(parse_cron(text).is_ok(), "{text}: {:?}", parse_cron(text).err());
        }
    }

    #[test]
    fn texts_that_do_not_are_refused() {
        for text in [
            "",
            "* * * *",
            "0 30 2 * * *",
            "61 2 * * *",
            "30 25 * * *",
            "@reboot",
            "H 2 * * *",
            "a b c d e",
            "TZ=UTC 0 2 * * *",
            "0/10 * * * *",
            "30 2 * * * @daily",
        ] {
            let said = parse_cron(text).unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{text}` is not a cron text, ")), "{said}");
        }
    }

    #[test]
    fn a_day_that_never_comes_is_refused() {
        for text in ["0 4 31 2 *", "0 4 30 2 *", "0 4 31 4,6,9,11 *"] {
            assert_eq!(parse_cron(text).unwrap_err(), BadCron::Never(text.to_string()), "{text}");
        }
    }

    #[test]
    fn zones_are_iana_names() {
        assert_eq!(parse_zone("Europe/Zurich"), Ok(Tz::Europe__Zurich));
        for bad in ["", "Zurich", "CEST+1", "europe/zurich "] {
            assert!(parse_zone(bad).is_err(), "{bad}");
        }
    }
}
