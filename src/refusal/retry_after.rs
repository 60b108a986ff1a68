//! How long the other side requests no further calls (`Retry-After`).

use std::time::{Duration, SystemTime};

/// Above this a duration can't be made, and nobody waits for it anyway, seconds.
const MOST: f64 = 1e9;

/// Reads `Retry-After`: seconds, whole or with a fraction, or a date, which is counted from the other side's own `now`.
/// `None`: nothing that can be read.
pub fn parse_retry_after(header: Option<&str>, now: SystemTime) -> Option<Duration> {
    let text = header?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        let good = seconds.is_finite() && (0.0..=MOST).contains(&seconds);
        return good.then(|| Duration::from_secs_f64(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now = httpdate::parse_http_date("Fri, 20 Nov 2026 10:00:00 GMT").unwrap();
        let read = |text| parse_retry_after(Some(text), now);
        assert_eq!(read("17"), Some(Duration::from_secs(17)));
        assert_eq!(read(" 2.128 "), Some(Duration::from_millis(2128)));
        assert_eq!(read("Fri, 20 Nov 2026 10:00:20 GMT"), Some(Duration::from_secs(20)));
        assert_eq!(
            read("Fri, 20 Nov 2026 09:00:00 GMT"),
            Some(Duration::ZERO),
            "over already"
        );
        for nothing in ["", "soon", "-1", "NaN", "inf", "1e300"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert_eq!(parse_retry_after(None, now), None);
    }
}
