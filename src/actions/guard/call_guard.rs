//! May this call go out now? Checked before every call, again after every wait, in the transaction that commits the
//! intent (A4). First what ends a task, then what only lets it wait; limits last, so that what waits for something else
//! takes up no place in them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::intake::has_right;
use super::pending_actions;
use super::policy::{BusPolicy, CompiledPolicy, PolicyCache};
use super::window;
use crate::actions::personal_devices::check_personal;
use crate::actions::specs::{ActionParameters, ActionSpec, ActionUnfit, delete_wipes};
use crate::actions::subject::Subject;
use crate::model::{
    ActionDanger, ActionKind, ApprovalState, DeviceIdentity, IdentityPin, InstanceName, PendingActionPolicy,
    ResourceRef, TaskState, Timestamp,
};
use crate::store::{IntentFacts, KillSwitch, KillSwitchOrigin, TaskCounts, TaskTransition};

/// The rule by which something waits for, or stops at, what others have pending at Intune.
pub const PENDING: &str = "pendingAtIntune";
/// How long until a device is looked at again on which something is pending that a job waits for.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(5);

/// What the call is aimed at, as it was read just now.
pub struct PlannedCall {
    pub instance: InstanceName,
    pub subject: Subject,
    /// Fresh from Graph for whatever is more than harmless (A2).
    pub identity: Option<DeviceIdentity>,
    /// The same as JSON, for conditions.
    pub body: String,
    pub parameters: ActionParameters,
}

/// Leave to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallClearance {
    /// A pending action that this one overtakes on purpose (a wipe behind a retire).
    pub escalates: Option<ActionKind>,
}

/// Microsoft's own caps of a tenant and day.
pub fn daily_cap(verb: ActionKind) -> Option<u64> {
    match verb {
        ActionKind::Wipe => Some(500),
        ActionKind::Retire | ActionKind::Delete => Some(1000),
        _ => None,
    }
}

pub fn guard_call(
    facts: &IntentFacts,
    planned_call: &PlannedCall,
    policies: &PolicyCache,
) -> Result<CallClearance, Box<TaskTransition>> {
    let call_guard = CallGuard { facts };
    let policy = policies.compile_cached(facts.instance_policy.as_deref());
    call_guard.check_job()?;
    call_guard.check_operator(planned_call)?;
    call_guard.check_device(planned_call, &policy)?;
    let escalates = call_guard.check_open_tasks()?;
    call_guard.check_foreign_pending(planned_call)?;
    call_guard.check_kill_switch_and_window(&policy)?;
    call_guard.check_limits()?;
    Ok(CallClearance { escalates })
}

/// What the device itself says against it: protected, somebody's own, or unable. The same for a call and for a dry run.
pub fn check_device_rules(
    policy: &CompiledPolicy,
    verb: ActionKind,
    subject: &Subject,
    body: &str,
    parameters: &ActionParameters,
) -> Result<(), ActionUnfit> {
    if verb != ActionKind::Sync && policy.is_protected(subject.id, body) {
        return Err(ActionUnfit {
            code: "neverTouch",
            reason: "the device is protected by the setting `never_touch`".to_owned(),
            alternative: None,
        });
    }
    let allowed: Vec<ActionKind> = policy.policy.personal_allowed.iter().copied().collect();
    check_personal(verb, subject, &allowed)?;
    (ActionSpec::for_action(verb).fits)(subject, parameters)
}

/// Rules about what may change by itself: only a fresh reading before the call says whether they hold.
const PASSING_RULES: [&str; 2] = ["lostMode", "encryption"];

/// Whether the device can do it at all, as far as the inventory tells: asked before a job is taken.
pub fn check_device_ability(
    policy: &CompiledPolicy,
    verb: ActionKind,
    subject: &Subject,
    parameters: &ActionParameters,
) -> Result<(), ActionUnfit> {
    let allowed: Vec<ActionKind> = policy.policy.personal_allowed.iter().copied().collect();
    check_personal(verb, subject, &allowed)?;
    match (ActionSpec::for_action(verb).fits)(subject, parameters) {
        Err(unfit) if !PASSING_RULES.contains(&unfit.code) => Err(unfit),
        _ => Ok(()),
    }
}

struct CallGuard<'a> {
    facts: &'a IntentFacts,
}

type CallVerdict = Result<(), Box<TaskTransition>>;

