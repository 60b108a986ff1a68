//! By how much an instance is late, so that a house with many does not knock at Graph in one second.

use chrono::TimeDelta;
use xxhash_rust::xxh3::xxh3_64;

/// 0 to `max_s` seconds, always the same for the same seed (say, the instance's name): a schedule that moved at every
/// start would be none.
pub fn seeded_jitter(seed: &str, max_s: u64) -> TimeDelta {
    let max_jitter = max_s.min(86_400);
    let late_s = xxh3_64(seed.as_bytes()) % (max_jitter + 1);
    TimeDelta::seconds(i64::try_from(late_s).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_bounded_steady_and_spreads() {
        let late: Vec<i64> = (1..=50)
            .map(|n| seeded_jitter(&format!("IntuneConnector_{n}"), 60).num_seconds())
            .collect();
        assert!(late.iter().all(|s| (0..=60).contains(s)));
        assert_eq!(late[0], seeded_jitter("IntuneConnector_1", 60).num_seconds());
        let distinct: std::collections::BTreeSet<&i64> = late.iter().collect();
        assert!(distinct.len() > 20, "{distinct:?}");
        assert_eq!(seeded_jitter("x", 0), TimeDelta::zero());
        assert!(seeded_jitter("x", u64::MAX) <= TimeDelta::days(1));
    }
}
