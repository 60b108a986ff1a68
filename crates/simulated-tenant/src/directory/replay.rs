//! Which assertions were used before.

use std::collections::HashMap;

/// More than that and the oldest half is forgotten: a simulator is no place to grow without end.
const MAX_REMEMBERED: usize = 100_000;

/// `client id + jti` of used assertions, each until it would be refused for its age anyway.
#[derive(Debug, Default)]
pub(super) struct Used(HashMap<String, i64>);

impl Used {
    /// Notes one; false when it had been noted before.
    pub(super) fn note(&mut self, client_id: &str, jti: &str, expires_s: i64, now_s: i64) -> bool {
        if self.0.len() >= MAX_REMEMBERED {
            self.make_room(now_s);
        }
        self.0.insert(format!("{client_id} {jti}"), expires_s).is_none()
    }

    fn make_room(&mut self, now_s: i64) {
        self.0.retain(|_, expires_s| *expires_s >= now_s);
        if self.0.len() >= MAX_REMEMBERED {
            let mut ends: Vec<i64> = self.0.values().copied().collect();
            ends.sort_unstable();
            let median = ends[ends.len() / 2];
            self.0.retain(|_, expires_s| *expires_s > median);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jti_counts_once_per_client() {
        let mut used = Used::default();
        assert!(used.note("a", "1", 100, 0));
        assert!(!used.note("a", "1", 100, 0));
        assert!(used.note("b", "1", 100, 0));
    }

    #[test]
    fn the_memory_of_assertions_is_bounded() {
        let mut used = Used::default();
        for n in 0..(MAX_REMEMBERED + 10) {
            used.note("a", &n.to_string(), 100, 0);
        }
        assert!(used.0.len() <= MAX_REMEMBERED);
    }
}
