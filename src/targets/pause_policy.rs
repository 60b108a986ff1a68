//! How long a target rests after a fault that concerns more than one record. Pure.
//!
//! It never ends by itself, and nothing is lost meanwhile: the page is worked again from where it stands.

use std::time::Duration;

use crate::targets::TargetFault;

/// A longer time than this is not believed.
const REQUESTED_MAX: Duration = Duration::from_secs(3600);

/// `failed_before`: pauses in a row before this one.
pub(super) fn pause_after_fault(fault: &TargetFault, failed_before: u32) -> Duration {
    match fault {
        TargetFault::Throttled {
            retry_after: Some(asked),
        } => (*asked).clamp(Duration::from_secs(1), REQUESTED_MAX),
        fault if fault.is_lasting() => doubled_pause(60, 900, failed_before),
        _ => doubled_pause(5, 300, failed_before),
    }
}

/// Before it is looked at again whether somebody has mended the mapping or the filter.
pub(super) fn pause_until_changed(failed_before: u32) -> Duration {
    doubled_pause(60, 900, failed_before)
}

fn doubled_pause(first_s: u64, longest_s: u64, failed_before: u32) -> Duration {
    Duration::from_secs(first_s)
        .saturating_mul(1 << failed_before.min(12))
        .min(Duration::from_secs(longest_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn the_pause_doubles_up_to_a_bound_that_fits_the_fault() {
        let away = TargetFault::Unreachable { problem: "no".into() };
        let pauses: Vec<Duration> = (0..8).map(|failed| pause_after_fault(&away, failed)).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300].map(S));
        let refused = TargetFault::SignIn {
            problem: "no".into(),
            advice: "change it".into(),
        };
        let pauses: Vec<Duration> = (0..6).map(|failed| pause_after_fault(&refused, failed)).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 900, 900].map(S));
        assert_eq!(pause_after_fault(&away, u32::MAX), S(300));
    }

    #[test]
    fn what_the_other_side_asks_for_is_kept_and_believed_for_an_hour() {
        let asked = |seconds| TargetFault::Throttled {
            retry_after: Some(S(seconds)),
        };
        assert_eq!(pause_after_fault(&asked(90), 9), S(90));
        assert_eq!(pause_after_fault(&asked(0), 0), S(1));
        assert_eq!(pause_after_fault(&asked(86_400), 0), S(3600));
        let untold = TargetFault::Throttled { retry_after: None };
        assert_eq!(pause_after_fault(&untold, 0), S(5));
    }
}
