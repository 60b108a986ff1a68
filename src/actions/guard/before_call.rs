//! May this call go out now? Asked before every call, again after every wait, in the transaction that commits the
//! intent (A4). First what ends a task, then what only lets it wait; limits last, so that what waits for something else
//! takes nobody's place.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::intake::has;
use super::pending;
use super::policy::{BusPolicy, Compiled, Policies};
use super::window;
use crate::actions::personal::personal;
use crate::actions::subject::Subject;
use crate::actions::verbs::{Parameters, Unfit, VerbSpec, delete_wipes};
use crate::model::{At, Danger, Identity, IdentityPin, InstanceName, TaskState, Timestamp, Verb, WhenPending};
use crate::store::{Approval, Counts, IntentFacts, KillSwitch, Move, SwitchOrigin};

/// The rule by which something waits for, or stops at, what others have pending at Intune.
pub const PENDING: &str = "pendingAtIntune";
/// How long until a device is looked at again on which something is pending that a job waits for.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(5);

/// What the call is aimed at, as it was read just now.
pub struct Aimed {
    pub instance: InstanceName,
    pub subject: Subject,
    /// Fresh from Graph for whatever is more than harmless (A2).
    pub identity: Option<Identity>,
    /// The same as JSON, for conditions.
    pub body: String,
    pub parameters: Parameters,
}

/// Leave to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leave {
    /// A pending action that this one overtakes on purpose (a wipe behind a retire).
    pub escalates: Option<Verb>,
}

/// Microsoft's own caps of a tenant and day.
pub fn cap(verb: Verb) -> Option<u64> {
    match verb {
        Verb::Wipe => Some(500),
        Verb::Retire | Verb::Delete => Some(1000),
        _ => None,
    }
}

pub fn before_call(facts: &IntentFacts, aimed: &Aimed, policies: &Policies) -> Result<Leave, Box<Move>> {
    let desk = Desk { facts };
    let policy = policies.of(facts.instance_policy.as_deref());
    desk.job()?;
    desk.operator(aimed)?;
    desk.device(aimed, &policy)?;
    let escalates = desk.under_way()?;
    desk.pending_of_others(aimed)?;
    desk.waits(&policy)?;
    desk.limits()?;
    Ok(Leave { escalates })
}

/// What the device itself says against it: protected, somebody's own, or unable. The same for a call and for a dry run.
pub fn lets_be_touched(
    policy: &Compiled,
    verb: Verb,
    subject: &Subject,
    body: &str,
    parameters: &Parameters,
) -> Result<(), Unfit> {
    if verb != Verb::Sync && policy.protects(subject.id, body) {
        return Err(Unfit {
            code: "neverTouch",
            reason: "the device is protected by the setting `never_touch`".to_owned(),
            instead: None,
        });
    }
    let allowed: Vec<Verb> = policy.policy.personal_allowed.iter().copied().collect();
    personal(verb, subject, &allowed)?;
    (VerbSpec::of(verb).fits)(subject, parameters)
}

struct Desk<'a> {
    facts: &'a IntentFacts,
}

type Verdict = Result<(), Box<Move>>;

