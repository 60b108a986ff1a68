//! How many requests were made in the last 20 seconds: a sliding window in slots of 100 ms. Pure; time is a number.

use std::collections::VecDeque;

/// The window of Graph's published limits, milliseconds.
pub(crate) const WINDOW_MS: u64 = 20_000;
/// Requests of one slot are forgotten together, so a window remembers at most 201 numbers.
const SLOT_MS: u64 = 100;
/// Requests are counted where they go out, and by Graph where they arrive: one may be so much slower than the next.
const GRACE_MS: u64 = 200;

/// Counts of requests by the slot in which they were made.
#[derive(Debug, Default)]
pub(crate) struct SlidingWindow {
    slots: VecDeque<(u64, u32)>,
    used: u32,
}

impl SlidingWindow {
    /// Requests that still count.
    pub(crate) fn count_used(&mut self, now_ms: u64) -> u32 {
        while let Some((slot, count)) = self.slots.front().copied() {
            if slot_expires_at(slot) > now_ms {
                break;
            }
            self.slots.pop_front();
            self.used -= count;
        }
        self.used
    }

    /// How long until `count` more fit below `limit`; zero when they fit now. What could never fit is let through
    /// when the window is empty.
    pub(crate) fn wait_ms(&mut self, count: u32, limit: u32, now_ms: u64) -> u64 {
        let mut used = self.count_used(now_ms);
        let mut wait_ms = 0;
        for (slot, left) in &self.slots {
            if used + count <= limit {
                break;
            }
            used -= left;
            wait_ms = slot_expires_at(*slot) - now_ms;
        }
        wait_ms
    }

    /// A request that was counted then goes out only now, and counts from now on.
    pub(crate) fn postpone_request(&mut self, counted_ms: u64, now_ms: u64) {
        let slot = counted_ms / SLOT_MS;
        let counted = self.slots.iter_mut().find(|(at, there)| *at >= slot && *there > 0);
        if let Some((_, there)) = counted {
            *there -= 1;
            self.used -= 1;
        }
        self.record_requests(1, now_ms);
    }

    pub(crate) fn record_requests(&mut self, count: u32, now_ms: u64) {
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
fn slot_expires_at(slot: u64) -> u64 {
    (slot + 1) * SLOT_MS + WINDOW_MS + GRACE_MS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let mut window = SlidingWindow::default();
        window.record_requests(3, 1_000);
        assert_eq!(
            window.count_used(1_000 + WINDOW_MS),
            3,
            "a slot stays until its last moment is out of the window"
        );
        assert_eq!(window.count_used(1_000 + WINDOW_MS + SLOT_MS + GRACE_MS), 0);
    }

    #[test]
    fn it_tells_how_long_to_wait() {
        let mut window = SlidingWindow::default();
        window.record_requests(5, 0);
        window.record_requests(5, 10_000);
        assert_eq!(window.wait_ms(1, 11, 10_000), 0);
        assert_eq!(window.wait_ms(1, 10, 10_000), 10_300);
        assert_eq!(window.wait_ms(6, 10, 10_000), 20_300);
        assert_eq!(
            window.wait_ms(99, 10, 10_000),
            20_300,
            "more than the limit goes when the window is empty"
        );
    }

    proptest! {
        /// What waits between being counted and going out (for a commit, say) must not come in a heap. The naive model:
        /// the moments at which requests went out.
        #[test]
        fn no_20_seconds_see_more_go_out_than_the_limit_however_long_each_hesitates(
            steps in prop::collection::vec((0u64..3_000, 0u64..9_000), 1..200),
        ) {
            let limit = 10;
            let (mut window, mut now, mut waiting, mut out) = (SlidingWindow::default(), 0u64, Vec::new(), Vec::new());
            let leave = |window: &mut SlidingWindow, waiting: &mut Vec<(u64, u64)>, out: &mut Vec<u64>, until: u64| {
                waiting.sort_unstable();
                while let Some((goes, counted)) = waiting.first().copied().filter(|(goes, _)| *goes <= until) {
                    waiting.remove(0);
                    window.postpone_request(counted, goes);
                    out.push(goes);
                }
            };
            for (pause, hesitation) in steps {
                now += pause;
                loop {
                    leave(&mut window, &mut waiting, &mut out, now);
                    let wait = window.wait_ms(1, limit, now);
                    if wait == 0 {
                        break;
                    }
                    now += wait.min(100);
                }
                window.record_requests(1, now);
                waiting.push((now + hesitation, now));
            }
            leave(&mut window, &mut waiting, &mut out, u64::MAX);
            for at in &out {
                let inside = out.iter().filter(|other| **other <= *at && **other + WINDOW_MS > *at).count();
                prop_assert!(inside <= limit as usize, "{inside} within 20 s");
            }
        }

        /// The naive model: a list of all moments.
        #[test]
        fn no_window_of_20_seconds_ever_holds_more_than_the_limit(steps in prop::collection::vec((0u64..3_000, 1u32..5), 1..200)) {
            let limit = 10;
            let (mut window, mut now, mut made) = (SlidingWindow::default(), 0u64, Vec::new());
            for (pause, count) in steps {
                now += pause;
                now += window.wait_ms(count, limit, now);
                prop_assert_eq!(window.wait_ms(count, limit, now), 0, "after the wait it fits");
                window.record_requests(count, now);
                made.push((now, count));
                let inside: u32 = made.iter().filter(|(at, _)| *at + WINDOW_MS > now).map(|(_, count)| count).sum();
                prop_assert!(inside <= limit);
            }
        }
    }
}
