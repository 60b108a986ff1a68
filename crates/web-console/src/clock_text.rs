//! Times as people read them: relative, with the exact one and its zone at hand. The browser shows the exact one in the
//! zone of its machine as well.

use std::fmt;

use askama::filters::HtmlSafe;
use chrono::{DateTime, Utc};

use crate::page::PageContext;

/// A time in a page.
pub(crate) struct TimeText {
    at: DateTime<Utc>,
    relative: String,
}

impl TimeText {
    pub(crate) fn new(page: &PageContext, at: DateTime<Utc>) -> TimeText {
        TimeText {
            at,
            relative: describe_distance(page, at),
        }
    }
}

impl fmt::Display for TimeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.at.format("%Y-%m-%d %H:%M:%S UTC");
        let machine = self.at.format("%Y-%m-%dT%H:%M:%SZ");
        // Both formats and the texts of the program have nothing that HTML takes for its own.
        write!(
            f,
            "<time datetime=\"{machine}\" title=\"{exact}\">{}</time>",
            self.relative
        )
    }
}

impl HtmlSafe for TimeText {}

/// The largest unit that fits, and how many of it.
fn choose_unit(seconds: u64) -> (&'static str, u64) {
    match seconds {
        0..60 => ("seconds", seconds),
        60..3_600 => ("minutes", seconds / 60),
        3_600..86_400 => ("hours", seconds / 3_600),
        86_400..5_184_000 => ("days", seconds / 86_400),
        5_184_000..63_072_000 => ("months", seconds / 2_592_000),
        _ => ("years", seconds / 31_536_000),
    }
}

fn describe_distance(page: &PageContext, at: DateTime<Utc>) -> String {
    let seconds = (page.now() - at).num_seconds();
    let (unit, count) = choose_unit(seconds.unsigned_abs());
    if unit == "seconds" && count < 10 {
        return page.t("time-now");
    }
    let direction = if seconds >= 0 { "ago" } else { "ahead" };
    page.count(&format!("time-{unit}-{direction}"), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_fits_is_chosen() {
        for (seconds, unit, count) in [
            (59, "seconds", 59),
            (60, "minutes", 1),
            (7_199, "hours", 1),
            (90_000, "days", 1),
            (5_184_000, "months", 2),
            (70_000_000, "years", 2),
        ] {
            assert_eq!(choose_unit(seconds), (unit, count), "{seconds}");
        }
    }
}
