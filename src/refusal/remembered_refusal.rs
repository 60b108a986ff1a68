//! How long a refusal holds, how it grows, and which caller tries first when it is over. Pure: time is passed in.
//!
//! Time is measured twice, by the wall clock and by the uptime of this process: a refusal is over when either says so.
//! Setting the wall clock back prolongs no refusal, and time asleep counts as waiting.

use std::fmt;
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta};

use crate::model::Timestamp;

/// A longer time than this is not believed: then one request asks again.
pub const BELIEVED: Duration = Duration::from_secs(3600);
/// A refusal without a time: the first one, and the most that it grows to. What was mended heals within it.
pub const FIRST: Duration = Duration::from_secs(5);
pub const MOST: Duration = Duration::from_secs(60);
/// Whoever asks first has so long to bring an answer; then somebody else may.
pub const LEASE: Duration = Duration::from_secs(90);
/// How long others wait before they look again whether the first one has brought an answer.
const SOON: Duration = Duration::from_millis(200);

/// A moment by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockMoment {
    pub wall: Timestamp,
    /// Since this process began; never goes back.
    pub monotonic: Duration,
}

/// Why, as it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalCause {
    /// Short and stable: `throttled`, `AADSTS7000222`.
    pub code: String,
    /// A sentence without secrets.
    pub text: String,
    pub advice: String,
    /// It passes without anybody changing anything.
    pub transient: bool,
}

/// One refusal that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedRefusal {
    pub cause: RefusalCause,
    pub since: ClockMoment,
    pub until: Timestamp,
    /// The other side said how long.
    pub timed: bool,
    duration: Duration,
    /// Refusals without a time, one after the other.
    consecutive: u32,
    /// Somebody asks again since then.
    probing_since: Option<ClockMoment>,
}

/// What somebody who wants to ask is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalVerdict {
    /// It holds, or somebody is asking again already.
    Closed,
    /// It is over: the first one asks, alone.
    Probe,
}

impl RememberedRefusal {
    /// What is remembered after another refusal. `retry_after`: for how long, where that was said; zero says nothing.
    pub fn after_refusal(
        previous: Option<&RememberedRefusal>,
        retry_after: Option<Duration>,
        cause: RefusalCause,
        at: ClockMoment,
    ) -> RememberedRefusal {
        let in_force = previous.filter(|refusal| !refusal.is_over(at));
        match retry_after.filter(|retry_after| !retry_after.is_zero()) {
            Some(retry_after) => {
                let length = retry_after.min(BELIEVED);
                let candidate = RememberedRefusal::new(cause, length, true, 0, at);
                match in_force {
                    // Requests were under way together: the longest time holds.
                    Some(refusal) if refusal.timed && refusal.until > candidate.until => refusal.clone(),
                    _ => candidate,
                }
            }
            None => match in_force {
                Some(refusal) => refusal.clone(),
                None => {
                    let times = previous
                        .filter(|refusal| !refusal.timed)
                        .map_or(1, |refusal| refusal.consecutive.saturating_add(1));
                    let length = FIRST.saturating_mul(1 << (times - 1).min(8)).min(MOST);
                    RememberedRefusal::new(cause, length, false, times, at)
                }
            },
        }
    }

    /// What a process before this one was told; `None` where it is over. A time further away than is believed is cut.
    pub fn from_stored(cause: RefusalCause, until: Timestamp, at: ClockMoment) -> Option<RememberedRefusal> {
        let remaining = (until - at.wall)
            .to_std()
            .ok()
            .filter(|remaining| !remaining.is_zero())?;
        Some(RememberedRefusal::new(cause, remaining.min(BELIEVED), true, 0, at))
    }

    /// What a process before this one was refused without a time, the `times`th time on end. Also where it is over: the next
    /// one grows from there.
    pub fn kept(cause: RefusalCause, until: Timestamp, times: u32, at: ClockMoment) -> RememberedRefusal {
        let remaining = (until - at.wall).to_std().unwrap_or_default().min(MOST);
        RememberedRefusal::new(cause, remaining, false, times, at)
    }

    /// Refusals without a time, one after the other; 0 where a time was said.
    pub fn times(&self) -> u32 {
        self.consecutive
    }

