//! May this job be accepted? Checked once, in the transaction that makes it durable. A destructive job that breaks a limit is
//! refused whole: half a job is of no use, and what waits would go out when no one is watching any more.

use chrono::TimeDelta;

use super::policy::{BusPolicy, InstancePolicy};
use super::tripwire::judge_suspension;
use crate::model::{ActionDanger, ActionKind, DeviceId, InstanceName, ResourceRef, Timestamp};
use crate::store::{IntakeFacts, JobAcceptance, JobRefusal, KillSwitch, OperatorRow, TaskCounts};

/// A destructive job wants a device that Graph showed within that time.
const FRESH: TimeDelta = TimeDelta::hours(24);

/// What is asked for, understood and aimed.
pub struct IntakeRequest {
    pub verb: ActionKind,
    pub instance: InstanceName,
    pub devices: usize,
    pub by_filter: bool,
    pub urgent: bool,
    /// Of its devices the one that Graph showed the longest ago.
    pub oldest_read: Option<(DeviceId, Timestamp)>,
    /// A deletion that would wipe a device (A5).
    pub would_wipe: bool,
    pub approval_digest: [u8; 32],
    /// Where not one of its devices can do it.
    pub unfit: Option<UnfitJob>,
}

/// Why no device of a job can do it, and what works instead.
pub struct UnfitJob {
    pub detail: String,
    pub advice: String,
}

pub fn check_intake(facts: &IntakeFacts, request: &IntakeRequest) -> Result<JobAcceptance, JobRefusal> {
    check_rights(find_active_operator(facts)?, request)?;
    if let Some(switch) = &facts.kill_switch {
        return Err(refuse_kill_switch(switch));
    }
    check_action_enabled(&InstancePolicy::from_json(facts.instance_policy.as_deref()), request)?;
    let bus = BusPolicy::from_json(facts.bus_policy.as_deref());
    let needs_approval = match request.verb.danger() {
        ActionDanger::Destructive => {
            check_destructive(facts, request, &bus, &[LimitSpan::Job, LimitSpan::Hour, LimitSpan::Day])?;
            destructive_needs_approval(facts, request, &bus)
        }
        ActionDanger::Disruptive => disruptive_needs_approval(facts, request, &bus),
        ActionDanger::Harmless => false,
    };
    check_fitness(request)?;
    Ok(JobAcceptance {
        needs_approval,
        approval_digest: request.approval_digest,
    })
}

/// The same for a person who would have to show a second factor for what destroys (`second_factor = privileged`), and has
/// not.
pub fn check_intake_without_factor(facts: &IntakeFacts, request: &IntakeRequest) -> Result<JobAcceptance, JobRefusal> {
    let acceptance = check_intake(facts, request)?;
    if request.verb.danger() == ActionDanger::Destructive {
        return Err(refuse_job(
            "secondFactorRequired",
            format!(
                "{} requires a sign-in with a second factor (`second_factor = privileged`)",
                request.verb
            ),
            "Sign in with password and code, and send the job again: a token shows no code. To set a second factor up: \
             intune-connector operators second-factor --url URL --user NAME.",
        ));
    }
    Ok(acceptance)
}

/// Whoever asks, as far as they may ask for anything.
pub fn find_active_operator(facts: &IntakeFacts) -> Result<&OperatorRow, JobRefusal> {
    let operator = facts.operator.as_ref().filter(|operator| !operator.disabled);
    operator.ok_or_else(|| refuse_job("operator", "the account no longer exists or is disabled", ""))
}

pub fn refuse_kill_switch(switch: &KillSwitch) -> JobRefusal {
    refuse_job(
        "killSwitch",
        format!("the kill switch has been on since {}: {}", switch.at, switch.reason),
        "Nothing was saved. Send the job again when the kill switch is off.",
    )
}

pub fn check_action_enabled(policy: &InstancePolicy, request: &IntakeRequest) -> Result<(), JobRefusal> {
    if policy.verbs.contains(&request.verb) {
        Ok(())
    } else {
        Err(refuse_job(
            "verbOff",
            format!("{} is not switched on for {}", request.verb, request.instance),
            &enable_advice(policy, request),
        ))
    }
}

/// The command that switches it on, with what is on already.
fn enable_advice(policy: &InstancePolicy, request: &IntakeRequest) -> String {
    let on = policy.verbs.iter().map(|verb| verb.name());
    let verbs: Vec<&str> = on.chain([request.verb.name()]).collect();
    format!(
        "Switch it on: intune-connector instances set {} --set 'verbs={}'; a second person has to approve it.",
        request.instance,
        verbs.join(", ")
    )
}

/// A job that can't work on any of its devices is not taken. Asked last: devices that can't do it hide nobody who tries
/// the limits, and no suspension.
pub fn check_fitness(request: &IntakeRequest) -> Result<(), JobRefusal> {
    match &request.unfit {
        None => Ok(()),
        Some(unfit) => Err(refuse_job("unfit", unfit.detail.clone(), &unfit.advice)),
    }
}