impl Desk<'_> {
    fn job(&self) -> Verdict {
        let job = &self.facts.job;
        if self.facts.now >= job.expires_at {
            return Err(self.end(
                TaskState::Expired,
                "expired",
                "its time was over before it could be sent",
            ));
        }
        match job.approval {
            Approval::None | Approval::Approved => Ok(()),
            Approval::Waiting => Err(self.wait(
                TaskState::WaitingApproval,
                "approval",
                "somebody else has to approve it",
                job.expires_at,
            )),
            Approval::Rejected | Approval::Lapsed => Err(self.refuse("rejected", "it was not approved", None)),
        }
    }

    fn operator(&self, aimed: &Aimed) -> Verdict {
        let facts = self.facts;
        let Some(operator) = facts.operator.as_ref().filter(|operator| !operator.disabled) else {
            return Err(self.refuse(
                "operator",
                "the account that asked for it does not exist any more or is disabled",
                None,
            ));
        };
        let verb = facts.task.verb;
        let also = (verb == Verb::Delete && delete_wipes(&aimed.subject)).then(|| Verb::Wipe.right());
        let here = At::instance(&aimed.instance);
        for right in [Some(verb.right()), also].into_iter().flatten() {
            if !has(operator, right) {
                return Err(self.refuse(
                    "missingRight",
                    &format!("the operator who asked for it lacks the right {right}"),
                    None,
                ));
            }
            if !operator.may(right, here) {
                return Err(self.refuse(
                    "outOfScope",
                    "the rights of the operator who asked for it do not hold there",
                    None,
                ));
            }
        }
        if verb.danger() == Danger::Destructive && facts.suspension.is_some() {
            return Err(self.refuse(
                "suspended",
                "destructive rights of the operator who asked for it are suspended",
                None,
            ));
        }
        Ok(())
    }

    fn device(&self, aimed: &Aimed, policy: &Compiled) -> Verdict {
        let verb = self.facts.task.verb;
        if !policy.policy.verbs.contains(&verb) {
            return Err(self.refuse("verbOff", &format!("{verb} is switched off for this instance"), None));
        }
        if verb.danger() != Danger::Harmless
            && let Some(changed) = changed(self.facts.task.pin.as_ref(), aimed.identity.as_ref())
        {
            let text = format!("the device is not the one that was seen: its {changed} is another one");
            return Err(self.refuse(
                "identityChanged",
                &text,
                Some("look at the device again, then send a new job"),
            ));
        }
        match lets_be_touched(policy, verb, &aimed.subject, &aimed.body, &aimed.parameters) {
            Ok(()) => Ok(()),
            Err(unfit) => Err(self.refuse(unfit.code, &unfit.reason, unfit.instead.as_deref())),
        }
    }

    /// One open destructive task per device (A4). Only a wipe may follow a retire that waits for its device.
    fn under_way(&self) -> Result<Option<Verb>, Box<Move>> {
        use TaskState::{HandedOver, PendingOnDevice, StillPending};
        let verb = self.facts.task.verb;
        if verb.danger() == Danger::Harmless {
            return Ok(None);
        }
        let mut escalates = None;
        let destructive = |(other, _): &&(Verb, TaskState)| other.danger() == Danger::Destructive;
        for (other, state) in self.facts.under_way.iter().filter(destructive) {
            let pending = matches!(state, HandedOver | PendingOnDevice | StillPending);
            if verb == Verb::Wipe && *other == Verb::Retire && pending {
                escalates = Some(Verb::Retire);
                continue;
            }
            let text = format!("a {other} of this device is {} already", state.told().name());
            return Err(self.refuse("openTask", &text, Some("wait for its outcome, or resolve it")));
        }
        Ok(escalates)
    }

    /// What Intune shows as pending though no open task of ours accounts for it (A6): the job says what to do then.
    fn pending_of_others(&self, aimed: &Aimed) -> Verdict {
        let verb = self.facts.task.verb;
        let device: Value = serde_json::from_str(&aimed.body).unwrap_or_default();
        let mut others = pending::of_others(pending::shown(&device), &self.facts.under_way);
        others.retain(|other| pending::stops(verb, other));
        let Some(text) = pending::sentence(&others) else {
            return Ok(());
        };
        match self.facts.job.when_pending() {
            WhenPending::GoOn => Ok(()),
            WhenPending::Stop => Err(self.refuse(PENDING, &text, Some(pending::INSTEAD))),
            WhenPending::Wait => Err(self.wait(TaskState::WaitingWindow, PENDING, &text, self.facts.now + LOOK_AGAIN)),
        }
    }

    fn waits(&self, policy: &Compiled) -> Verdict {
        let facts = self.facts;
        let passes = |switch: &&KillSwitch| facts.job.broken_glass && switch.origin == SwitchOrigin::Restore;
        if let Some(switch) = facts.kill_switch.as_ref().filter(|switch| !passes(switch)) {
            let text = format!("the kill switch is on: {}", switch.reason);
            return Err(self.wait(
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
            Some(opens) => Err(self.wait(
                TaskState::WaitingWindow,
                "window",
                "it waits for the next maintenance window",
                opens,
            )),
        }
    }

    fn limits(&self) -> Verdict {
        let facts = self.facts;
        let verb = facts.task.verb;
        if verb.danger() != Danger::Destructive {
            return Ok(());
        }
        let limits = BusPolicy::read(facts.bus_policy.as_deref()).limits;
        let (tenant, own) = (self.others(facts.tenant), self.others(facts.by_operator));
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
                cap(verb).unwrap_or(u64::MAX),
                "dailyCap",
                "that Intune takes of a tenant in a day",
                later,
            ),
        ];
        for (count, limit, rule, what, wait) in rows {
            if count >= limit {
                let text = format!("{count} destructive actions have reached the limit {what}");
                return Err(self.wait(TaskState::WaitingBudget, rule, &text, facts.now + wait));
            }
        }
        Ok(())
    }

    /// Without this very task, where it was tried before and had no effect.
    fn others(&self, counts: Counts) -> Counts {
        let tried = |span| self.facts.task.intent_at.is_some_and(|at| self.facts.now - at < span);
        Counts {
            open: counts.open,
            hour: counts.hour - u64::from(tried(TimeDelta::hours(1)) && counts.hour > 0),
            day: counts.day - u64::from(tried(TimeDelta::hours(24)) && counts.day > 0),
        }
    }

    fn refuse(&self, rule: &str, text: &str, instead: Option<&str>) -> Box<Move> {
        let mut stop = self.end(TaskState::Refused, rule, text);
        if let (Some(instead), Some(Value::Object(detail))) = (instead, &mut stop.detail) {
            detail.insert("instead".to_owned(), instead.into());
        }
        stop
    }

    fn end(&self, state: TaskState, rule: &str, text: &str) -> Box<Move> {
        let task = &self.facts.task;
        Box::new(Move {
            state,
            cause: Some(rule.to_owned()),
            detail: Some(json!({ "text": text })),
            due_at: None,
            approval_code: task.approval_code.clone(),
            sent_at: None,
            throttled: task.throttled,
            looks: task.looks,
        })
    }

    /// Looked at again then, or when it expires.
    fn wait(&self, state: TaskState, rule: &str, text: &str, until: Timestamp) -> Box<Move> {
        let mut stop = self.end(state, rule, text);
        stop.due_at = Some(until.min(self.facts.job.expires_at));
        stop
    }
}

/// Which part of the identity is not what the requester saw (A2). Without a pin, or without a fresh reading, all of it.
fn changed(pin: Option<&IdentityPin>, identity: Option<&Identity>) -> Option<&'static str> {
    match (pin, identity) {
        (Some(pin), Some(identity)) => pin.differs(identity),
        _ => Some("identity"),
    }
}
