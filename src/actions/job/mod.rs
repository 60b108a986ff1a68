//! An incoming job is parsed, checked, resolved to devices, judged and made durable (A1). Nothing is sent here.
//!
//! ```text
//! request → definition, verb and parameters → instance → devices and pins → guard → job and tasks in one transaction
//! ```

mod definition;
mod dry_run;
mod fitness;
mod fresh_devices;
mod job_audit;
mod job_error;
mod job_intake;
mod new_job;
mod request;
mod request_checks;
mod resolved_job;
mod submission_path;
mod targets;

use serde_json::{Value, json};

pub use definition::DEFAULT as DEFAULT_DEFINITION;
pub use fresh_devices::FreshDevices;
pub use job_error::JobError;
pub use job_intake::{JobIntake, JobRequester};
pub use request::content_digest;
pub use request_checks::OWN_ID;

use super::guard::{self, IntakeRequest};
use super::specs::{ActionParameters, ActionSpec};
use crate::contract::{DryRunResult, JobBody, UnfitView, UnjudgedView};
use crate::inventory::UnjudgedDevices;
use crate::model::{ActionKind, ApprovalState, InstanceName, JobId, PendingActionPolicy, Timestamp};
use crate::store::{AddJobOutcome, NewBrokenGlass};
use request_checks::{check_confirmation, check_own_id, choose_job_name, parse_request};
use resolved_job::ResolvedJob;
use submission_path::SubmissionPath;

/// The acknowledgement: durable when it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct JobReceipt {
    /// What the caller calls it.
    pub name: String,
    /// `None` for a dry run.
    pub job: Option<JobId>,
    pub instance: InstanceName,
    pub verb: ActionKind,
    pub devices: usize,
    pub needs_approval: bool,
    /// The same job was taken before.
    pub already_accepted: bool,
    pub expires_at: Timestamp,
    pub dry_run: Option<Vec<DryRunResult>>,
    /// Devices that the job's filter could not judge: they are not among those concerned (E10).
    pub unjudged: UnjudgedView,
    /// Devices that can't do it: their tasks will be refused.
    pub unfit: UnfitView,
}

impl JobIntake {
    /// Takes a job, or says why not. `raw` is the body as it came. The run of a workflow takes it on.
    pub async fn submit_job(
        &self,
        requester: &JobRequester,
        raw: Value,
        id: Option<String>,
    ) -> Result<JobReceipt, JobError> {
        self.accept_request(requester, raw, id, SubmissionPath::Workflow).await
    }

    /// The same for a person who would have had to show a second factor for what destroys, and has not.
    pub async fn submit_without_factor(
        &self,
        requester: &JobRequester,
        raw: Value,
        id: Option<String>,
    ) -> Result<JobReceipt, JobError> {
        self.accept_request(requester, raw, id, SubmissionPath::WithoutFactor)
            .await
    }

    /// The same for a run of a workflow, which follows the job itself.
    pub async fn submit_for_run(
        &self,
        requester: &JobRequester,
        raw: Value,
        (id, run): (String, i64),
    ) -> Result<JobReceipt, JobError> {
        self.accept_request(requester, raw, Some(id), SubmissionPath::Run(run))
            .await
    }

    /// The same for one person in an emergency (A9), who has just given name and password. It depends on no workflow.
    pub async fn submit_break_glass(
        &self,
        requester: &JobRequester,
        mut raw: Value,
        id: Option<String>,
        (reason, via): (String, String),
    ) -> Result<JobReceipt, JobError> {
        if let Some(body) = raw.as_object_mut() {
            body.insert("reason".to_owned(), reason.clone().into());
        }
        self.accept_request(requester, raw, id, SubmissionPath::BrokenGlass { reason, via })
            .await
    }

    async fn accept_request(
        &self,
        requester: &JobRequester,
        raw: Value,
        id: Option<String>,
        path: SubmissionPath,
    ) -> Result<JobReceipt, JobError> {
        let digest = path.request_digest(&raw);
        let request = parse_request(raw)?;
        let name = choose_job_name(&request, id)?;
        let source = requester.source();
        if !request.dry_run
            && let Some((job, known)) = self.store.find_job_digest(&source, &name).await?
        {
            return if known == digest {
                self.receipt_of_known(requester, job, name).await
            } else {
                Err(JobError::Conflict { id: name })
            };
        }
        if requester.server.is_none() {
            check_own_id(&name)?;
        }
        let resolved = self.resolve_request(requester, &request, path.runs_workflow()).await?;
        let mut intake_request = build_intake_request(&resolved, &request);
        // A dry run shows each device, and a run counts what was refused.
        let (preview, unfit) = if request.dry_run {
            let tried = dry_run::dry_run_targets(self, &resolved, request.when_pending).await?;
            (Some(tried.devices), tried.unfit)
        } else if matches!(path, SubmissionPath::Run(_)) {
            (None, fitness::list_unfit(&resolved))
        } else {
            let unfit = fitness::confirm_unfit(self, &resolved, fitness::list_unfit(&resolved)).await;
            intake_request.unfit = fitness::refuse_unfit(&resolved, &unfit);
            (None, unfit)
        };
        let devices = resolved.targets.len();
        let receipt = JobReceipt {
            name: name.clone(),
            job: None,
            instance: resolved.instance.name.clone(),
            verb: resolved.spec.verb,
            devices,
            needs_approval: false,
            already_accepted: false,
            expires_at: resolved.expires_at,
            dry_run: None,
            unjudged: resolved.unjudged.clone(),
            unfit,
        };
        let mut new_job = self.build_new_job(requester, &request, resolved, name, digest)?;
        let check = path.intake_check();
        let check = move |facts: &crate::store::IntakeFacts| check(facts, &intake_request);
        let store = self.recording(requester, &receipt, &path);
        if let SubmissionPath::BrokenGlass { reason, .. } = path {
            let by = requester.operator.name.clone();
            let notice = guard::emergency_access::broken_glass_notice;
            new_job.broken_glass = Some(NewBrokenGlass { by, reason, notice });
        }
        if let Some(preview) = preview {
            let intake = self.store.preview_job(new_job, check).await?;
            let intake = intake.map_err(|refused| JobError::Refused {
                refused,
                suspended: false,
            })?;
            return Ok(JobReceipt {
                needs_approval: intake.needs_approval,
                dry_run: Some(preview),
                ..receipt
            });
        }
        match store.add_job(new_job, check).await? {
            AddJobOutcome::Accepted { job, needs_approval } => Ok(JobReceipt {
                job: Some(job),
                needs_approval,
                ..receipt
            }),
            AddJobOutcome::Known { job } => self.receipt_of_known(requester, job, receipt.name).await,
            AddJobOutcome::Conflict => Err(JobError::Conflict { id: receipt.name }),
            AddJobOutcome::Refused { refused, suspended } => Err(JobError::Refused { refused, suspended }),
        }
    }

