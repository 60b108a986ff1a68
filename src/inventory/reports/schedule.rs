//! When a report is written by schedule, and where. Pure.

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::contract::ReportFormat;
use crate::model::{InstanceName, Timestamp};
use crate::schedule::{Trigger, TriggerDue, TriggerError, next_runs, parse_trigger, trigger_due};
use crate::store::{ReportPlan, ReportScheduleRow};

/// Each report walks through a whole fleet.
const SHORTEST: TimeDelta = TimeDelta::minutes(5);

/// Why a report can't be written so; reads alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportPlanError {
    #[error("schedule: {0}")]
    Schedule(TriggerError),
    #[error("schedule: off writes no report")]
    Off,
    #[error("schedule: a report is written at most every 5 minutes")]
    TooOften,
    #[error("zone: unknown time zone")]
    Zone,
}

/// Whether reports can be written so.
pub fn check_plan(plan: &ReportPlan, now: Timestamp) -> Result<(), ReportPlanError> {
    let zone: Tz = plan.zone.parse().map_err(|_| ReportPlanError::Zone)?;
    let trigger = parse_trigger(&plan.schedule).map_err(ReportPlanError::Schedule)?;
    if trigger == Trigger::Off {
        return Err(ReportPlanError::Off);
    }
    let runs = next_runs(&trigger, zone, now, 2);
    let is_too_often = matches!(runs.as_slice(), [first, second] if *second - *first < SHORTEST);
    if is_too_often {
        Err(ReportPlanError::TooOften)
    } else {
        Ok(())
    }
}

/// When a report is to be written. An interval begins at once; an expression waits for its time, and not for one from before
/// it was set.
pub fn next_write(row: &ReportScheduleRow, now: Timestamp) -> TriggerDue {
    let (Ok(trigger), Ok(zone)) = (parse_trigger(&row.plan.schedule), row.plan.zone.parse::<Tz>()) else {
        return TriggerDue::Never;
    };
    let last = match trigger {
        Trigger::Cron(_) => row.last_start.max(Some(row.set_at)),
        Trigger::Off | Trigger::EverySeconds(_) => row.last_start,
    };
    trigger_due(&trigger, zone, last, now)
}

/// The file of a report, within the data folder. Names of reports have no hyphen, so no two are the same.
pub fn report_file(report: &str, instance: Option<&InstanceName>, format: ReportFormat) -> String {
    match instance {
        Some(instance) => format!("reports/{report}-{instance}.{}", format.name()),
        None => format!("reports/{report}.{}", format.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{DecimalMark, ListSeparator};
    use crate::model::{OperatorId, parse_time};

    fn at(text: &str) -> Timestamp {
        parse_time(text).unwrap()
    }

    fn plan(schedule: &str, zone: &str) -> ReportPlan {
        ReportPlan {
            schedule: schedule.to_owned(),
            zone: zone.to_owned(),
            format: ReportFormat::Csv,
            days: None,
            separator: ListSeparator::Comma,
            decimal: DecimalMark::Point,
        }
    }

    fn row(schedule: &str, last_start: Option<&str>) -> ReportScheduleRow {
        ReportScheduleRow {
            report: "compliance".to_owned(),
            instance: None,
            plan: plan(schedule, "Europe/Berlin"),
            set_by: OperatorId(1),
            set_at: at("2026-11-20T12:00:00Z"),
            last_start: last_start.map(at),
            written_at: None,
            row_count: None,
            failure: None,
        }
    }

    #[test]
    fn a_plan_that_writes_nothing_or_all_the_time_is_none() {
        let now = at("2026-11-20T12:00:00Z");
        for good in ["every 5m", "every 24h", "0 6 * * MON", "0 0 6 * * *"] {
            assert_eq!(check_plan(&plan(good, "UTC"), now), Ok(()), "{good}");
        }
        assert_eq!(check_plan(&plan("off", "UTC"), now), Err(ReportPlanError::Off));
        for often in ["every 10s", "* * * * *", "*/30 * * * * *"] {
            assert_eq!(
                check_plan(&plan(often, "UTC"), now),
                Err(ReportPlanError::TooOften),
                "{often}"
            );
        }
        assert_eq!(check_plan(&plan("every 24h", "Mars"), now), Err(ReportPlanError::Zone));
        assert_eq!(
            check_plan(&plan("", "UTC"), now),
            Err(ReportPlanError::Schedule(TriggerError::Empty))
        );
    }

    #[test]
    fn an_interval_begins_at_once_and_an_expression_at_its_time() {
        let now = at("2026-11-20T13:00:00Z");
        assert_eq!(next_write(&row("every 24h", None), now), TriggerDue::Now);
        let written = Some("2026-11-20T12:30:00Z");
        assert_eq!(
            next_write(&row("every 24h", written), now),
            TriggerDue::At(at("2026-11-21T12:30:00Z"))
        );
        // Six in the morning in Berlin, winter.
        for last in [None, Some("2026-11-19T05:00:00Z")] {
            let due = next_write(&row("0 6 * * *", last), now);
            assert_eq!(due, TriggerDue::At(at("2026-11-21T05:00:00Z")), "{last:?}");
        }
        let later = at("2026-11-23T00:00:00Z");
        assert_eq!(
            next_write(&row("0 6 * * *", None), later),
            TriggerDue::Now,
            "once for all missed"
        );
        assert_eq!(next_write(&row("nonsense", None), now), TriggerDue::Never);
    }

    #[test]
    fn each_report_and_instance_has_a_file_of_its_own() {
        let instance: InstanceName = "IntuneConnector_1".parse().unwrap();
        assert_eq!(
            report_file("osVersions", Some(&instance), ReportFormat::Xlsx),
            "reports/osVersions-IntuneConnector_1.xlsx"
        );
        assert_eq!(
            report_file("osVersions", None, ReportFormat::Csv),
            "reports/osVersions.csv"
        );
    }
}