    fn new(cause: RefusalCause, length: Duration, timed: bool, times: u32, since: ClockMoment) -> RememberedRefusal {
        let until = since.wall + TimeDelta::from_std(length).unwrap_or_default();
        RememberedRefusal {
            cause,
            since,
            until,
            timed,
            duration: length,
            consecutive: times,
            probing_since: None,
        }
    }

    pub fn verdict_at(&self, at: ClockMoment) -> RefusalVerdict {
        let probe_since = |since: &ClockMoment| at.monotonic.saturating_sub(since.monotonic) < LEASE;
        if self.is_over(at) && !self.probing_since.as_ref().is_some_and(probe_since) {
            RefusalVerdict::Probe
        } else {
            RefusalVerdict::Closed
        }
    }

    pub fn is_over(&self, at: ClockMoment) -> bool {
        at.wall >= self.until || at.monotonic.saturating_sub(self.since.monotonic) >= self.duration
    }

    /// How long until it is worth looking again.
    pub fn remaining_at(&self, at: ClockMoment) -> Duration {
        if self.is_over(at) {
            return SOON;
        }
        let by_wall = (self.until - at.wall).to_std().unwrap_or_default();
        by_wall.min(
            self.duration
                .saturating_sub(at.monotonic.saturating_sub(self.since.monotonic)),
        )
    }

    /// Somebody asks again; `None`: nobody does any more.
    pub fn set_probing(&mut self, since: Option<ClockMoment>) {
        self.probing_since = since;
    }
}

