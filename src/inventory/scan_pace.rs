//! How often an instance scans: by its settings, and slower by itself while the budget of requests is short. Pure.
//!
//! *Short* is a budget of which more than three quarters are in use when a scan ends (the slow pass beside the scans takes half at
//! most), or one that Graph cuts: pages that had to be asked for again. Each such scan doubles the interval of incremental
//! ones, up to a quarter of an hour; each one without takes half of it back. Times of a cron expression are kept, since somebody
//! has chosen them.

use super::scan_runner::ScanRunnerStatus;
use crate::config::ScanSettings;
use crate::graph::BudgetGauge;
use crate::model::{ScanKind, ScanSummary, Timestamp};
use crate::schedule::Trigger;

/// Above so many devices a full scan is daily unless the settings say otherwise.
const LARGE_FLEET: u64 = 100_000;
/// No interval grows beyond this by itself.
const SLOWEST_S: u64 = 15 * 60;
/// Two minutes become 16, which is cut.
const DOUBLINGS_MOST: u32 = 3;

/// How much slower than set incremental scans come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScanPace {
    doublings: u32,
}

impl ScanPace {
    pub fn is_slowed(self) -> bool {
        self.doublings > 0
    }
}

/// Whether those who act would soon wait: then nothing begins that can wait.
pub fn is_budget_short(gauge: BudgetGauge) -> bool {
    u64::from(gauge.used) * 4 > u64::from(gauge.limit) * 3
}

/// Whether pages of this scan had to be asked for again; the number of devices is one request more. What a full scan asks
/// for by id is no sign.
pub fn was_cut(scan: &ScanSummary) -> bool {
    scan.kind == ScanKind::Incremental && scan.requests > scan.pages + 1
}

/// The pace behind a scan.
pub fn adjust_pace(pace: ScanPace, is_short: bool) -> ScanPace {
    let doublings = if is_short {
        (pace.doublings + 1).min(DOUBLINGS_MOST)
    } else {
        pace.doublings.saturating_sub(1)
    };
    ScanPace { doublings }
}

/// The schedule at this pace.
pub fn stretch_trigger(trigger: &Trigger, pace: ScanPace) -> Trigger {
    match trigger {
        Trigger::EverySeconds(seconds) => {
            let slower = seconds.saturating_mul(1 << pace.doublings.min(DOUBLINGS_MOST));
            Trigger::EverySeconds(slower.min(SLOWEST_S.max(*seconds)))
        }
        Trigger::Off | Trigger::Cron(_) => trigger.clone(),
    }
}

/// When a scan of this kind comes by the settings (`full`, `incremental`), for the workflow that keeps the schedule;
/// `None`: not now, the instance has to look at itself first.
pub fn planned_scan(
    setting: &str,
    status: &ScanRunnerStatus,
    settings: &ScanSettings,
    devices: u64,
) -> Option<(Trigger, Option<Timestamp>)> {
    if !status.scheduled {
        return None;
    }
    match setting {
        "full" => {
            let trigger = settings.full.clone().unwrap_or_else(|| default_full_trigger(devices));
            Some((trigger, status.full_began))
        }
        "incremental" => {
            let trigger = stretch_trigger(&settings.incremental, status.pace);
            Some((trigger, status.incremental_began))
        }
        _ => None,
    }
}

pub fn default_full_trigger(devices: u64) -> Trigger {
    Trigger::EverySeconds(if devices > LARGE_FLEET { 24 * 3600 } else { 4 * 3600 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ScanId;

    fn after(shorts: &[bool]) -> ScanPace {
        shorts
            .iter()
            .fold(ScanPace::default(), |pace, is_short| adjust_pace(pace, *is_short))
    }

    fn every(seconds: u64, shorts: &[bool]) -> Trigger {
        stretch_trigger(&Trigger::EverySeconds(seconds), after(shorts))
    }

    #[test]
    fn an_interval_doubles_while_the_budget_is_short_and_comes_back() {
        assert_eq!(every(120, &[]), Trigger::EverySeconds(120));
        assert_eq!(every(120, &[true]), Trigger::EverySeconds(240));
        assert_eq!(every(120, &[true, true]), Trigger::EverySeconds(480));
        assert_eq!(every(120, &[true; 9]), Trigger::EverySeconds(900), "and no further");
        assert_eq!(every(120, &[true, true, false]), Trigger::EverySeconds(240));
        assert_eq!(every(120, &[true, false, false]), Trigger::EverySeconds(120));
        assert_eq!(every(3600, &[true; 9]), Trigger::EverySeconds(3600), "slow enough");
        assert!(after(&[true]).is_slowed() && !after(&[true, false]).is_slowed());
    }

    #[test]
    fn times_that_somebody_chose_are_kept() {
        for trigger in [Trigger::Off, Trigger::Cron("*/2 * * * *".into())] {
            assert_eq!(stretch_trigger(&trigger, after(&[true; 3])), trigger);
        }
    }

    #[test]
    fn more_than_three_quarters_of_a_budget_in_use_are_short() {
        let gauge = |used, limit| BudgetGauge {
            used,
            limit,
            writes_used: 0,
            writes_limit: 1,
        };
        for (used, limit, is_short) in [
            (0, 20, false),
            (15, 20, false),
            (16, 20, true),
            (1, 1, true),
            (u32::MAX, 1, true),
        ] {
            assert_eq!(is_budget_short(gauge(used, limit)), is_short, "{used} of {limit}");
        }
    }

    #[test]
    fn pages_that_were_asked_for_again_are_a_sign_and_questions_by_id_are_none() {
        let scan = |kind, pages, requests| ScanSummary {
            pages,
            requests,
            ..ScanSummary::from_start(ScanId(1), kind, Timestamp::UNIX_EPOCH)
        };
        assert!(!was_cut(&scan(ScanKind::Incremental, 1, 2)), "the list and the number");
        assert!(!was_cut(&scan(ScanKind::Incremental, 3, 4)));
        assert!(was_cut(&scan(ScanKind::Incremental, 1, 3)));
        assert!(!was_cut(&scan(ScanKind::Full, 1, 30)));
    }
}
