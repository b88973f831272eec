//! A schedule's rule in words. A pattern that no plain sentence says is shown as it is written.

use hostler::model::{ScheduleSpec, Targets};

const DAYS: [(&str, &str); 7] = [
    ("SUN", "Sun"),
    ("MON", "Mon"),
    ("TUE", "Tue"),
    ("WED", "Wed"),
    ("THU", "Thu"),
    ("FRI", "Fri"),
    ("SAT", "Sat"),
];

/// `every day at 03:00 (Europe/Zurich), for at most 4h, 10% at once; respawn over pool ci`.
pub fn rule(spec: &ScheduleSpec) -> String {
    let when = when(&spec.cron).unwrap_or_else(|| format!("by the pattern `{}`", spec.cron));
    let targets = match &spec.targets {
        Targets::Pool(pool) => format!("pool {pool}"),
        Targets::Hosts(selector) if selector.is_empty() => "all hosts".into(),
        Targets::Hosts(selector) => format!("hosts {selector}"),
    };
    let (zone, window, share) = (&spec.zone, spec.window, spec.max_unavailable);
    format!(
        "{when} ({zone}), begun within {window}, at most {share} at once: {} over {targets}",
        spec.playbook
    )
}

/// When a pattern comes, if a plain sentence can say it.
fn when(cron: &str) -> Option<String> {
    if let Some(nickname) = cron.trim().strip_prefix('@') {
        let (_, said) = NICKNAMES.iter().find(|(name, _)| nickname.eq_ignore_ascii_case(name))?;
        return Some((*said).into());
    }
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return None };
    let any = |field: &str| matches!(field, "*" | "?");
    if !any(month) {
        return None;
    }
    let days = match (any(day), any(weekday)) {
        (true, true) => "every day".to_string(),
        (true, false) => format!("every {}", weekdays(weekday)?),
        (false, true) => format!("on day {} of every month", numbers(day, 1, 31)?),
        // Either of them is enough then: that needs more than a few words.
        (false, false) => return None,
    };
    let all = any(day) && any(weekday);
    match (step(minute), step(hour)) {
        (Some(1), Some(1)) if all => Some("every minute".into()),
        (Some(n), Some(1)) if all => Some(format!("every {n} minutes")),
        (None, Some(n)) if all => {
            let minute: u32 = minute.parse().ok().filter(|minute| *minute < 60)?;
            let hours = if n == 1 { "every hour".into() } else { format!("every {n} hours") };
            Some(format!("{hours} at :{minute:02}"))
        }
        (None, None) => Some(format!("{days} at {}", times(minute, hour)?)),
        (Some(_) | None, _) => None,
    }
}

const NICKNAMES: [(&str, &str); 7] = [
    ("hourly", "every hour at :00"),
    ("daily", "every day at 00:00"),
    ("midnight", "every day at 00:00"),
    ("weekly", "every Sun at 00:00"),
    ("monthly", "on day 1 of every month at 00:00"),
    ("yearly", "every 1 January at 00:00"),
    ("annually", "every 1 January at 00:00"),
];

/// Of `*` and `*/n`, how many are gone on each time.
fn step(field: &str) -> Option<u32> {
    match field.strip_prefix('*')? {
        "" => Some(1),
        rest => rest.strip_prefix('/')?.parse().ok(),
    }
}

/// `02:00, 14:00`.
fn times(minute: &str, hour: &str) -> Option<String> {
    let minute: u32 = minute.parse().ok().filter(|minute| *minute < 60)?;
    let hours = hour.split(',').map(|hour| hour.parse().ok().filter(|hour: &u32| *hour < 24));
    let hours: Vec<u32> = hours.collect::<Option<_>>()?;
    Some(hours.iter().map(|hour| format!("{hour:02}:{minute:02}")).collect::<Vec<_>>().join(", "))
}

/// `1, 15`: numbers as they stand, if they are nothing else.
fn numbers(field: &str, least: u32, most: u32) -> Option<String> {
    let known = |text: &str| text.parse().is_ok_and(|n| (least..=most).contains(&n));
    let all: Vec<&str> = field.split(',').collect();
    all.iter().all(|text| known(text)).then(|| all.join(", "))
}

/// `Mon to Fri`, `Sat, Sun`.
fn weekdays(field: &str) -> Option<String> {
    let one = |text: &str| {
        let named = DAYS.iter().position(|(name, _)| text.eq_ignore_ascii_case(name));
        let at = named.or_else(|| text.parse().ok().filter(|n| *n <= 7))?;
        Some(DAYS[at % 7].1)
    };
    let part = |text: &str| match text.split_once('-') {
        Some((from, to)) => Some(format!("{} to {}", one(from)?, one(to)?)),
        None => Some(one(text)?.to_string()),
    };
    Some(field.split(',').map(part).collect::<Option<Vec<_>>>()?.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_told_in_words_where_words_can() {
        for (cron, said) in [
            ("0 3 * * *", Some("every day at 03:00")),
            ("30 2,14 * * *", Some("every day at 02:30, 14:30")),
            ("0 22 * * MON-FRI", Some("every Mon to Fri at 22:00")),
            ("0 4 * * 6,7", Some("every Sat, Sun at 04:00")),
            ("0 4 1,15 * *", Some("on day 1, 15 of every month at 04:00")),
            ("*/15 * * * *", Some("every 15 minutes")),
            ("* * * * *", Some("every minute")),
            ("5 * * * *", Some("every hour at :05")),
            ("0 */6 * * *", Some("every 6 hours at :00")),
            ("@Daily", Some("every day at 00:00")),
            ("0 3 * 12 *", None),
            ("0 3 1 * MON", None),
            ("0 3 * * MON#2", None),
            ("0 3 L * *", None),
            ("*/15 3 * * *", None),
            ("0-5 3 * * *", None),
            ("@reboot", None),
            ("nonsense", None),
        ] {
            assert_eq!(when(cron).as_deref(), said, "{cron}");
        }
    }

    #[test]
    fn a_rule_says_what_and_how_much_too() {
        let targets = Targets::Hosts("site=a".parse().unwrap());
        let playbook = "respawn".parse().unwrap();
        let mut spec = ScheduleSpec::new(targets, playbook, "0 3 * 12 *", "Europe/Zurich");
        assert_eq!(
            rule(&spec),
            "by the pattern `0 3 * 12 *` (Europe/Zurich), begun within 4h, at most 10% at once: \
             respawn over hosts site=a"
        );
        spec.targets = Targets::Pool("ci".parse().unwrap());
        assert!(rule(&spec).ends_with("respawn over pool ci"));
    }
}
