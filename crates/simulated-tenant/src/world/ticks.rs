//! Moments as Intune keeps them: units of 100 ns since the year 1, so that the sentinels are ordinary values and the
//! seven digits of a single GET cost nothing.

use chrono::{DateTime, Datelike, Timelike, Utc};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticks(pub i64);

const PER_SECOND: i64 = 10_000_000;
/// Seconds from the year 1 to 1970.
const EPOCH_S: i64 = 62_135_596_800;

impl Ticks {
    /// What Intune sends for "never": the year 1.
    pub const NEVER: Ticks = Ticks(0);
    /// What Intune sends for "no grace period": the last tick of the year 9999.
    pub const NO_END: Ticks = Ticks(315_537_897_599 * PER_SECOND + 9_999_999);

    pub fn from_utc(at: DateTime<Utc>) -> Self {
        Ticks((at.timestamp() + EPOCH_S) * PER_SECOND + i64::from(at.timestamp_subsec_nanos() / 100))
    }

    /// Any RFC 3339 text; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Ticks::from_utc(at.with_timezone(&Utc)))
    }

    pub fn to_utc(self) -> DateTime<Utc> {
        let nanos = (self.0.rem_euclid(PER_SECOND) * 100) as u32;
        DateTime::from_timestamp(self.0.div_euclid(PER_SECOND) - EPOCH_S, nanos).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Ticks(self.0.saturating_add(seconds.saturating_mul(PER_SECOND)))
    }

    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Ticks(self.0.saturating_add(ms.saturating_mul(PER_SECOND / 1000)))
    }

    /// As a list writes it.
    pub fn text(self) -> String {
        let mut text = String::with_capacity(20);
        self.write_seconds(&mut text);
        text
    }

    /// As a single GET writes it.
    pub fn full_text(self) -> String {
        let mut text = String::with_capacity(28);
        self.write_full(&mut text);
        text
    }

    /// LIST's form: whole seconds. Written by hand, because a fleet that has just checked in is rendered anew.
    pub fn write_seconds(self, into: &mut String) {
        let at = self.to_utc();
        let (date, time) = (at.date_naive(), at.time());
        digits(into, date.year().unsigned_abs(), 4);
        for (sign, value) in [
            ('-', date.month()),
            ('-', date.day()),
            ('T', time.hour()),
            (':', time.minute()),
            (':', time.second()),
        ] {
            into.push(sign);
            digits(into, value, 2);
        }
        into.push('Z');
    }

    /// A single GET's form: up to seven digits, trailing zeros left out.
    pub fn write_full(self, into: &mut String) {
        self.write_seconds(into);
        let fraction = self.0.rem_euclid(PER_SECOND);
        if fraction != 0 {
            into.pop();
            let digits = format!("{fraction:07}");
            into.push('.');
            into.push_str(digits.trim_end_matches('0'));
            into.push('Z');
        }
    }
}

/// So many decimal digits, with leading zeros.
fn digits(into: &mut String, value: u32, count: u32) {
    for place in (0..count).rev() {
        let digit = value / 10_u32.pow(place) % 10;
        into.push(char::from(b'0' + digit as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(ticks: Ticks) -> (String, String) {
        let (mut list, mut get) = (String::new(), String::new());
        ticks.write_seconds(&mut list);
        ticks.write_full(&mut get);
        (list, get)
    }

    #[test]
    fn the_sentinels_look_as_intune_writes_them() {
        assert_eq!(
            both(Ticks::NEVER),
            ("0001-01-01T00:00:00Z".into(), "0001-01-01T00:00:00Z".into())
        );
        assert_eq!(
            both(Ticks::NO_END),
            ("9999-12-31T23:59:59Z".into(), "9999-12-31T23:59:59.9999999Z".into())
        );
    }

    #[test]
    fn seven_digits_survive_the_way_there_and_back() {
        let text = "2023-08-23T09:05:10.1997623Z";
        assert_eq!(
            both(Ticks::parse(text).unwrap()),
            ("2023-08-23T09:05:10Z".into(), text.into())
        );
    }
}
