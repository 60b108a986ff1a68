//! Wish and effect of policies: what files and requests want, and what takes effect.

use serde::Serialize;
use serde_json::{Value, json};

use super::{BUS, RelaxationRequester, entry};
use crate::actions::guard::relaxation::{self, Change};
use crate::actions::guard::{BusPolicy, InstancePolicy, policy_scope};
use crate::model::{GuardScope, InstanceId, OperatorId};
use crate::store::{
    InstanceRow, OperatorRow, POLICY_BUS, PolicyDecision, PolicyFacts, RelaxationRow, Store, StoreError,
};

/// What became of a wish.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedPolicy {
    /// In force.
    pub at_once: Vec<Change>,
    /// Waits for a second person.
    #[serde(skip)]
    pub waiting: Vec<RelaxationRow>,
}

/// The wish of `bus.ini`.
pub async fn apply_bus_settings(store: &Store, desired: BusPolicy) -> Result<AppliedPolicy, StoreError> {
    let Some(before) = previous_if_changed::<BusPolicy>(store, POLICY_BUS, &desired).await? else {
        return Ok(AppliedPolicy::default());
    };
    // Only what was written anew is meant; what stands there since the last time is not a wish against what holds.
    let meant = before.map(|before| change_keys(&relaxation::diff_bus_policy(&before, &desired)));
    let changed = recording(store, BUS, BUS)
        .change_policy(GuardScope::Bus, None, move |facts| {
            let effective = BusPolicy::from_json(facts.effective.as_deref());
            decide_bus_changes(facts, &effective, &desired, meant, facts.tenants.is_empty())
        })
        .await?;
    let applied = record_changes(BUS, changed);
    store_desired(store, POLICY_BUS, &desired).await?;
    Ok(applied)
}

/// The wish of somebody. `edit`: laid over the limits and approvals that hold when it is judged.
pub async fn change_bus_policy(
    store: &Store,
    edit: impl FnOnce(BusPolicy) -> BusPolicy + Send + 'static,
    asker: RelaxationRequester,
) -> Result<AppliedPolicy, StoreError> {
    let by = store.load_operator(asker.id()).await?;
    let changed = recording(store, &by.name, BUS)
        .change_policy(GuardScope::Bus, Some(by.id), move |facts| {
            let effective = BusPolicy::from_json(facts.effective.as_deref());
            decide_bus_changes(facts, &effective, &edit(effective), None, false)
        })
        .await?;
    Ok(record_changes(BUS, changed))
}

/// `is_first`: it comes from the file, and nothing was installed yet.
fn decide_bus_changes(
    facts: &PolicyFacts,
    effective: &BusPolicy,
    desired: &BusPolicy,
    meant: Option<Vec<String>>,
    is_first: bool,
) -> PolicyDecision {
    let changes = filter_explicit_changes(relaxation::diff_bus_policy(effective, desired), meant.as_deref());
    let holds = |change: &Change| !change.loosens || (is_first && is_within_default(change));
    let (at_once, later): (Vec<_>, Vec<_>) = changes.into_iter().partition(holds);
    let next = at_once.iter().fold(*effective, |policy, change| {
        relaxation::apply_bus_change(&policy, change).unwrap_or(policy)
    });
    build_decision(facts, json!(next).to_string(), at_once, later, meant)
}

/// Whether the default allows as much.
fn is_within_default(change: &Change) -> bool {
    let default = relaxation::bus_policy_value(&BusPolicy::default(), &change.key);
    match (&change.to, default) {
        (Value::Number(to), Some(Value::Number(default))) => to.as_u64() <= default.as_u64(),
        (to, Some(default)) => *to == default,
        (_, None) => false,
    }
}

/// The wish of an instance's file; `by`: who changed it through this bus, where that is known.
pub async fn apply_instance_settings(
    store: &Store,
    row: &InstanceRow,
    desired: InstancePolicy,
    by: Option<OperatorId>,
) -> Result<AppliedPolicy, StoreError> {
    let scope = policy_scope(row.id);
    let recorded_asker = read_asker(store, &scope).await?;
    let Some(before) = previous_if_changed::<InstancePolicy>(store, &scope, &desired).await? else {
        clear_asker(store, &scope, recorded_asker).await?;
        return Ok(AppliedPolicy::default());
    };
    let meant = before.map(|before| change_keys(&relaxation::diff_instance_policy(&before, &desired)));
    let by = find_asker(store, by.or(recorded_asker)).await?;
    let (tenant, desired_clone) = (row.tenant_id.to_ascii_lowercase(), desired.clone());
    let actor = by.as_ref().map_or(BUS, |operator| operator.name.as_str());
    let changed = recording(store, actor, row.name.as_str())
        .change_policy(
            GuardScope::Instance(row.id),
            by.as_ref().map(|operator| operator.id),
            move |facts| decide_instance_changes(facts, &tenant, &desired_clone, meant),
        )
        .await?;
    let applied = record_changes(row.name.as_str(), changed);
    store_desired(store, &scope, &desired).await?;
    clear_asker(store, &scope, recorded_asker).await?;
    Ok(applied)
}

