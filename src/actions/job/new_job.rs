//! The row of a job that was taken, and of its tasks.

use chrono::{SubsecRound, TimeDelta};
use serde_json::{Map, Value, json};

use super::job_error::JobError;
use super::job_intake::{JobIntake, JobRequester};
use super::resolved_job::ResolvedJob;
use super::targets::ResolvedTarget;
use crate::actions::sealed_parameters::{self, JobSealContext};
use crate::contract::{JobBody, ShownDevice};
use crate::model::{ActionDanger, ActionKind, PendingActionPolicy, Timestamp};
use crate::store::{NewJob, NewTask};

/// Longest reason and name of a requester, characters.
const TEXT_MAX: usize = 500;

/// Without `expiresAt`: what loses data is soon forgotten, the rest waits for a device that is away.
const EXPIRES_DESTRUCTIVE: TimeDelta = TimeDelta::hours(24);

const EXPIRES: TimeDelta = TimeDelta::days(7);

/// The latest that may be asked for. Where there is only one operator, an approval takes a day.
const EXPIRES_DESTRUCTIVE_MOST: TimeDelta = TimeDelta::days(7);

const EXPIRES_MOST: TimeDelta = TimeDelta::days(30);

impl ResolvedTarget {
    fn into_new_task(self) -> NewTask {
        NewTask {
            device: self.subject.id,
            shown: json!(self.display_fields()),
            pin: self.pin,
        }
    }

    /// What an approver looks at.
    pub(super) fn display_fields(&self) -> ShownDevice {
        ShownDevice {
            device_name: self.subject.device_name.clone(),
            serial_number: self.subject.serial_number.clone(),
            user_principal_name: self.subject.user_principal_name.clone(),
            last_sync_date_time: self.subject.last_sync.map(|at| at.trunc_subsecs(0)),
            platform: Some(self.subject.platform.to_string()),
        }
    }
}

impl JobIntake {
    pub(super) fn resolve_expiry(&self, request: &JobBody, verb: ActionKind) -> Result<Timestamp, JobError> {
        let now = self.clock.now();
        let usual = match verb.danger() {
            ActionDanger::Destructive => EXPIRES_DESTRUCTIVE,
            _ => EXPIRES,
        };
        let wanted = request.expires_at.unwrap_or(now + usual);
        if wanted <= now {
            return Err(JobError::invalid_request(
                "expired",
                "expiresAt is in the past",
                "Use a future time, or omit it.",
            ));
        }
        let most = match verb.danger() {
            ActionDanger::Destructive => EXPIRES_DESTRUCTIVE_MOST,
            _ => EXPIRES_MOST,
        };
        if wanted > now + most {
            return Err(JobError::invalid_request(
                "expiresTooLate",
                format!("expiresAt is more than {} hours ahead", most.num_hours()),
                "Use an earlier time, or omit it.",
            ));
        }
        Ok(wanted)
    }

    pub(super) fn build_new_job(
        &self,
        who: &JobRequester,
        request: &JobBody,
        job: ResolvedJob,
        name: String,
        digest: [u8; 32],
    ) -> Result<NewJob, JobError> {
        let source = who.source();
        let place = JobSealContext {
            source: &source,
            name: &name,
        };
        let parameters = sealed_parameters::seal_parameters(self.folder.secret_key(), place, job.spec, &job.parameters)
            .map_err(|error| JobError::Seal(error.problem()))?;
        let mut about = Map::new();
        for (key, text) in [
            ("reason", &request.reason),
            ("requestedBy", &request.requested_by),
            ("definition", &request.definition),
        ] {
            if let Some(text) = text {
                if text.chars().count() > TEXT_MAX {
                    return Err(JobError::invalid_request(
                        "textTooLong",
                        format!("{key} has more than {TEXT_MAX} characters"),
                        "Shorten it.",
                    ));
                }
                about.insert(key.to_owned(), text.clone().into());
            }
        }
        if request.when_pending != PendingActionPolicy::default() {
            about.insert("whenPending".to_owned(), request.when_pending.name().into());
        }
        Ok(NewJob {
            source,
            name,
            digest,
            instance: job.instance.id,
            tenant: job.instance.tenant_id.to_ascii_lowercase(),
            verb: job.spec.verb,
            parameters,
            operator: who.operator.id,
            about: Value::Object(about),
            urgent: request.urgent,
            expires_at: job.expires_at,
            tasks: job.targets.into_iter().map(ResolvedTarget::into_new_task).collect(),
            workflow: job.workflow,
            broken_glass: None,
        })
    }
}
