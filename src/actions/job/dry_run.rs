//! What would happen to each device of a job, with nothing sent. For what is more than harmless and names few devices, Intune
//! is asked as it is before a call: only a single GET tells what is pending on a device (A6). Where it can't be asked, and
//! for many devices, the inventory is what there is, and it is said.

use std::collections::HashMap;

use serde_json::Value;

use super::fitness::list_unfit_by;
use super::fresh_devices::ASKED_MAX;
use super::job_error::JobError;
use super::job_intake::JobIntake;
use super::resolved_job::ResolvedJob;
use super::targets::ResolvedTarget;
use crate::actions::guard::call_guard::PENDING;
use crate::actions::guard::pending_actions::{self, PendingIntuneAction};
use crate::actions::guard::policy::CompiledPolicy;
use crate::actions::guard::{self, PolicyCache};
use crate::actions::specs::ActionUnfit;
use crate::actions::subject::Subject;
use crate::contract::{DryRunResult, PendingAction, UnfitView};
use crate::model::{ActionDanger, ActionKind, DeviceId, PendingActionPolicy, TaskState};

/// What a dry run tells. Both are judged by one reading, so that they never contradict each other.
pub(super) struct DryRunPreview {
    pub devices: Vec<DryRunResult>,
    /// Those that can't do it.
    pub unfit: UnfitView,
}

pub(super) async fn dry_run_targets(
    intake: &JobIntake,
    resolved: &ResolvedJob,
    pending_policy: PendingActionPolicy,
) -> Result<DryRunPreview, JobError> {
    let policy = PolicyCache::default().compile_cached(resolved.policy.as_deref());
    let ids: Vec<DeviceId> = resolved.targets.iter().map(|target| target.subject.id).collect();
    let asks_intune = resolved.spec.danger() != ActionDanger::Harmless && ids.len() <= ASKED_MAX;
    let fresh = match &intake.fresh_devices {
        Some(fresh) if asks_intune => fresh.read_fresh_devices(resolved.instance.name.clone(), ids).await,
        _ => HashMap::new(),
    };
    let tenant = resolved.instance.tenant_id.to_ascii_lowercase();
    let mut devices = Vec::new();
    for target in &resolved.targets {
        let own = match resolved.spec.danger() {
            ActionDanger::Harmless => Vec::new(),
            _ => {
                intake
                    .store
                    .list_device_tasks_under_way(tenant.clone(), target.subject.id)
                    .await?
            }
        };
        devices.push(dry_run_target(
            resolved,
            &policy,
            target,
            fresh.get(&target.subject.id),
            &own,
            pending_policy,
        ));
    }
    Ok(DryRunPreview {
        devices,
        unfit: list_unfit_by(resolved, &fresh),
    })
}

/// `fresh`: `None` where Intune was not asked, inner `None` where it does not know the device.
fn dry_run_target(
    resolved: &ResolvedJob,
    policy: &CompiledPolicy,
    target: &ResolvedTarget,
    fresh: Option<&Option<Value>>,
    own: &[(ActionKind, TaskState)],
    pending_policy: PendingActionPolicy,
) -> DryRunResult {
    let verb = resolved.spec.verb;
    let read = fresh.and_then(Option::as_ref);
    let stored = || serde_json::from_str(target.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let device: Value = read.cloned().unwrap_or_else(stored);
    let subject = read.and_then(Subject::from_device);
    let subject = subject.as_ref().unwrap_or(&target.subject);
    let shown = pending_actions::exclude_own_tasks(pending_actions::list_pending_actions(&device), own);
    let unfit = guard::check_device_rules(policy, verb, subject, &device.to_string(), &resolved.parameters)
        .err()
        .or_else(|| refuse_gone(fresh))
        .or_else(|| refuse_pending(verb, &shown, pending_policy));
    let effect = resolved.spec.effect_on(subject, &resolved.parameters);
    DryRunResult {
        device_id: target.subject.id,
        device: target.display_fields(),
        would: unfit.is_none(),
        effect: match pending_actions::describe_pending(&shown) {
            // First: what comes last in a long sentence is cut off in a table.
            Some(sentence) => format!("{}{sentence}; {effect}", pending_prefix(verb, &shown, pending_policy)),
            None => effect,
        },
        pending: shown.into_iter().map(PendingAction::from).collect(),
        fresh: fresh.is_some(),
        rule: unfit.as_ref().map(|unfit| unfit.code.to_owned()),
        reason: unfit.as_ref().map(|unfit| unfit.reason.clone()),
        instead: unfit.and_then(|unfit| unfit.alternative),
    }
}

fn refuse_gone(fresh: Option<&Option<Value>>) -> Option<ActionUnfit> {
    matches!(fresh, Some(None)).then(|| ActionUnfit {
        code: "notFound",
        reason: "the device no longer exists in Intune".to_owned(),
        alternative: None,
    })
}

fn refuse_pending(
    verb: ActionKind,
    pending: &[PendingIntuneAction],
    pending_policy: PendingActionPolicy,
) -> Option<ActionUnfit> {
    let others: Vec<PendingIntuneAction> = pending
        .iter()
        .filter(|other| pending_actions::is_blocked_by(verb, other))
        .cloned()
        .collect();
    let reason = pending_actions::describe_pending(&others).filter(|_| pending_policy == PendingActionPolicy::Stop)?;
    Some(ActionUnfit {
        code: PENDING,
        reason,
        alternative: Some(pending_actions::INSTEAD.to_owned()),
    })
}

/// What is done about it, before it is named.
fn pending_prefix(
    verb: ActionKind,
    pending: &[PendingIntuneAction],
    pending_policy: PendingActionPolicy,
) -> &'static str {
    let stops = pending.iter().any(|other| pending_actions::is_blocked_by(verb, other));
    match pending_policy {
        PendingActionPolicy::Wait if stops => "it waits because ",
        PendingActionPolicy::GoOn if stops => "it is sent although ",
        PendingActionPolicy::Stop | PendingActionPolicy::Wait | PendingActionPolicy::GoOn => "",
    }
}