async fn find_asker(store: &Store, by: Option<OperatorId>) -> Result<Option<OperatorRow>, StoreError> {
    let Some(id) = by else { return Ok(None) };
    Ok(store
        .list_operators()
        .await?
        .into_iter()
        .find(|operator| operator.id == id))
}

fn decide_instance_changes(
    facts: &PolicyFacts,
    tenant: &String,
    desired: &InstancePolicy,
    meant: Option<Vec<String>>,
) -> PolicyDecision {
    let effective = InstancePolicy::from_json(facts.effective.as_deref());
    let is_first = !facts.tenants.contains(tenant);
    let changes = filter_explicit_changes(relaxation::diff_instance_policy(&effective, desired), meant.as_deref());
    let holds = |change: &Change| !change.loosens || (is_first && change.key.starts_with(relaxation::VERBS));
    let (at_once, later): (Vec<_>, Vec<_>) = changes.into_iter().partition(holds);
    let next = at_once.iter().fold(effective, |policy, change| {
        relaxation::apply_instance_change(&policy, change).unwrap_or(policy)
    });
    // Kept even where nothing was switched on: the first installation is over.
    build_decision(facts, json!(next).to_string(), at_once, later, meant)
}

fn build_decision(
    facts: &PolicyFacts,
    next: String,
    at_once: Vec<Change>,
    later: Vec<Change>,
    meant: Option<Vec<String>>,
) -> PolicyDecision {
    PolicyDecision {
        effective: (facts.effective.as_ref() != Some(&next)).then_some(next),
        in_force: at_once,
        pending: later,
        requested_keys: meant,
    }
}

/// Who is about to change the settings of an instance; whoever leads them over later, after a crash at a start, knows by
/// that whose wish it is.
pub async fn record_asker(store: &Store, instance: InstanceId, asker: RelaxationRequester) -> Result<(), StoreError> {
    let scope = asker_key(&policy_scope(instance));
    store.set_policy(&scope, asker.id().0.to_string()).await
}

async fn read_asker(store: &Store, scope: &str) -> Result<Option<OperatorId>, StoreError> {
    let text = store.find_policy(&asker_key(scope)).await?;
    Ok(text.and_then(|text| text.parse().ok()).map(OperatorId))
}

async fn clear_asker(store: &Store, scope: &str, recorded_asker: Option<OperatorId>) -> Result<(), StoreError> {
    match recorded_asker {
        Some(_) => store.set_policy(&asker_key(scope), String::new()).await,
        None => Ok(()),
    }
}

fn asker_key(scope: &str) -> String {
    format!("asker:{scope}")
}

fn filter_explicit_changes(changes: Vec<Change>, meant: Option<&[String]>) -> Vec<Change> {
    let Some(meant) = meant else {
        return changes;
    };
    changes
        .into_iter()
        .filter(|change| meant.contains(&change.key))
        .collect()
}

fn change_keys(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| change.key.clone()).collect()
}

/// What the store answers to a change of policy.
type Changed = (PolicyDecision, Vec<RelaxationRow>);

/// The store for a change of policy, with its rows in the audit trail. `subject`: whose guard it is.
fn recording(store: &Store, actor: &str, subject: &str) -> Store {
    let (actor, subject) = (actor.to_owned(), subject.to_owned());
    store.recorded(move |(decision, waiting): &Changed| {
        let changed = |change: &Change| entry(&actor, "limits.changed", &subject, json!(change));
        let asked = |row: &RelaxationRow| entry(&actor, "loosening.asked", &subject, row.relaxation.to_public_json());
        let entries = decision.in_force.iter().map(changed);
        entries.chain(waiting.iter().map(asked)).collect::<Vec<_>>()
    })
}

/// Says what came of it in the log.
fn record_changes(subject: &str, (decision, waiting): Changed) -> AppliedPolicy {
    for change in &decision.in_force {
        tracing::info!(policy.scope = subject, policy.key = %change.key, change = %change.sentence, "the guard of actions was changed");
    }
    for row in &waiting {
        tracing::warn!(policy.scope = subject, policy.key = %row.relaxation.subject_key(), loosening.id = row.id,
            change = %row.relaxation.approval_text(), "a second operator must approve this before it takes effect");
    }
    AppliedPolicy {
        at_once: decision.in_force,
        waiting,
    }
}

/// `None`: this wish was adopted before. Otherwise the one that was, if any.
async fn previous_if_changed<T: Serialize + for<'a> serde::Deserialize<'a> + PartialEq>(
    store: &Store,
    scope: &str,
    desired: &T,
) -> Result<Option<Option<T>>, StoreError> {
    let known = store.find_policy(&desired_key(scope)).await?;
    let known: Option<T> = known.and_then(|text| serde_json::from_str(&text).ok());
    Ok((known.as_ref() != Some(desired)).then_some(known))
}

async fn store_desired<T: Serialize>(store: &Store, scope: &str, desired: &T) -> Result<(), StoreError> {
    store.set_policy(&desired_key(scope), json!(desired).to_string()).await
}

fn desired_key(scope: &str) -> String {
    format!("wished:{scope}")
}