    async fn receipt_of_known(
        &self,
        requester: &JobRequester,
        id: JobId,
        name: String,
    ) -> Result<JobReceipt, JobError> {
        let (job, counts) = self.store.load_job_row(id).await?;
        let instance = self.store.load_instance(job.instance).await?;
        // Sent by the same account, but perhaps not by a token that reaches as far.
        if !requester.may_send_to(&instance.name) {
            return Err(targets::unknown_instance(&instance.name));
        }
        let tasks: u64 = counts.iter().map(|(_, count)| count).sum();
        Ok(JobReceipt {
            name,
            job: Some(id),
            instance: instance.name,
            verb: job.verb,
            devices: usize::try_from(tasks).unwrap_or(usize::MAX),
            needs_approval: job.approval == ApprovalState::Waiting,
            already_accepted: true,
            expires_at: job.expires_at,
            dry_run: None,
            unjudged: UnjudgedView::default(),
            unfit: UnfitView::default(),
        })
    }

    async fn resolve_request(
        &self,
        requester: &JobRequester,
        request: &JobBody,
        runs_workflow: bool,
    ) -> Result<ResolvedJob, JobError> {
        let instance = targets::resolve_instance(self, requester, request).await?;
        let stored_policy = self.store.find_policy(&guard::policy_scope(instance.id)).await?;
        let policy = stored_policy.as_deref();
        let (verb, taken_on_by) =
            definition::resolve_definition(self, request, &instance, policy, runs_workflow).await?;
        let spec = ActionSpec::for_action(verb);
        let version = guard::api_version_for(spec, policy);
        let parameters = ActionParameters::check(spec, &request.parameters.0, version).map_err(|error| {
            JobError::invalid_request(
                error.code(),
                error.to_string(),
                format!(
                    "GET /sics/v1/actions describes the parameters of {verb}, and so does `intune-connector actions --json`; \
                     on the command line: --param NAME=VALUE."
                ),
            )
        })?;
        if !request.dry_run {
            check_confirmation(request, verb)?;
        }
        let unjudged = UnjudgedDevices::default();
        let aimed = targets::resolve_targets(self, requester, request, (&instance, verb), &unjudged).await?;
        if let Some(expected) = request.expect_devices
            && expected != aimed.len() as u64
        {
            return Err(JobError::invalid_request(
                "expectDevices",
                format!("expected {expected} devices, found {}", aimed.len()),
                "Check the devices again (dryRun shows them), then send the job with the correct number.",
            ));
        }
        Ok(ResolvedJob {
            spec,
            parameters,
            instance,
            targets: aimed,
            by_filter: request.filter.is_some(),
            unjudged: unjudged.view(),
            expires_at: self.resolve_expiry(request, verb)?,
            workflow: taken_on_by,
            policy: stored_policy,
        })
    }
}

fn build_intake_request(resolved: &ResolvedJob, request: &JobBody) -> IntakeRequest {
    let oldest = resolved.targets.iter().min_by_key(|target| target.read_at);
    IntakeRequest {
        verb: resolved.spec.verb,
        instance: resolved.instance.name.clone(),
        devices: resolved.targets.len(),
        by_filter: resolved.by_filter,
        urgent: request.urgent,
        oldest_read: oldest.map(|target| (target.subject.id, target.read_at)),
        would_wipe: resolved.spec.verb == ActionKind::Delete
            && resolved
                .targets
                .iter()
                .any(|target| super::specs::delete_wipes(&target.subject)),
        approval_digest: approval_digest(resolved, request.when_pending),
        unfit: None,
    }
}

/// What an approval is bound to: the verb, its parameters, what it does where something is pending, and exactly these
/// devices as they were seen (A2).
fn approval_digest(job: &ResolvedJob, when_pending: PendingActionPolicy) -> [u8; 32] {
    let devices: Vec<Value> = job
        .targets
        .iter()
        .map(|aimed| json!([aimed.subject.id.to_string(), aimed.pin]))
        .collect();
    let parameters: std::collections::BTreeMap<_, _> = job.parameters.0.iter().collect();
    let content = json!([
        job.spec.verb.name(),
        parameters,
        devices,
        job.instance.id.0,
        when_pending
    ]);
    openssl::sha::sha256(content.to_string().as_bytes())
}
