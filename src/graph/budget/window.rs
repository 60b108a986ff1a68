//! How many requests were made in the last 20 seconds: a sliding window in slots of 100 ms. Pure; time is a number.

use std::collections::VecDeque;

/// The window of Graph's published limits, milliseconds.
pub const WINDOW_MS: u64 = 20_000;
/// Requests of one slot are forgotten together, so a window remembers at most 201 numbers.
const SLOT_MS: u64 = 100;

/// Counts of requests by the slot in which they were made.
#[derive(Debug, Default)]
pub struct Window {
    slots: VecDeque<(u64, u32)>,
    used: u32,
}

impl Window {
    /// Requests that still count.
    pub fn used(&mut self, now_ms: u64) -> u32 {
        while let Some((slot, count)) = self.slots.front().copied() {
            if leaves_at(slot) > now_ms {
                break;
            }
            self.slots.pop_front();
            self.used -= count;
        }
        self.used
    }

    /// How long until `count` more fit below `limit`; zero when they fit now. What could never fit is let through
    /// when the window is empty.
    pub fn wait_ms(&mut self, count: u32, limit: u32, now_ms: u64) -> u64 {
        let mut used = self.used(now_ms);
        let mut wait_ms = 0;
        for (slot, left) in &self.slots {
            if used + count <= limit {
                break;
            }
            used -= left;
            wait_ms = leaves_at(*slot) - now_ms;
        }
        wait_ms
    }

    pub fn record(&mut self, count: u32, now_ms: u64) {
        let slot = now_ms / SLOT_MS;
        self.used += count;
        match self.slots.back_mut() {
            // A clock that went back would disorder the slots: count it with the newest.
            Some((last, there)) if *last >= slot => *there += count,
            _ => self.slots.push_back((slot, count)),
        }
    }
}

/// When the last request of a slot is older than the window.
fn leaves_at(slot: u64) -> u64 {
    (slot + 1) * SLOT_MS + WINDOW_MS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let mut window = Window::default();
        window.record(3, 1_000);
        assert_eq!(
            window.used(1_000 + WINDOW_MS),
            3,
            "a slot stays until its last moment is out of the window"
        );
        assert_eq!(window.used(1_000 + WINDOW_MS + SLOT_MS), 0);
    }

    #[test]
    fn it_tells_how_long_to_wait() {
        let mut window = Window::default();
        window.record(5, 0);
        window.record(5, 10_000);
        assert_eq!(window.wait_ms(1, 11, 10_000), 0);
        assert_eq!(window.wait_ms(1, 10, 10_000), 10_100);
        assert_eq!(window.wait_ms(6, 10, 10_000), 20_100);
        assert_eq!(
            window.wait_ms(99, 10, 10_000),
            20_100,
            "more than the limit goes when the window is empty"
        );
    }

    proptest! {
        /// The naive model: a list of all moments.
        #[test]
        fn no_window_of_20_seconds_ever_holds_more_than_the_limit(steps in prop::collection::vec((0u64..3_000, 1u32..5), 1..200)) {
            let limit = 10;
            let (mut window, mut now, mut made) = (Window::default(), 0u64, Vec::new());
            for (pause, count) in steps {
                now += pause;
                now += window.wait_ms(count, limit, now);
                prop_assert_eq!(window.wait_ms(count, limit, now), 0, "after the wait it fits");
                window.record(count, now);
                made.push((now, count));
                let inside: u32 = made.iter().filter(|(at, _)| *at + WINDOW_MS > now).map(|(_, count)| count).sum();
                prop_assert!(inside <= limit);
            }
        }
    }
}
