//! Maintenance windows: when actions may go out.

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::config::MaintenanceWindow;
use crate::model::Timestamp;
use crate::schedule::CronSchedule;

/// Opens at each moment of a cron expression, in a zone, for so many minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyWindow {
    pub cron: String,
    pub minutes: u32,
    pub zone: String,
}

impl From<&MaintenanceWindow> for PolicyWindow {
    fn from(window: &MaintenanceWindow) -> PolicyWindow {
        PolicyWindow {
            cron: window.cron.clone(),
            minutes: window.minutes,
            zone: window.zone.name().to_owned(),
        }
    }
}

/// `None`: open now. Otherwise the next opening; far away where there is none.
pub fn next_opening(windows: &[PolicyWindow], now: Timestamp) -> Option<Timestamp> {
    if windows.is_empty() {
        return None;
    }
    let mut next = now + TimeDelta::days(366);
    for window in windows {
        let (Ok(cron), Ok(zone)) = (CronSchedule::parse(&window.cron), window.zone.parse::<Tz>()) else {
            continue;
        };
        let length = TimeDelta::minutes(i64::from(window.minutes));
        // The first opening that is not over yet.
        match cron.next(zone, now - length) {
            Some(opened) if opened <= now => return None,
            Some(opens) => next = next.min(opens),
            None => (),
        }
    }
    Some(next)
}
