//! What a change of policy loosens and what it tightens (A7). Pure: two policies in, a list of changes out, each of which
//! can be made by itself. What tightens is made at once; what loosens waits for a second person, one change at a time,
//! so that they may agree to some of it.
//!
//! A change says what it found (`from`). Where that is not so any more when it is agreed to, it is *stale* and not made:
//! what the second person saw is not what would be done.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::policy::{BusPolicy, InstancePolicy};
use super::window::PolicyWindow;
pub use crate::model::PolicyChange as Change;
use crate::model::{ActionKind, DeviceId, choose_form, format_count};

/// It can't be made: what it changes is not what it was, or it is none of this policy's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} has changed since this was requested")]
pub struct StaleChange {
    pub key: String,
}

/// Each number of the bus's policy: the more, the looser.
fn numeric_settings(policy: &mut BusPolicy) -> [(&'static str, &'static str, &mut u64); 10] {
    let (limits, approval) = (&mut policy.limits, &mut policy.approval);
    [
        ("limits.perJob", "destructive actions in one job", &mut limits.per_job),
        (
            "limits.perHour",
            "destructive actions per tenant within an hour",
            &mut limits.per_hour,
        ),
        (
            "limits.perDay",
            "destructive actions per tenant within 24 hours",
            &mut limits.per_day,
        ),
        (
            "limits.operatorPerHour",
            "destructive actions per operator within an hour",
            &mut limits.operator_per_hour,
        ),
        (
            "limits.operatorPerDay",
            "destructive actions per operator within 24 hours",
            &mut limits.operator_per_day,
        ),
        (
            "approval.above",
            "devices in a destructive job without approval",
            &mut approval.above,
        ),
        (
            "approval.perHour",
            "devices per tenant within an hour without approval",
            &mut approval.per_hour,
        ),
        (
            "approval.perDay",
            "devices per tenant within 24 hours without approval",
            &mut approval.per_day,
        ),
        (
            "limits.disruptivePerJob",
            "devices in a disruptive job without approval",
            &mut limits.disruptive_per_job,
        ),
        (
            "limits.disruptivePerHour",
            "disrupted devices per tenant within an hour without approval",
            &mut limits.disruptive_per_hour,
        ),
    ]
}

/// What is on or off in the bus's policy.
struct PolicyFlag {
    key: &'static str,
    on: &'static str,
    off: &'static str,
    /// Which of the two is looser.
    loose: bool,
}

/// Each of them, and where it stands.
fn flag_settings(policy: &mut BusPolicy) -> [(PolicyFlag, &mut bool); 3] {
    let approval = &mut policy.approval;
    let always = PolicyFlag {
        key: "approval.always",
        on: "every destructive job needs a second person's approval",
        off: "small destructive jobs no longer need approval",
        loose: false,
    };
    let needed = PolicyFlag {
        key: "approval.needed",
        on: "jobs above the approval limits need a second person's approval",
        off: "no job needs approval any more, however many devices it wipes",
        loose: false,
    };
    let broken_glass = PolicyFlag {
        key: "approval.brokenGlass",
        on: "in an emergency, one person may wipe, retire or lock one device without approval",
        off: "even in an emergency, no one may wipe, retire or lock a device without approval any more",
        loose: true,
    };
    [
        (needed, &mut approval.needed),
        (always, &mut approval.always),
        (broken_glass, &mut approval.broken_glass),
    ]
}

/// From what holds to what is wished, for limits and approvals.
pub fn diff_bus_policy(effective: &BusPolicy, desired: &BusPolicy) -> Vec<Change> {
    let (mut old, mut new) = (*effective, *desired);
    let mut changes: Vec<Change> = numeric_settings(&mut old)
        .into_iter()
        .zip(numeric_settings(&mut new))
        .filter(|((_, _, from), (_, _, to))| from != to)
        .map(|((key, what, from), (_, _, to))| Change {
            key: key.to_owned(),
            from: (*from).into(),
            to: (*to).into(),
            sentence: format!("at most {to} {what}, instead of {from}"),
            loosens: to > from,
        })
        .collect();
    let both = flag_settings(&mut old).into_iter().zip(flag_settings(&mut new));
    for ((flag, from), (_, to)) in both.filter(|((_, from), (_, to))| from != to) {
        changes.push(Change {
            key: flag.key.to_owned(),
            from: (*from).into(),
            to: (*to).into(),
            sentence: if *to { flag.on } else { flag.off }.to_owned(),
            loosens: *to == flag.loose,
        });
    }
    changes
}

