//! Wish and effect of policies: what is wished for in files and requests, and what comes of it.

use serde::Serialize;
use serde_json::{Value, json};

use super::{BUS, LooseningAsker, entry};
use crate::actions::guard::loosen::{self, Change};
use crate::actions::guard::{BusPolicy, InstancePolicy, scope_of};
use crate::model::{GuardScope, InstanceId, OperatorId};
use crate::store::{
    InstanceRow, LooseningRow, OperatorRow, POLICY_BUS, PolicyDecision, PolicyFacts, Store, StoreError,
};

/// What became of a wish.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Adopted {
    /// In force.
    pub at_once: Vec<Change>,
    /// Waits for a second person.
    #[serde(skip)]
    pub waiting: Vec<LooseningRow>,
}

/// The wish of `bus.ini`.
pub async fn adopt_bus(store: &Store, wished: BusPolicy) -> Result<Adopted, StoreError> {
    let Some(before) = unseen::<BusPolicy>(store, POLICY_BUS, &wished).await? else {
        return Ok(Adopted::default());
    };
    // Only what was written anew is meant; what stands there since the last time is not a wish against what holds.
    let meant = before.map(|before| keys_of(&loosen::bus(&before, &wished)));
    let changed = recording(store, BUS, BUS)
        .change_policy(GuardScope::Bus, None, move |facts| {
            let effective = BusPolicy::read(facts.effective.as_deref());
            judge_bus(facts, &effective, &wished, meant, facts.tenants.is_empty())
        })
        .await?;
    let adopted = tell(BUS, changed);
    remember(store, POLICY_BUS, &wished).await?;
    Ok(adopted)
}

/// The wish of somebody. `wish`: laid over the limits and approvals that hold when it is judged.
pub async fn change_bus(
    store: &Store,
    wish: impl FnOnce(BusPolicy) -> BusPolicy + Send + 'static,
    asker: LooseningAsker,
) -> Result<Adopted, StoreError> {
    let by = store.operator(asker.id()).await?;
    let changed = recording(store, &by.name, BUS)
        .change_policy(GuardScope::Bus, Some(by.id), move |facts| {
            let effective = BusPolicy::read(facts.effective.as_deref());
            judge_bus(facts, &effective, &wish(effective), None, false)
        })
        .await?;
    Ok(tell(BUS, changed))
}

/// `is_first`: it comes from the file, and nothing was installed yet.
fn judge_bus(
    facts: &PolicyFacts,
    effective: &BusPolicy,
    wished: &BusPolicy,
    meant: Option<Vec<String>>,
    is_first: bool,
) -> PolicyDecision {
    let changes = only_meant(loosen::bus(effective, wished), meant.as_deref());
    let holds = |change: &Change| !change.loosens || (is_first && up_to_default(change));
    let (at_once, later): (Vec<_>, Vec<_>) = changes.into_iter().partition(holds);
    let next = at_once.iter().fold(*effective, |policy, change| {
        loosen::apply_bus(&policy, change).unwrap_or(policy)
    });
    decided(facts, json!(next).to_string(), at_once, later, meant)
}

/// Whether the default allows as much.
fn up_to_default(change: &Change) -> bool {
    let default = loosen::bus_value(&BusPolicy::default(), &change.key);
    match (&change.to, default) {
        (Value::Number(to), Some(Value::Number(default))) => to.as_u64() <= default.as_u64(),
        (to, Some(default)) => *to == default,
        (_, None) => false,
    }
}

/// The wish of an instance's file; `by`: who changed it through this bus, where that is known.
pub async fn adopt_instance(
    store: &Store,
    row: &InstanceRow,
    wished: InstancePolicy,
    by: Option<OperatorId>,
) -> Result<Adopted, StoreError> {
    let scope = scope_of(row.id);
    let noted = noted_asker(store, &scope).await?;
    let Some(before) = unseen::<InstancePolicy>(store, &scope, &wished).await? else {
        forget_asker(store, &scope, noted).await?;
        return Ok(Adopted::default());
    };
    let meant = before.map(|before| keys_of(&loosen::instance(&before, &wished)));
    let by = known(store, by.or(noted)).await?;
    let (tenant, wish) = (row.tenant_id.to_ascii_lowercase(), wished.clone());
    let actor = by.as_ref().map_or(BUS, |operator| operator.name.as_str());
    let changed = recording(store, actor, row.name.as_str())
        .change_policy(
            GuardScope::Instance(row.id),
            by.as_ref().map(|operator| operator.id),
            move |facts| judge_instance(facts, &tenant, &wish, meant),
        )
        .await?;
    let adopted = tell(row.name.as_str(), changed);
    remember(store, &scope, &wished).await?;
    forget_asker(store, &scope, noted).await?;
    Ok(adopted)
}

