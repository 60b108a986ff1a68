//! Decides when a full scan comes before its schedule, since the tenant's number of devices shows that one has gone. Pure: it
//! remembers numbers, [`super::scan_runner`] acts.
//!
//! *Another difference* ([`ScanReason::OtherCount`]). Each scan keeps by how much the tenant's number differs from the devices
//! known here. An incremental scan brings what enrolled, so the difference stays; what has gone changes it. Where it is another
//! than after the last full scan, a full scan looks. Whatever that one leaves is the difference from then on: a tenant whose
//! number is always wrong by the same causes no scan at all.
//!
//! *Devices that wait* ([`ScanReason::StillMissing`]). Where number and list differ, a missing device waits for a second list
//! (S1). That one comes now, not with the schedule; and ever less often where no list and no answer settles it. What the brake
//! withholds waits for a person, and a fleet that is not proven whole is looked at anyway ([`super::fleet_proof`]).
//!
//! *Bounds*: at most one full scan for a reason of these in ten minutes, and in a large fleet, whose list takes many requests, in
//! as many times ten minutes as it has ten thousands of devices. A clock that is set back holds nothing up (E3).

use chrono::TimeDelta;

use crate::model::{ScanKind, ScanReason, ScanSummary, Timestamp};

/// Between two full scans for these reasons.
const APART: TimeDelta = TimeDelta::minutes(10);
/// Whatever the size of the fleet, and however often nothing came of it.
const APART_MOST: TimeDelta = TimeDelta::hours(4);
/// Devices whose list is read in ten requests.
const DEVICES_PER_PAUSE: u64 = 10_000;
/// Beyond this a pause is at its longest.
const DOUBLINGS_MOST: u32 = 5;

/// What the last scans showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountWatch {
    /// The difference that the last full scan left, or the first one that was known behind it.
    settled: Option<i64>,
    newest: Option<i64>,
    /// Devices in the last full list.
    listed: u64,
    /// The last full scan missed devices that wait for the next one.
    is_missing: bool,
    full_ended_at: Option<Timestamp>,
    /// When the last full scan for one of these reasons began.
    began_at: Option<Timestamp>,
    /// Full scans for missing devices, one after the other, that settled nothing.
    tries: u32,
}

impl CountWatch {
    /// As the store remembers it: the last full scan, the last incremental one, and the last that came for a reason.
    pub fn from_scans(
        full: Option<&ScanSummary>,
        incremental: Option<&ScanSummary>,
        early: Option<&ScanSummary>,
    ) -> CountWatch {
        let mut watch = CountWatch::default();
        for scan in full.into_iter().chain(incremental.filter(|scan| is_behind(scan, full))) {
            watch.note_end(scan, scan.ended_at.unwrap_or(scan.started_at));
        }
        watch.began_at = early.map(|scan| scan.started_at);
        watch
    }

    /// A full scan begins for this reason, whatever comes of it.
    pub fn note_start(&mut self, now: Timestamp) {
        self.began_at = Some(now);
    }

    /// A scan has completed.
    pub fn note_end(&mut self, scan: &ScanSummary, ended_at: Timestamp) {
        if scan.kind == ScanKind::Incremental {
            self.newest = scan.count_difference.or(self.newest);
            self.settled = self.settled.or(scan.count_difference);
            return;
        }
        (self.settled, self.newest) = (scan.count_difference, scan.count_difference);
        self.listed = scan.seen + scan.strangers;
        self.is_missing = scan.missing > 0 && !scan.braked;
        self.full_ended_at = Some(ended_at);
        let was_in_vain = self.is_missing && scan.reason == Some(ScanReason::StillMissing);
        self.tries = if was_in_vain { self.tries.saturating_add(1) } else { 0 };
    }

