//! What each of the last 30 days brought: changes that scans found, and actions that ended. Pure.

use chrono::{Days, NaiveDate, TimeDelta};

use crate::contract::DayView;
use crate::model::{TaskState, Timestamp};
use crate::store::{EndedTasks, ScanCounts};

const COUNT: u64 = 30;
/// Reaches back behind the beginning of the first day.
pub(super) const DAYS: TimeDelta = TimeDelta::days(COUNT as i64);

/// Whether an action came to nothing although nobody took it back.
fn has_failed(state: TaskState) -> bool {
    use TaskState::{Expired, Failed, NotSupported, Refused};
    matches!(state, Failed | NotSupported | Refused | Expired)
}

/// Exactly 30, the oldest first; what lies outside of them is left out.
pub(super) fn build_days<'a>(
    now: Timestamp,
    scans: impl Iterator<Item = &'a ScanCounts>,
    tasks: impl Iterator<Item = &'a EndedTasks>,
) -> Vec<DayView> {
    let today = now.date_naive();
    let first = today.checked_sub_days(Days::new(COUNT - 1)).unwrap_or(today);
    let empty_day = |date: NaiveDate| DayView {
        date,
        added: 0,
        changed: 0,
        gone: 0,
        actions: 0,
        actions_failed: 0,
    };
    let mut days: Vec<DayView> = first.iter_days().take(COUNT as usize).map(empty_day).collect();
    let place = |date: NaiveDate| usize::try_from((date - first).num_days()).ok();
    for scan in scans {
        if let Some(day) = place(scan.at.date_naive()).and_then(|place| days.get_mut(place)) {
            day.added += scan.added;
            day.changed += scan.changed;
            day.gone += scan.gone;
        }
    }
    for ended in tasks {
        if let Some(day) = place(ended.day).and_then(|place| days.get_mut(place)) {
            day.actions += ended.count;
            day.actions_failed += if has_failed(ended.state) { ended.count } else { 0 };
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::InstanceId;

    #[test]
    fn what_happened_stands_on_its_day_in_utc_and_what_is_older_is_left_out() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T00:30:00Z").unwrap().to_utc();
        let scan = |at: Timestamp| ScanCounts {
            at,
            added: 1,
            changed: 20,
            gone: 300,
        };
        let scans = [
            scan(now),
            scan(now),
            scan(now - TimeDelta::hours(1)),
            scan(now - TimeDelta::days(29)),
            scan(now - TimeDelta::days(30)),
            scan(now + TimeDelta::days(1)),
        ];
        let ended = |days: i64, state: TaskState| EndedTasks {
            instance: InstanceId(1),
            day: (now - TimeDelta::days(days)).date_naive(),
            state,
            count: 2,
        };
        let tasks = [
            ended(0, TaskState::Done),
            ended(0, TaskState::Failed),
            ended(0, TaskState::Cancelled),
            ended(40, TaskState::Done),
        ];
        let days = build_days(now, scans.iter(), tasks.iter());
        assert_eq!(days.len(), 30);
        assert_eq!(days[0].date.to_string(), "2026-10-23");
        let told: Vec<_> = [0, 1, 28, 29].map(|day| (days[day].added, days[day].gone)).to_vec();
        assert_eq!(told, [(1, 300), (0, 0), (1, 300), (2, 600)]);
        assert_eq!(
            (days[29].changed, days[29].actions, days[29].actions_failed),
            (40, 6, 2)
        );
    }
}
