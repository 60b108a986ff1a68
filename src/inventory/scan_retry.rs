//! When a scan that failed is tried again: after a minute, then two, four …, at most a quarter of an hour. A refusal says itself
//! when (E9).

use chrono::TimeDelta;

use super::instance_scanner::InstanceScanner;
use super::scan_error::ScanError;
use crate::model::Timestamp;
use crate::refusal::{RememberedRefusal, ResourceFamily};

/// The code of HTTP 429.
pub(super) const THROTTLED: &str = "throttled";
const RETRY_FIRST: TimeDelta = TimeDelta::minutes(1);
const RETRY_MOST: TimeDelta = TimeDelta::minutes(15);

/// After so many failures, one after the other.
pub(super) fn failure_pause(failures: u32) -> TimeDelta {
    (RETRY_FIRST * 2_i32.pow(failures.saturating_sub(1).min(8))).min(RETRY_MOST)
}

/// Until when a refusal holds that ended the scan: one whose time was said, or one that somebody has to mend, which
/// is asked for again soon. What is throttled without a time is left to patience.
pub(super) fn refused_until(scanner: &InstanceScanner, error: &ScanError) -> Option<Timestamp> {
    let ScanError::Graph(error) = error else { return None };
    let active = scanner.graph.active_refusals().into_iter();
    let relevant = active.filter(|(family, refusal)| {
        matches!(family, ResourceFamily::SignIn | ResourceFamily::Devices)
            && (refusal.timed || !refusal.cause.transient)
    });
    // Its end, unless that is further away than it still holds: a clock that is set back prolongs no refusal (E3).
    let clock = &scanner.clock;
    let remaining = |refusal: &RememberedRefusal| {
        TimeDelta::from_std(refusal.remaining_now(clock)).unwrap_or_default() + TimeDelta::seconds(1)
    };
    let end_of = |refusal: &RememberedRefusal| refusal.until.min(clock.now() + remaining(refusal));
    let of_error = error.blocking_refusal().map(end_of);
    of_error.max(relevant.map(|(_, refusal)| end_of(&refusal)).max())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_a_quarter_of_an_hour() {
        let minutes: Vec<i64> = (1..=6).map(|failures| failure_pause(failures).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 15, 15]);
        assert_eq!(failure_pause(u32::MAX), RETRY_MOST);
    }
}