pub fn check_rights(operator: &OperatorRow, request: &IntakeRequest) -> Result<(), JobRefusal> {
    let mut wanted = vec![request.verb.required_right()];
    if request.would_wipe {
        wanted.push(ActionKind::Wipe.required_right());
    }
    if request.urgent {
        wanted.push("Jobs_Urgent");
    }
    for right in &wanted {
        if !has_right(operator, right) {
            return Err(refuse_job(
                "missingRight",
                format!("operator {} lacks the right {right}", operator.name),
                "An operator with Operators_Manage can grant it.",
            ));
        }
    }
    let here = ResourceRef::for_instance(&request.instance);
    if wanted.iter().all(|right| operator.has_right(right, here)) {
        return Ok(());
    }
    Err(refuse_job(
        "outOfScope",
        format!(
            "the rights of operator {} do not apply to {}",
            operator.name, request.instance
        ),
        "An operator with Operators_Manage can widen the scope.",
    ))
}

pub fn has_right(operator: &OperatorRow, right: &str) -> bool {
    operator.has_right(right, ResourceRef::SOMEWHERE)
}

/// What a limit counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitSpan {
    Job,
    Hour,
    Day,
}

/// What holds for destructive jobs; of the limits those over `spans`.
pub fn check_destructive(
    facts: &IntakeFacts,
    request: &IntakeRequest,
    bus: &BusPolicy,
    spans: &[LimitSpan],
) -> Result<(), JobRefusal> {
    if let Some((since, why)) = &facts.suspension {
        return Err(refuse_job(
            "suspended",
            format!("the destructive rights of this operator have been suspended since {since}: {why}"),
            "Another operator has to lift the suspension (`limits approve`).",
        ));
    }
    if request.by_filter {
        return Err(refuse_job(
            "filter",
            format!("{} does not accept a filter", request.verb),
            "Name each device as it was seen.",
        ));
    }
    if let Some((id, read_at)) = request.oldest_read
        && facts.now - read_at > FRESH
    {
        return Err(refuse_job(
            "notFresh",
            format!("device {id} was last seen in Intune at {read_at}, more than 24 hours ago"),
            "Run a full scan, look at the device again, then send the job again.",
        ));
    }
    let limits = &bus.limits;
    let devices = request.devices as u64;
    let within = |counts: TaskCounts, span: u64| counts.open + span + devices;
    let rows = [
        (LimitSpan::Job, "in one job", devices, limits.per_job),
        (
            LimitSpan::Hour,
            "in one hour for the tenant",
            within(facts.tenant_counts, facts.tenant_counts.hour),
            limits.per_hour,
        ),
        (
            LimitSpan::Day,
            "in 24 hours for the tenant",
            within(facts.tenant_counts, facts.tenant_counts.day),
            limits.per_day,
        ),
        (
            LimitSpan::Hour,
            "in one hour for one operator",
            within(facts.operator_counts, facts.operator_counts.hour),
            limits.operator_per_hour,
        ),
        (
            LimitSpan::Day,
            "in 24 hours for one operator",
            within(facts.operator_counts, facts.operator_counts.day),
            limits.operator_per_day,
        ),
    ];
    for (span, what, sum, limit) in rows {
        if sum > limit && spans.contains(&span) {
            let detail = format!("{sum} destructive actions {what} would exceed the limit of {limit}");
            return Err(JobRefusal {
                rule: span.rule_name(),
                suspension: judge_suspension(facts, (devices, limit), &detail),
                detail,
                advice:
                    "Nothing was saved. Wait, send fewer devices, or have the limit raised (needs a second operator)."
                        .to_owned(),
                counts_towards_suspension: true,
            });
        }
    }
    Ok(())
}

impl LimitSpan {
    fn rule_name(self) -> &'static str {
        match self {
            LimitSpan::Job => "limitPerJob",
            LimitSpan::Hour => "limitPerHour",
            LimitSpan::Day => "limitPerDay",
        }
    }
}

/// Small jobs one after the other are a large one: within an hour or a day, of the tenant, or of one person over all
/// tenants (A11).
fn destructive_needs_approval(facts: &IntakeFacts, request: &IntakeRequest, bus: &BusPolicy) -> bool {
    let (rule, devices) = (&bus.approval, request.devices as u64);
    let too_many = |counts: &TaskCounts| {
        let coming = counts.open + devices;
        counts.hour + coming > rule.per_hour || counts.day + coming > rule.per_day
    };
    let is_many = devices > rule.above || [&facts.tenant_counts, &facts.person_counts].into_iter().any(too_many);
    rule.needed && (rule.always || is_many)
}

/// What only disrupts is never refused for its number; above it somebody else has to agree (A11).
fn disruptive_needs_approval(facts: &IntakeFacts, request: &IntakeRequest, bus: &BusPolicy) -> bool {
    let (limits, devices) = (&bus.limits, request.devices as u64);
    let too_many = |counts: &TaskCounts| counts.open + counts.hour + devices > limits.disruptive_per_hour;
    let is_many =
        devices > limits.disruptive_per_job || [&facts.tenant_counts, &facts.person_counts].into_iter().any(too_many);
    bus.approval.needed && is_many
}

pub fn refuse_job(rule: &'static str, detail: impl Into<String>, advice: &str) -> JobRefusal {
    JobRefusal {
        rule,
        detail: detail.into(),
        advice: advice.to_owned(),
        counts_towards_suspension: false,
        suspension: None,
    }
}
