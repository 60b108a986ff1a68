//! Export jobs. A job is not started, in progress, completed, by the tenant's clock; its table is made when it is
//! fetched. The address of the file holds for six hours.

use std::collections::BTreeMap;
use std::sync::Mutex;

use uuid::Uuid;

use crate::software::SoftwareTuning;
use crate::state::lock;
use crate::world::{Dice, Ticks};

/// Jobs kept; the oldest are forgotten.
const MAX_JOBS: usize = 1000;
/// So long the address of a file holds.
const ADDRESS_S: i64 = 6 * 3600;

/// `deviceManagementReportStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportStatus {
    NotStarted,
    InProgress,
    Completed,
}

impl ExportStatus {
    pub fn name(self) -> &'static str {
        match self {
            ExportStatus::NotStarted => "notStarted",
            ExportStatus::InProgress => "inProgress",
            ExportStatus::Completed => "completed",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct NewExport {
    pub report: String,
    pub filter: Option<String>,
    pub select: Vec<String>,
    /// `csv` or `json`.
    pub format: String,
    pub localization: String,
}

#[derive(Debug, Clone)]
pub struct ExportJob {
    pub id: String,
    pub wanted: NewExport,
    pub requested: Ticks,
}

#[derive(Debug, Default)]
pub struct ExportJobs(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    jobs: BTreeMap<u64, ExportJob>,
    next: u64,
}

impl ExportJobs {
    pub fn add(&self, wanted: NewExport, seed: u64, now: Ticks) -> ExportJob {
        let mut inner = lock(&self.0);
        inner.next += 1;
        let number = inner.next;
        let id: Uuid = Dice::apart(seed.wrapping_add(number), 0xE59).uuid();
        let job = ExportJob {
            id: format!("{}_{id}", wanted.report),
            wanted,
            requested: now,
        };
        inner.jobs.insert(number, job.clone());
        if inner.jobs.len() > MAX_JOBS {
            inner.jobs.pop_first();
        }
        job
    }

    pub fn find(&self, id: &str) -> Option<ExportJob> {
        let inner = lock(&self.0);
        inner.jobs.values().find(|job| job.id.eq_ignore_ascii_case(id)).cloned()
    }

    pub fn list(&self) -> Vec<ExportJob> {
        lock(&self.0).jobs.values().cloned().collect()
    }
}

impl ExportJob {
    pub fn status(&self, tuning: &SoftwareTuning, now: Ticks) -> ExportStatus {
        let done = self.requested.plus_ms(tuning.export_after_ms);
        let begun = self.requested.plus_ms(tuning.export_after_ms / 2);
        if now < begun {
            ExportStatus::NotStarted
        } else if now < done || tuning.exports_hang {
            ExportStatus::InProgress
        } else {
            ExportStatus::Completed
        }
    }

    /// Until when its address holds.
    pub fn expires(&self, tuning: &SoftwareTuning) -> Ticks {
        self.requested.plus_ms(tuning.export_after_ms).plus_seconds(ADDRESS_S)
    }

    /// What makes its address unguessable.
    pub fn signature(&self, tenant: &str) -> String {
        let digest = openssl::sha::sha256(format!("export {tenant} {}", self.id).as_bytes());
        hex::encode(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_takes_its_time() {
        let now = Ticks::parse("2026-11-20T10:00:00Z").unwrap();
        let jobs = ExportJobs::default();
        let wanted = NewExport {
            report: "Devices".to_owned(),
            ..NewExport::default()
        };
        let job = jobs.add(wanted, 7, now);
        assert!(job.id.starts_with("Devices_") && jobs.find(&job.id).is_some());
        let mut tuning = SoftwareTuning {
            export_after_ms: 10_000,
            ..SoftwareTuning::default()
        };
        let at = |seconds: i64, tuning: &SoftwareTuning| job.status(tuning, now.plus_seconds(seconds)).name();
        assert_eq!(
            [at(0, &tuning), at(6, &tuning), at(10, &tuning)],
            ["notStarted", "inProgress", "completed"]
        );
        tuning.exports_hang = true;
        assert_eq!(at(1000, &tuning), "inProgress");
    }
}