/// What a policy says of one key.
pub fn bus_policy_value(policy: &BusPolicy, key: &str) -> Option<Value> {
    let mut policy = *policy;
    let number = numeric_settings(&mut policy)
        .into_iter()
        .find(|(name, _, _)| *name == key);
    if let Some((_, _, number)) = number {
        return Some(json!(*number));
    }
    let flag = flag_settings(&mut policy).into_iter().find(|(flag, _)| flag.key == key);
    flag.map(|(_, on)| json!(*on))
}

/// Makes one change.
pub fn apply_bus_change(policy: &BusPolicy, change: &Change) -> Result<BusPolicy, StaleChange> {
    let stale = || StaleChange {
        key: change.key.clone(),
    };
    let mut next = *policy;
    if bus_policy_value(policy, &change.key) != Some(change.from.clone()) {
        return Err(stale());
    }
    let row = numeric_settings(&mut next)
        .into_iter()
        .find(|(key, _, _)| *key == change.key);
    if let Some((_, _, number)) = row {
        *number = change.to.as_u64().ok_or_else(stale)?;
        return Ok(next);
    }
    let row = flag_settings(&mut next)
        .into_iter()
        .find(|(flag, _)| flag.key == change.key);
    let (_, on) = row.ok_or_else(stale)?;
    *on = change.to.as_bool().ok_or_else(stale)?;
    Ok(next)
}

/// Keys of verbs that are switched on or off begin so.
pub const VERBS: &str = "verbs.";
const PERSONAL: &str = "personalAllowed.";
const NEVER_TOUCH: &str = "neverTouch";
const IDS_ADDED: &str = "neverTouchIds.added";
const IDS_REMOVED: &str = "neverTouchIds.removed";
const WINDOWS: &str = "windows";
const VERSIONS: &str = "versions";
const DEFINITIONS: &str = "definitions";
const ON_DEMAND: &str = "onDemand";

/// From what holds to what is wished, for an instance.
pub fn diff_instance_policy(effective: &InstancePolicy, desired: &InstancePolicy) -> Vec<Change> {
    let mut changes = Vec::new();
    diff_action_switches(VERBS, "", &effective.verbs, &desired.verbs, &mut changes);
    let on_personal = " on personal devices";
    diff_action_switches(
        PERSONAL,
        on_personal,
        &effective.personal_allowed,
        &desired.personal_allowed,
        &mut changes,
    );
    diff_never_touch(effective, desired, &mut changes);
    if effective.windows != desired.windows {
        changes.push(Change {
            key: WINDOWS.to_owned(),
            from: json!(effective.windows),
            to: json!(desired.windows),
            sentence: if desired.windows.is_empty() {
                "actions go out at any time, without maintenance windows".to_owned()
            } else {
                format!("actions go out within {} maintenance windows", desired.windows.len())
            },
            loosens: !is_narrower(&effective.windows, &desired.windows),
        });
    }
    // Neither looser nor tighter: the same verb by another path, another name for a verb that has its own rights.
    let mut plain = |key: &str, from: Value, to: Value, sentence: &str| {
        if from != to {
            changes.push(Change {
                key: key.to_owned(),
                from,
                to,
                sentence: sentence.to_owned(),
                loosens: false,
            });
        }
    };
    let (from, to) = (json!(effective.versions), json!(desired.versions));
    plain(VERSIONS, from, to, "Graph versions for actions");
    let (from, to) = (json!(effective.definitions), json!(desired.definitions));
    plain(DEFINITIONS, from, to, "names for actions");
    let (from, to) = (json!(effective.on_demand), json!(desired.on_demand));
    plain(ON_DEMAND, from, to, "another name for the definition that handles jobs");
    changes
}