/// Reads behind the name of who refused.
impl fmt::Display for RememberedRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.until.to_rfc3339_opts(SecondsFormat::Secs, true);
        let text = &self.cause.text;
        if self.timed {
            write!(f, "requested a pause; no requests before {until}: {text}")
        } else {
            write!(f, "refused; no requests before {until}: {text}")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::parse_time;

    const S: fn(u64) -> Duration = Duration::from_secs;

    /// So many seconds after noon, by both clocks.
    fn at(seconds: u64) -> ClockMoment {
        moment(seconds as i64, seconds)
    }

    fn moment(wall: i64, run: u64) -> ClockMoment {
        ClockMoment {
            wall: parse_time("2026-11-20T12:00:00Z").unwrap() + TimeDelta::seconds(wall),
            monotonic: S(1_000 + run),
        }
    }

    fn cause() -> RefusalCause {
        RefusalCause {
            code: "throttled".into(),
            text: "Graph answered 429".into(),
            advice: String::new(),
            transient: true,
        }
    }

    fn after(before: Option<&RememberedRefusal>, asked: Option<u64>, now: ClockMoment) -> RememberedRefusal {
        RememberedRefusal::after_refusal(before, asked.map(S), cause(), now)
    }

    #[test]
    fn e9_what_was_asked_for_holds_to_the_second_and_then_one_asks() {
        let mut held = after(None, Some(600), at(0));
        assert_eq!(held.remaining_at(at(0)), S(600));
        assert_eq!(held.verdict_at(at(599)), RefusalVerdict::Closed);
        assert_eq!(held.verdict_at(at(600)), RefusalVerdict::Probe);
        held.set_probing(Some(at(600)));
        assert_eq!(
            held.verdict_at(at(601)),
            RefusalVerdict::Closed,
            "somebody asks already"
        );
        assert_eq!(held.remaining_at(at(601)), SOON);
        assert_eq!(
            held.verdict_at(at(600 + LEASE.as_secs())),
            RefusalVerdict::Probe,
            "and does not come back"
        );
        held.set_probing(None);
        assert_eq!(held.verdict_at(at(601)), RefusalVerdict::Probe, "or gave up");
    }

    #[test]
    fn e9_a_day_is_believed_for_an_hour() {
        let held = after(None, Some(86_400), at(0));
        assert_eq!(held.until, at(3600).wall);
        assert_eq!(held.verdict_at(at(3599)), RefusalVerdict::Closed);
        let again = after(Some(&held), Some(86_400), at(3600));
        assert_eq!(again.until, at(7200).wall, "the one who asked again was told the same");
    }

    #[test]
    fn e9_without_a_time_it_grows_from_5_to_60_seconds() {
        let (mut held, mut now, mut lengths) = (None, 0, Vec::new());
        for _ in 0..7 {
            let next = after(held.as_ref(), None, at(now));
            let length = (next.until - at(now).wall).num_seconds();
            lengths.push(length);
            now += length as u64;
            held = Some(next);
        }
        assert_eq!(lengths, [5, 10, 20, 40, 60, 60, 60]);
        let nothing_said = after(None, Some(0), at(0));
        assert!(!nothing_said.timed);
    }

    #[test]
    fn e9_many_that_fail_together_count_once() {
        let first = after(None, None, at(0));
        assert_eq!(after(Some(&first), None, at(1)), first);
        let long = after(None, Some(600), at(0));
        assert_eq!(after(Some(&long), Some(10), at(1)), long, "the longest time holds");
        assert_eq!(after(Some(&long), None, at(1)), long);
        assert_eq!(
            after(Some(&first), Some(10), at(1)).until,
            at(11).wall,
            "a time says more than none"
        );
        let later = after(Some(&long), None, at(601));
        assert_eq!(later.until, at(606).wall, "what had a time does not grow");
    }

    #[test]
    fn e9_a_clock_that_is_set_back_prolongs_nothing() {
        let held = after(None, Some(600), at(0));
        assert_eq!(held.verdict_at(moment(-86_400, 599)), RefusalVerdict::Closed);
        assert_eq!(held.verdict_at(moment(-86_400, 600)), RefusalVerdict::Probe);
        assert_eq!(held.remaining_at(moment(-86_400, 500)), S(100));
        assert_eq!(
            held.verdict_at(moment(600, 1)),
            RefusalVerdict::Probe,
            "set forward, or asleep"
        );
    }

    #[test]
    fn e9_a_restart_remembers_what_is_left_and_no_more_than_is_believed() {
        let left = RememberedRefusal::from_stored(cause(), at(600).wall, at(100)).unwrap();
        assert_eq!((left.remaining_at(at(100)), left.timed), (S(500), true));
        assert_eq!(RememberedRefusal::from_stored(cause(), at(100).wall, at(100)), None);
        let far = RememberedRefusal::from_stored(cause(), at(90_000).wall, at(0)).unwrap();
        assert_eq!(far.until, at(3600).wall);
    }

    #[test]
    fn e9_a_restart_keeps_what_was_refused_without_a_time_and_how_far_it_has_grown() {
        let kept = RememberedRefusal::kept(cause(), at(20).wall, 3, at(0));
        assert_eq!((kept.remaining_at(at(0)), kept.timed), (S(20), false));
        let over = RememberedRefusal::kept(cause(), at(20).wall, 3, at(30));
        assert_eq!(over.verdict_at(at(30)), RefusalVerdict::Probe);
        assert_eq!(after(Some(&over), None, at(30)).until, at(70).wall, "the fourth time");
        let wrong = RememberedRefusal::kept(cause(), at(90_000).wall, 9, at(0));
        assert_eq!(
            wrong.remaining_at(at(0)),
            MOST,
            "a clock that was set back prolongs nothing"
        );
    }

    #[test]
    fn e9_it_says_until_when_and_why() {
        let timed = after(None, Some(600), at(0)).to_string();
        assert_eq!(
            timed,
            "requested a pause; no requests before 2026-11-20T12:10:00Z: Graph answered 429"
        );
        assert!(
            after(None, None, at(0))
                .to_string()
                .contains("no requests before 2026-11-20T12:00:05Z")
        );
    }

    proptest! {
        /// Whatever is said, in whatever order: it never holds longer than is believed from the last word, and a time
        /// that was said is kept to.
        #[test]
        fn e9_a_refusal_has_bounds(words in prop::collection::vec((0u64..200, prop::option::of(0u64..100_000)), 1..40)) {
            let (mut held, mut now): (Option<RememberedRefusal>, u64) = (None, 0);
            for (pause, asked) in words {
                now += pause;
                let next = after(held.as_ref(), asked, at(now));
                prop_assert!(!next.is_over(at(now)));
                prop_assert!(next.remaining_at(at(now)) <= BELIEVED);
                if let Some(asked) = asked.filter(|asked| *asked > 0) {
                    prop_assert!(next.remaining_at(at(now)) >= S(asked).min(BELIEVED));
                }
                if !next.timed {
                    prop_assert!(next.remaining_at(at(now)) <= MOST);
                }
                held = Some(next);
            }
        }
    }
}