    /// Why a full scan is to come now; `None`: by its schedule. `is_proven`: the fleet is proven whole (F4).
    pub fn find_reason(&self, is_proven: bool, now: Timestamp) -> Option<ScanReason> {
        let waits = APART * 2_i32.pow(self.tries.min(DOUBLINGS_MOST));
        if self.is_missing && is_proven && has_passed(self.full_ended_at, waits.min(APART_MOST), now) {
            return Some(ScanReason::StillMissing);
        }
        let is_other = self
            .settled
            .zip(self.newest)
            .is_some_and(|(settled, newest)| settled != newest);
        (is_other && has_passed(self.began_at, self.pause_between(), now)).then_some(ScanReason::OtherCount)
    }

    fn pause_between(&self) -> TimeDelta {
        let times = self.listed.div_ceil(DEVICES_PER_PAUSE).clamp(1, 100);
        (APART * i32::try_from(times).unwrap_or(1)).min(APART_MOST)
    }
}

/// Whether an incremental scan came behind the last full one: by their numbers, since clocks are set.
fn is_behind(scan: &ScanSummary, full: Option<&ScanSummary>) -> bool {
    full.is_none_or(|full| full.id < scan.id)
}

/// A moment that lies ahead was written by a wrong clock.
fn has_passed(since: Option<Timestamp>, pause: TimeDelta, now: Timestamp) -> bool {
    since.is_none_or(|since| !(TimeDelta::zero()..pause).contains(&(now - since)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ScanId;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn at(minutes: i64) -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn full(id: i64, difference: Option<i64>) -> ScanSummary {
        ScanSummary {
            count_difference: difference,
            seen: 100,
            ..ScanSummary::from_start(ScanId(id), ScanKind::Full, at(id))
        }
    }

    fn incremental(id: i64, difference: Option<i64>) -> ScanSummary {
        ScanSummary {
            kind: ScanKind::Incremental,
            ..full(id, difference)
        }
    }

    /// After a full scan, and then incremental ones, with these differences: a minute apart.
    fn watch(settled: Option<i64>, later: &[Option<i64>]) -> CountWatch {
        let mut watch = CountWatch::default();
        watch.note_end(&full(1, settled), at(0));
        for (minute, difference) in (1..).zip(later) {
            watch.note_end(&incremental(2, *difference), at(minute));
        }
        watch
    }

    const OTHER: Option<ScanReason> = Some(ScanReason::OtherCount);
    const MISSING: Option<ScanReason> = Some(ScanReason::StillMissing);

    #[test]
    fn another_difference_than_after_the_last_full_scan_is_looked_into() {
        for (settled, later, reason) in [
            (Some(0), vec![Some(0)], None),
            (Some(0), vec![Some(-1)], OTHER),
            (Some(-7), vec![Some(-7), Some(-7)], None),
            (Some(-7), vec![Some(-6)], OTHER),
            (Some(3), vec![Some(2), Some(3)], None),
            (Some(3), vec![Some(2), None], OTHER),
            (Some(3), vec![None, None], None),
            (None, vec![Some(5)], None),
            (None, vec![None, Some(5), Some(4)], OTHER),
            (Some(0), vec![], None),
        ] {
            assert_eq!(
                watch(settled, &later).find_reason(true, at(9)),
                reason,
                "{settled:?} {later:?}"
            );
        }
    }

    #[test]
    fn at_most_one_in_ten_minutes_and_what_it_leaves_is_the_difference_from_then_on() {
        let mut watch = watch(Some(0), &[Some(-1)]);
        watch.note_start(at(2));
        assert_eq!(watch.find_reason(true, at(2)), None);
        watch.note_end(&full(3, Some(-1)), at(3));
        watch.note_end(&incremental(4, Some(-1)), at(4));
        assert_eq!(
            watch.find_reason(true, at(60)),
            None,
            "the same for ever causes nothing"
        );
        watch.note_end(&incremental(5, Some(-2)), at(5));
        assert_eq!(watch.find_reason(true, at(11)), None);
        assert_eq!(watch.find_reason(true, at(12)), OTHER);
        assert_eq!(
            watch.find_reason(true, at(-500)),
            OTHER,
            "a clock that was set back holds nothing up"
        );
    }

    #[test]
    fn one_that_failed_counts_all_the_same() {
        let mut watch = watch(Some(0), &[Some(-1)]);
        watch.note_start(at(2));
        assert_eq!(watch.find_reason(true, at(11)), None);
        assert_eq!(watch.find_reason(true, at(12)), OTHER);
    }

    #[test]
    fn the_larger_the_fleet_the_longer_the_pause() {
        for (seen, minutes) in [(0, 10), (10_000, 10), (10_001, 20), (100_000, 100), (9_000_000, 240)] {
            let mut watch = CountWatch::default();
            let large = ScanSummary {
                seen,
                ..full(1, Some(0))
            };
            watch.note_end(&large, at(0));
            watch.note_start(at(0));
            watch.note_end(&incremental(2, Some(1)), at(1));
            assert_eq!(watch.find_reason(true, at(minutes - 1)), None, "{seen}");
            assert_eq!(watch.find_reason(true, at(minutes)), OTHER, "{seen}");
        }
    }

    fn missing(id: i64, reason: Option<ScanReason>) -> ScanSummary {
        ScanSummary {
            missing: 1,
            reason,
            ..full(id, Some(2))
        }
    }

    #[test]
    fn s1_a_device_that_waits_for_a_second_list_gets_it_after_ten_minutes() {
        let mut watch = CountWatch::default();
        watch.note_end(&missing(1, OTHER), at(0));
        assert_eq!(watch.find_reason(true, at(9)), None);
        assert_eq!(watch.find_reason(true, at(10)), MISSING);
        assert_eq!(
            watch.find_reason(false, at(10)),
            None,
            "an unproven fleet is looked at anyway"
        );
        watch.note_end(&full(2, Some(2)), at(11));
        assert_eq!(watch.find_reason(true, at(60)), None);
        let braked = ScanSummary {
            braked: true,
            ..missing(3, None)
        };
        watch.note_end(&braked, at(70));
        assert_eq!(watch.find_reason(true, at(600)), None, "that is a person's business");
    }

    #[test]
    fn what_no_list_settles_is_looked_at_ever_less_often() {
        let (mut watch, mut now, mut pauses) = (CountWatch::default(), 0, Vec::new());
        watch.note_end(&missing(1, None), at(0));
        for _ in 0..7 {
            let due = (now..)
                .find(|minute| watch.find_reason(true, at(*minute)) == MISSING)
                .unwrap();
            pauses.push(due - now);
            now = due;
            watch.note_start(at(now));
            watch.note_end(&missing(1, MISSING), at(now));
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 240, 240]);
    }

    #[test]
    fn a_restart_changes_nothing() {
        let (full, early) = (full(3, Some(0)), full(1, Some(4)));
        for (id, reason) in [(2, None), (4, OTHER)] {
            let newer = incremental(id, Some(-1));
            let watch = CountWatch::from_scans(Some(&full), Some(&newer), Some(&early));
            assert_eq!(watch.find_reason(true, at(11)), reason, "{id}");
            assert_eq!(
                watch.find_reason(true, at(10)),
                None,
                "{id}: the last one began at minute 1"
            );
        }
        assert_eq!(CountWatch::from_scans(None, None, None), CountWatch::default());
    }

    proptest! {
        /// Whatever the tenant says, minute by minute: full scans for its number are ten minutes apart, and each leaves the
        /// difference that it found.
        #[test]
        fn whatever_is_said_scans_are_ten_minutes_apart(says in proptest::collection::vec(-2i64..3, 1..120)) {
            let (mut watch, mut began): (CountWatch, Vec<i64>) = (CountWatch::default(), Vec::new());
            watch.note_end(&full(1, Some(0)), at(0));
            for (minute, difference) in (1i64..).zip(says) {
                watch.note_end(&incremental(2, Some(difference)), at(minute));
                if watch.find_reason(true, at(minute)).is_some() {
                    watch.note_start(at(minute));
                    watch.note_end(&full(2, Some(difference)), at(minute));
                    began.push(minute);
                    prop_assert_eq!(watch.find_reason(true, at(minute)), None);
                }
            }
            prop_assert!(began.windows(2).all(|pair| pair[1] - pair[0] >= 10), "{:?}", began);
        }
    }
}