fn diff_action_switches(
    prefix: &str,
    place: &str,
    old: &BTreeSet<ActionKind>,
    new: &BTreeSet<ActionKind>,
    changes: &mut Vec<Change>,
) {
    for verb in old.symmetric_difference(new) {
        let on = new.contains(verb);
        changes.push(Change {
            key: format!("{prefix}{verb}"),
            from: (!on).into(),
            to: on.into(),
            sentence: format!("{verb}{place} is switched {}", if on { "on" } else { "off" }),
            loosens: on,
        });
    }
}

fn diff_never_touch(effective: &InstancePolicy, desired: &InstancePolicy, changes: &mut Vec<Change>) {
    if effective.never_touch != desired.never_touch {
        changes.push(Change {
            key: NEVER_TOUCH.to_owned(),
            from: json!(effective.never_touch),
            to: json!(desired.never_touch),
            sentence: match &desired.never_touch {
                Some(_) => "other devices are protected from actions by their properties",
                None => "no devices are protected from actions by their properties any more",
            }
            .to_owned(),
            // Whether another condition protects more or less can't be told.
            loosens: effective.never_touch.is_some(),
        });
    }
    let (old, new) = (&effective.never_touch_ids, &desired.never_touch_ids);
    for (key, ids, loosens) in [(IDS_ADDED, new - old, false), (IDS_REMOVED, old - new, true)] {
        if !ids.is_empty() {
            let (count, how) = (ids.len() as u64, if loosens { "no longer" } else { "now" });
            changes.push(Change {
                key: key.to_owned(),
                from: Value::Null,
                to: json!(ids),
                sentence: format!(
                    "{} {} {how} protected from actions by id",
                    format_count(count, "device"),
                    choose_form(count, "is", "are")
                ),
                loosens,
            });
        }
    }
}

/// Whether the new windows are open only while the old ones are, as far as that can be told without a doubt.
fn is_narrower(old: &[PolicyWindow], new: &[PolicyWindow]) -> bool {
    let within = |window: &PolicyWindow| {
        old.iter()
            .any(|known| known.cron == window.cron && known.zone == window.zone && known.minutes >= window.minutes)
    };
    !new.is_empty() && (old.is_empty() || new.iter().all(within))
}

/// Makes one change.
pub fn apply_instance_change(policy: &InstancePolicy, change: &Change) -> Result<InstancePolicy, StaleChange> {
    let stale = || StaleChange {
        key: change.key.clone(),
    };
    let mut next = policy.clone();
    let key = change.key.as_str();
    let set = |set: &mut BTreeSet<ActionKind>, name: &str| -> Result<(), StaleChange> {
        let verb: ActionKind = name.parse().map_err(|_| stale())?;
        let on = change.to.as_bool().ok_or_else(stale)?;
        let changed = if on { set.insert(verb) } else { set.remove(&verb) };
        if changed { Ok(()) } else { Err(stale()) }
    };
    if let Some(name) = key.strip_prefix(VERBS) {
        set(&mut next.verbs, name)?;
        return Ok(next);
    }
    if let Some(name) = key.strip_prefix(PERSONAL) {
        set(&mut next.personal_allowed, name)?;
        return Ok(next);
    }
    match key {
        NEVER_TOUCH => apply_field_change(&mut next.never_touch, change)?,
        WINDOWS => apply_field_change(&mut next.windows, change)?,
        VERSIONS => apply_field_change(&mut next.versions, change)?,
        DEFINITIONS => apply_field_change(&mut next.definitions, change)?,
        ON_DEMAND => apply_field_change(&mut next.on_demand, change)?,
        IDS_ADDED | IDS_REMOVED => {
            let ids: BTreeSet<DeviceId> = serde_json::from_value(change.to.clone()).map_err(|_| stale())?;
            next.never_touch_ids = if key == IDS_ADDED {
                &next.never_touch_ids | &ids
            } else {
                &next.never_touch_ids - &ids
            };
        }
        _ => return Err(stale()),
    }
    Ok(next)
}

fn apply_field_change<T: Serialize + serde::de::DeserializeOwned>(
    field: &mut T,
    change: &Change,
) -> Result<(), StaleChange> {
    let stale = || StaleChange {
        key: change.key.clone(),
    };
    if json!(field) != change.from {
        return Err(stale());
    }
    *field = serde_json::from_value(change.to.clone()).map_err(|_| stale())?;
    Ok(())
}