impl CallGuard<'_> {
    fn check_job(&self) -> CallVerdict {
        let job = &self.facts.job;
        if self.facts.now >= job.expires_at {
            return Err(self.end_task(TaskState::Expired, "expired", "it expired before it could be sent"));
        }
        match job.approval {
            ApprovalState::None | ApprovalState::Approved => Ok(()),
            ApprovalState::Waiting => Err(self.defer_task(
                TaskState::WaitingApproval,
                "approval",
                "a second person has to approve it",
                job.expires_at,
            )),
            ApprovalState::Rejected | ApprovalState::Lapsed => {
                Err(self.refuse_task("rejected", "it was not approved", None))
            }
        }
    }

    fn check_operator(&self, planned_call: &PlannedCall) -> CallVerdict {
        let facts = self.facts;
        let Some(operator) = facts.operator.as_ref().filter(|operator| !operator.disabled) else {
            return Err(self.refuse_task(
                "operator",
                "the requester's account no longer exists or is disabled",
                None,
            ));
        };
        let verb = facts.task.verb;
        let also = (verb == ActionKind::Delete && delete_wipes(&planned_call.subject))
            .then(|| ActionKind::Wipe.required_right());
        let here = ResourceRef::for_instance(&planned_call.instance);
        for right in [Some(verb.required_right()), also].into_iter().flatten() {
            if !has_right(operator, right) {
                return Err(self.refuse_task("missingRight", &format!("the requester lacks the right {right}"), None));
            }
            if !operator.has_right(right, here) {
                return Err(self.refuse_task("outOfScope", "the requester's rights do not apply there", None));
            }
        }
        if verb.danger() == ActionDanger::Destructive && facts.suspension.is_some() {
            return Err(self.refuse_task("suspended", "the requester's destructive rights are suspended", None));
        }
        Ok(())
    }

    fn check_device(&self, planned_call: &PlannedCall, policy: &CompiledPolicy) -> CallVerdict {
        let verb = self.facts.task.verb;
        if !policy.policy.verbs.contains(&verb) {
            return Err(self.refuse_task("verbOff", &format!("{verb} is switched off for this instance"), None));
        }
        if verb.danger() != ActionDanger::Harmless
            && let Some(changed) = changed_identity_part(self.facts.task.pin.as_ref(), planned_call.identity.as_ref())
        {
            let text = format!("the device is not the one that was seen: its {changed} has changed");
            return Err(self.refuse_task(
                "identityChanged",
                &text,
                Some("look at the device again, then send a new job"),
            ));
        }
        match check_device_rules(
            policy,
            verb,
            &planned_call.subject,
            &planned_call.body,
            &planned_call.parameters,
        ) {
            Ok(()) => Ok(()),
            Err(unfit) => Err(self.refuse_task(unfit.code, &unfit.reason, unfit.alternative.as_deref())),
        }
    }

    /// One open destructive task per device (A4). Only a wipe may follow a retire that waits for its device.
    fn check_open_tasks(&self) -> Result<Option<ActionKind>, Box<TaskTransition>> {
        use TaskState::{HandedOver, PendingOnDevice, StillPending};
        let verb = self.facts.task.verb;
        if verb.danger() == ActionDanger::Harmless {
            return Ok(None);
        }
        let mut escalates = None;
        let destructive = |(other, _): &&(ActionKind, TaskState)| other.danger() == ActionDanger::Destructive;
        for (other, state) in self.facts.under_way.iter().filter(destructive) {
            let pending = matches!(state, HandedOver | PendingOnDevice | StillPending);
            if verb == ActionKind::Wipe && *other == ActionKind::Retire && pending {
                escalates = Some(ActionKind::Retire);
                continue;
            }
            let text = format!("a {other} of this device is already {}", state.published_state().name());
            return Err(self.refuse_task("openTask", &text, Some("wait for its outcome, or resolve it")));
        }
        Ok(escalates)
    }

    /// What Intune shows as pending though no open task of ours accounts for it (A6): the job says what to do then.
    fn check_foreign_pending(&self, planned_call: &PlannedCall) -> CallVerdict {
        let verb = self.facts.task.verb;
        let device: Value = serde_json::from_str(&planned_call.body).unwrap_or_default();
        let mut others =
            pending_actions::exclude_own_tasks(pending_actions::list_pending_actions(&device), &self.facts.under_way);
        others.retain(|other| pending_actions::is_blocked_by(verb, other));
        let Some(text) = pending_actions::describe_pending(&others) else {
            return Ok(());
        };
        match self.facts.job.pending_action_policy() {
            PendingActionPolicy::GoOn => Ok(()),
            PendingActionPolicy::Stop => Err(self.refuse_task(PENDING, &text, Some(pending_actions::INSTEAD))),
            PendingActionPolicy::Wait => {
                Err(self.defer_task(TaskState::WaitingWindow, PENDING, &text, self.facts.now + LOOK_AGAIN))
            }
        }
    }

    fn check_kill_switch_and_window(&self, policy: &CompiledPolicy) -> CallVerdict {
        let facts = self.facts;
        let passes = |switch: &&KillSwitch| facts.job.broken_glass && switch.origin == KillSwitchOrigin::Restore;
        if let Some(switch) = facts.kill_switch.as_ref().filter(|switch| !passes(switch)) {
            let text = format!("the kill switch is on: {}", switch.reason);
            return Err(self.defer_task(
                TaskState::WaitingWindow,
                "killSwitch",
                &text,
                facts.now + TimeDelta::seconds(30),
            ));
        }
        if facts.job.urgent {
            return Ok(());
        }
        match window::next_opening(&policy.policy.windows, facts.now) {
            None => Ok(()),
            Some(opens) => Err(self.defer_task(
                TaskState::WaitingWindow,
                "window",
                "waiting for the next maintenance window",
                opens,
            )),
        }
    }

    fn check_limits(&self) -> CallVerdict {
        let facts = self.facts;
        let verb = facts.task.verb;
        if verb.danger() != ActionDanger::Destructive {
            return Ok(());
        }
        let limits = BusPolicy::from_json(facts.bus_policy.as_deref()).limits;
        let (tenant, own) = (
            self.counts_without_task(facts.tenant_counts),
            self.counts_without_task(facts.operator_counts),
        );
        let soon = TimeDelta::minutes(1);
        let later = TimeDelta::minutes(10);
        // Hours are passed where somebody breaks the glass (A9); days and Microsoft's own caps are not.
        let hourly = |limit| if facts.job.broken_glass { u64::MAX } else { limit };
        let rows = [
            (
                tenant.hour,
                hourly(limits.per_hour),
                "limitPerHour",
                "per hour and tenant",
                soon,
            ),
            (
                own.hour,
                hourly(limits.operator_per_hour),
                "limitPerHour",
                "per hour and operator",
                soon,
            ),
            (tenant.day, limits.per_day, "limitPerDay", "per day and tenant", later),
            (
                own.day,
                limits.operator_per_day,
                "limitPerDay",
                "per day and operator",
                later,
            ),
            (
                facts.verb_today,
                daily_cap(verb).unwrap_or(u64::MAX),
                "dailyCap",
                "of Intune per day and tenant",
                later,
            ),
        ];
        for (count, limit, rule, what, wait) in rows {
            if count >= limit {
                let text = format!("{count} destructive actions have reached the limit {what}");
                return Err(self.defer_task(TaskState::WaitingBudget, rule, &text, facts.now + wait));
            }
        }
        Ok(())
    }

    /// Without this very task, where it was tried before and had no effect.
    fn counts_without_task(&self, counts: TaskCounts) -> TaskCounts {
        let tried = |span| self.facts.task.intent_at.is_some_and(|at| self.facts.now - at < span);
        TaskCounts {
            open: counts.open,
            hour: counts.hour - u64::from(tried(TimeDelta::hours(1)) && counts.hour > 0),
            day: counts.day - u64::from(tried(TimeDelta::hours(24)) && counts.day > 0),
        }
    }

    fn refuse_task(&self, rule: &str, text: &str, instead: Option<&str>) -> Box<TaskTransition> {
        let mut stop = self.end_task(TaskState::Refused, rule, text);
        if let (Some(instead), Some(Value::Object(detail))) = (instead, &mut stop.detail) {
            detail.insert("instead".to_owned(), instead.into());
        }
        stop
    }

    fn end_task(&self, state: TaskState, rule: &str, text: &str) -> Box<TaskTransition> {
        let task = &self.facts.task;
        Box::new(TaskTransition {
            state,
            cause: Some(rule.to_owned()),
            detail: Some(json!({ "text": text })),
            due_at: None,
            approval_code: task.approval_code.clone(),
            sent_at: None,
            throttled: task.throttled,
            read_backs: task.read_backs,
        })
    }

    /// Looked at again then, or when it expires.
    fn defer_task(&self, state: TaskState, rule: &str, text: &str, until: Timestamp) -> Box<TaskTransition> {
        let mut stop = self.end_task(state, rule, text);
        stop.due_at = Some(until.min(self.facts.job.expires_at));
        stop
    }
}

/// Which part of the identity is not what the requester saw (A2). Without a pin, or without a fresh reading, all of it.
fn changed_identity_part(pin: Option<&IdentityPin>, identity: Option<&DeviceIdentity>) -> Option<&'static str> {
    match (pin, identity) {
        (Some(pin), Some(identity)) => pin.find_difference(identity),
        _ => Some("identity"),
    }
}
