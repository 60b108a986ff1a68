//! May this job come in? Asked once, in the transaction that makes it durable. A destructive job that breaks a limit is
//! refused whole: half a job helps nobody, and what waits would go out when nobody looks any more.

use chrono::TimeDelta;

use super::policy::{BusPolicy, InstancePolicy};
use crate::model::{At, Danger, DeviceId, InstanceName, Timestamp, Verb};
use crate::store::{Counts, Intake, IntakeFacts, KillSwitch, OperatorRow, Refused};

/// A destructive job wants a device that Graph showed within that time.
const FRESH: TimeDelta = TimeDelta::hours(24);
/// So many times a limit is no mistake any more.
const TRIPS: u64 = 3;

/// What is asked for, understood and aimed.
pub struct Asked {
    pub verb: Verb,
    pub instance: InstanceName,
    pub devices: usize,
    pub by_filter: bool,
    pub urgent: bool,
    /// Of its devices the one that Graph showed the longest ago.
    pub oldest_read: Option<(DeviceId, Timestamp)>,
    /// A deletion that would wipe a device (A5).
    pub would_wipe: bool,
    pub approval_digest: [u8; 32],
}

pub fn intake(facts: &IntakeFacts, asked: &Asked) -> Result<Intake, Refused> {
    rights(account(facts)?, asked)?;
    if let Some(switch) = &facts.kill_switch {
        return Err(stopped(switch));
    }
    switched_on(&InstancePolicy::read(facts.instance_policy.as_deref()), asked)?;
    let bus = BusPolicy::read(facts.bus_policy.as_deref());
    let needs_approval = match asked.verb.danger() {
        Danger::Destructive => {
            destructive(facts, asked, &bus, &[Span::Job, Span::Hour, Span::Day])?;
            destructive_needs_approval(facts, asked, &bus)
        }
        Danger::Disruptive => disruptive_needs_approval(facts, asked, &bus),
        Danger::Harmless => false,
    };
    Ok(Intake {
        needs_approval,
        approval_digest: asked.approval_digest,
    })
}

/// Whoever asks, as far as they may ask for anything.
pub fn account(facts: &IntakeFacts) -> Result<&OperatorRow, Refused> {
    let operator = facts.operator.as_ref().filter(|operator| !operator.disabled);
    operator.ok_or_else(|| no("operator", "the account does not exist any more or is disabled", ""))
}

pub fn stopped(switch: &KillSwitch) -> Refused {
    no(
        "killSwitch",
        format!("the kill switch is on since {}: {}", switch.at, switch.reason),
        "Nothing was kept. Send it again when the switch is off.",
    )
}

pub fn switched_on(policy: &InstancePolicy, asked: &Asked) -> Result<(), Refused> {
    match policy.verbs.contains(&asked.verb) {
        true => Ok(()),
        false => Err(no(
            "verbOff",
            format!("{} is not switched on for {}", asked.verb, asked.instance),
            "Add it to the instance's setting `verbs`.",
        )),
    }
}

pub fn rights(operator: &OperatorRow, asked: &Asked) -> Result<(), Refused> {
    let mut wanted = vec![asked.verb.right()];
    if asked.would_wipe {
        wanted.push(Verb::Wipe.right());
    }
    if asked.urgent {
        wanted.push("Jobs_Urgent");
    }
    for right in &wanted {
        if !has(operator, right) {
            return Err(no(
                "missingRight",
                format!("operator {} lacks the right {right}", operator.name),
                "Somebody with Operators_Manage can grant it.",
            ));
        }
    }
    let here = At::instance(&asked.instance);
    if wanted.iter().all(|right| operator.may(right, here)) {
        return Ok(());
    }
    Err(no(
        "outOfScope",
        format!(
            "the rights of operator {} do not hold for {}",
            operator.name, asked.instance
        ),
        "Somebody with Operators_Manage can widen the scope.",
    ))
}

pub fn has(operator: &OperatorRow, right: &str) -> bool {
    operator.may(right, At::SOMEWHERE)
}