async fn known(store: &Store, by: Option<OperatorId>) -> Result<Option<OperatorRow>, StoreError> {
    let Some(id) = by else { return Ok(None) };
    Ok(store.operators().await?.into_iter().find(|operator| operator.id == id))
}

fn judge_instance(
    facts: &PolicyFacts,
    tenant: &String,
    wished: &InstancePolicy,
    meant: Option<Vec<String>>,
) -> PolicyDecision {
    let effective = InstancePolicy::read(facts.effective.as_deref());
    let is_first = !facts.tenants.contains(tenant);
    let changes = only_meant(loosen::instance(&effective, wished), meant.as_deref());
    let holds = |change: &Change| !change.loosens || (is_first && change.key.starts_with(loosen::VERBS));
    let (at_once, later): (Vec<_>, Vec<_>) = changes.into_iter().partition(holds);
    let next = at_once.iter().fold(effective, |policy, change| {
        loosen::apply_instance(&policy, change).unwrap_or(policy)
    });
    // Kept even where nothing was switched on: the first installation is over.
    decided(facts, json!(next).to_string(), at_once, later, meant)
}

fn decided(
    facts: &PolicyFacts,
    next: String,
    at_once: Vec<Change>,
    later: Vec<Change>,
    meant: Option<Vec<String>>,
) -> PolicyDecision {
    PolicyDecision {
        effective: (facts.effective.as_ref() != Some(&next)).then_some(next),
        at_once,
        later,
        meant,
    }
}

/// Who is about to change the settings of an instance; whoever leads them over later, after a crash at a start, knows by
/// that whose wish it is.
pub async fn note_asker(store: &Store, instance: InstanceId, asker: LooseningAsker) -> Result<(), StoreError> {
    let scope = asker_of(&scope_of(instance));
    store.set_policy(&scope, asker.id().0.to_string()).await
}

async fn noted_asker(store: &Store, scope: &str) -> Result<Option<OperatorId>, StoreError> {
    let text = store.policy(&asker_of(scope)).await?;
    Ok(text.and_then(|text| text.parse().ok()).map(OperatorId))
}

async fn forget_asker(store: &Store, scope: &str, noted: Option<OperatorId>) -> Result<(), StoreError> {
    match noted {
        Some(_) => store.set_policy(&asker_of(scope), String::new()).await,
        None => Ok(()),
    }
}

fn asker_of(scope: &str) -> String {
    format!("asker:{scope}")
}

fn only_meant(changes: Vec<Change>, meant: Option<&[String]>) -> Vec<Change> {
    let Some(meant) = meant else {
        return changes;
    };
    changes
        .into_iter()
        .filter(|change| meant.contains(&change.key))
        .collect()
}

fn keys_of(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| change.key.clone()).collect()
}

/// What the store answers to a change of policy.
type Changed = (PolicyDecision, Vec<LooseningRow>);

/// The store for a change of policy, with its rows in the audit trail. `subject`: whose guard it is.
fn recording(store: &Store, actor: &str, subject: &str) -> Store {
    let (actor, subject) = (actor.to_owned(), subject.to_owned());
    store.recorded(move |(decision, waiting): &Changed| {
        let changed = |change: &Change| entry(&actor, "limits.changed", &subject, json!(change));
        let asked = |row: &LooseningRow| entry(&actor, "loosening.asked", &subject, row.what.shown());
        let entries = decision.at_once.iter().map(changed);
        entries.chain(waiting.iter().map(asked)).collect::<Vec<_>>()
    })
}

/// Says what came of it in the log.
fn tell(subject: &str, (decision, waiting): Changed) -> Adopted {
    for change in &decision.at_once {
        tracing::info!(policy.scope = subject, policy.key = %change.key, change = %change.sentence, "the guard of actions changes");
    }
    for row in &waiting {
        tracing::warn!(policy.scope = subject, policy.key = %row.what.key(), loosening.id = row.id,
            change = %row.what.sentence(), "a second operator has to agree before this holds");
    }
    Adopted {
        at_once: decision.at_once,
        waiting,
    }
}

/// `None`: this wish was adopted before. Otherwise the one that was, if any.
async fn unseen<T: Serialize + for<'a> serde::Deserialize<'a> + PartialEq>(
    store: &Store,
    scope: &str,
    wished: &T,
) -> Result<Option<Option<T>>, StoreError> {
    let known = store.policy(&wish_of(scope)).await?;
    let known: Option<T> = known.and_then(|text| serde_json::from_str(&text).ok());
    Ok((known.as_ref() != Some(wished)).then_some(known))
}

async fn remember<T: Serialize>(store: &Store, scope: &str, wished: &T) -> Result<(), StoreError> {
    store.set_policy(&wish_of(scope), json!(wished).to_string()).await
}

fn wish_of(scope: &str) -> String {
    format!("wished:{scope}")
}