/// What a limit counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Job,
    Hour,
    Day,
}

/// What holds for destructive jobs; of the limits those over `spans`.
pub fn destructive(facts: &IntakeFacts, asked: &Asked, bus: &BusPolicy, spans: &[Span]) -> Result<(), Refused> {
    if let Some((since, why)) = &facts.suspension {
        return Err(no(
            "suspended",
            format!("destructive rights of this operator are suspended since {since}: {why}"),
            "Another operator has to lift the suspension (`limits approve`).",
        ));
    }
    if asked.by_filter {
        return Err(no(
            "filter",
            format!("{} takes no filter", asked.verb),
            "Name each device, as it was seen.",
        ));
    }
    if let Some((id, read_at)) = asked.oldest_read
        && facts.now - read_at > FRESH
    {
        return Err(no(
            "notFresh",
            format!("device {id} was last seen in Intune at {read_at}, more than 24 hours ago"),
            "Run a full scan, look at the device again, then send the job again.",
        ));
    }
    let limits = &bus.limits;
    let devices = asked.devices as u64;
    let within = |counts: Counts, span: u64| counts.open + span + devices;
    let rows = [
        (Span::Job, "devices in one job", devices, limits.per_job),
        (
            Span::Hour,
            "in one hour for the tenant",
            within(facts.tenant, facts.tenant.hour),
            limits.per_hour,
        ),
        (
            Span::Day,
            "in 24 hours for the tenant",
            within(facts.tenant, facts.tenant.day),
            limits.per_day,
        ),
        (
            Span::Hour,
            "in one hour for one operator",
            within(facts.by_operator, facts.by_operator.hour),
            limits.operator_per_hour,
        ),
        (
            Span::Day,
            "in 24 hours for one operator",
            within(facts.by_operator, facts.by_operator.day),
            limits.operator_per_day,
        ),
    ];
    for (span, what, sum, limit) in rows {
        if sum > limit && spans.contains(&span) {
            return Err(Refused {
                rule: span.rule(),
                detail: format!("{sum} destructive actions {what} would be more than the limit of {limit}"),
                advice: "Nothing was kept. Wait, send fewer, or have the limit raised (it takes a second operator)."
                    .to_owned(),
                counts: true,
                // Where the limit is zero, one device is a mistake, not an attack.
                trips: devices > TRIPS.saturating_mul(limit.max(1)),
            });
        }
    }
    Ok(())
}

impl Span {
    fn rule(self) -> &'static str {
        match self {
            Span::Job => "limitPerJob",
            Span::Hour => "limitPerHour",
            Span::Day => "limitPerDay",
        }
    }
}

/// Small jobs one after the other are a large one: within an hour or a day, of the tenant, or of one person over all
/// tenants (A11).
fn destructive_needs_approval(facts: &IntakeFacts, asked: &Asked, bus: &BusPolicy) -> bool {
    let (rule, devices) = (&bus.approval, asked.devices as u64);
    let too_many = |counts: &Counts| {
        let coming = counts.open + devices;
        counts.hour + coming > rule.per_hour || counts.day + coming > rule.per_day
    };
    let is_many = devices > rule.above || [&facts.tenant, &facts.by_person].into_iter().any(too_many);
    rule.needed && (rule.always || is_many)
}

/// What only disrupts is never refused for its number; above it somebody else has to agree (A11).
fn disruptive_needs_approval(facts: &IntakeFacts, asked: &Asked, bus: &BusPolicy) -> bool {
    let (limits, devices) = (&bus.limits, asked.devices as u64);
    let too_many = |counts: &Counts| counts.open + counts.hour + devices > limits.disruptive_per_hour;
    let is_many = devices > limits.disruptive_per_job || [&facts.tenant, &facts.by_person].into_iter().any(too_many);
    bus.approval.needed && is_many
}

pub fn no(rule: &'static str, detail: impl Into<String>, advice: &str) -> Refused {
    Refused {
        rule,
        detail: detail.into(),
        advice: advice.to_owned(),
        counts: false,
        trips: false,
    }
}
