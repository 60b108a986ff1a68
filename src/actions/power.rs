//! Who has the say over the guard (A7): what loosens it takes a second person, or, where there is only one, a day and
//! his password again; what tightens it works at once.
//!
//! *Wish and effect.* Files and requests say what is wished. What holds is in the store, and the guard reads nothing
//! else. [`adopt_bus`] and [`adopt_instance`] lead a file's wish over: at each start and after each change, so that a
//! file that was edited while the bus was down falls under the same rule. The store remembers the wish that was adopted
//! last: a file that stands still asks for nothing a second time, neither for what was rejected nor against what was
//! agreed to by other ways since.
//!
//! *If the process dies here*: tightening comes first, then the asking, then the remembering. Each can be done again.
//!
//! *First installation*: where no instance of a tenant has a policy yet, its verbs are on at once; limits may be raised
//! to the defaults as long as no instance has any.

use serde::Serialize;
use serde_json::{Value, json};

use super::guard::accounts::{self, AccountFacts, Weight};
use super::guard::approval::{Agreement, Wish, in_person, reaches, suspended};
use super::guard::loosen::{self, Change, Stale};
use super::guard::{BusPolicy, InstancePolicy, NotApproved, SignedInBy, agrees, release, scope_of};
use crate::model::{
    AccountChange, Control, ControlKind, GuardScope, InstanceId, Loosening, LooseningState, Loosens, OperatorId,
};
use crate::store::{
    AccountDecision, AccountOutcome, AccountView, AuditEntry, Decision, InstanceRow, LooseningFacts, LooseningRow,
    OperatorRow, POLICY_BUS, Store, StoreError, WorkflowRow,
};

/// In the audit trail, where nobody in particular has done it.
const BUS: &str = "bus";

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

#[derive(Debug, thiserror::Error)]
pub enum PowerError {
    #[error(transparent)]
    NotApproved(#[from] NotApproved),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The wish of `bus.ini`.
pub async fn adopt_bus(store: &Store, wished: BusPolicy) -> Result<Adopted, StoreError> {
    let Some(before) = unseen::<BusPolicy>(store, POLICY_BUS, &wished).await? else {
        return Ok(Adopted::default());
    };
    // Only what was written anew is meant; what stands there since the last time is not a wish against what holds.
    let meant = before.map(|before| loosen::bus(&before, &wished));
    let adopted = change_bus_as(store, wished, None, meant).await?;
    remember(store, POLICY_BUS, &wished).await?;
    Ok(adopted)
}

/// The wish of somebody: limits and approvals as they should be.
pub async fn change_bus(store: &Store, wished: BusPolicy, by: &OperatorRow) -> Result<Adopted, StoreError> {
    change_bus_as(store, wished, Some(by), None).await
}

async fn change_bus_as(
    store: &Store,
    wished: BusPolicy,
    by: Option<&OperatorRow>,
    meant: Option<Vec<Change>>,
) -> Result<Adopted, StoreError> {
    let first = !any_policy(store, |_| true).await?;
    let asked = by.map(|operator| operator.id);
    let keys = keys_of(meant.as_deref());
    let changed = store
        .change_policy(POLICY_BUS, move |text| {
            let effective = BusPolicy::read(text);
            let changes = only_meant(loosen::bus(&effective, &wished), meant.as_deref());
            let (at_once, later): (Vec<_>, Vec<_>) = changes
                .into_iter()
                .partition(|change| !change.loosens || (first && asked.is_none() && up_to_default(change)));
            let next = at_once.iter().fold(effective, |policy, change| {
                loosen::apply_bus(&policy, change).unwrap_or(policy)
            });
            (Some(json!(next).to_string()), (at_once, later))
        })
        .await?;
    settle(store, (GuardScope::Bus, BUS), changed, keys, by).await
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
    let by = by.or(noted);
    let meant = before.map(|before| loosen::instance(&before, &wished));
    let tenant = row.tenant_id.clone();
    let first = !any_policy(store, move |row| row.tenant_id.eq_ignore_ascii_case(&tenant)).await?;
    let by = match by {
        Some(id) => store.operators().await?.into_iter().find(|operator| operator.id == id),
        None => None,
    };
    let wish = wished.clone();
    let keys = keys_of(meant.as_deref());
    let changed = store
        .change_policy(&scope, move |text| {
            let effective = InstancePolicy::read(text);
            let changes = only_meant(loosen::instance(&effective, &wish), meant.as_deref());
            let (at_once, later): (Vec<_>, Vec<_>) = changes
                .into_iter()
                .partition(|change| !change.loosens || (first && change.key.starts_with(loosen::VERBS)));
            let next = at_once.iter().fold(effective, |policy, change| {
                loosen::apply_instance(&policy, change).unwrap_or(policy)
            });
            // Kept even where nothing was switched on: the first installation is over.
            (Some(json!(next).to_string()), (at_once, later))
        })
        .await?;
    let adopted = settle(
        store,
        (GuardScope::Instance(row.id), row.name.as_str()),
        changed,
        keys,
        by.as_ref(),
    )
    .await?;
    remember(store, &scope, &wished).await?;
    forget_asker(store, &scope, noted).await?;
    Ok(adopted)
}

/// Who is about to change the settings of an instance; whoever leads them over later, after a crash at a start, knows by
/// that whose wish it is.
pub async fn note_asker(store: &Store, instance: InstanceId, by: OperatorId) -> Result<(), StoreError> {
    store.set_policy(&asker_of(&scope_of(instance)), by.0.to_string()).await
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

/// Whether an instance, even one that was removed, has a policy.
async fn any_policy(store: &Store, wanted: impl Fn(&InstanceRow) -> bool) -> Result<bool, StoreError> {
    for row in store.instances().await?.iter().filter(|row| wanted(row)) {
        if store.policy(&scope_of(row.id)).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn only_meant(changes: Vec<Change>, meant: Option<&[Change]>) -> Vec<Change> {
    let Some(meant) = meant else {
        return changes;
    };
    let is_meant = |change: &Change| meant.iter().any(|other| other.key == change.key);
    changes.into_iter().filter(is_meant).collect()
}

/// `None`: all of them are meant.
fn keys_of(meant: Option<&[Change]>) -> Option<Vec<String>> {
    meant.map(|changes| changes.iter().map(|change| change.key.clone()).collect())
}

/// Asks for what loosens, takes back what is wished no more, and writes down both.
async fn settle(
    store: &Store,
    (scope, subject): (GuardScope, &str),
    (at_once, later): (Vec<Change>, Vec<Change>),
    meant: Option<Vec<String>>,
    by: Option<&OperatorRow>,
) -> Result<Adopted, StoreError> {
    let keys: Vec<String> = later.iter().map(|change| change.key.clone()).collect();
    let asked = by.map(|operator| operator.id);
    store
        .withdraw_loosenings(move |row| match &row.what {
            Loosening::PolicyChange { scope: of, change } => {
                let is_meant = meant.as_ref().is_none_or(|meant| meant.contains(&change.key));
                *of == scope && row.asked_by == asked && is_meant && !keys.contains(&change.key)
            }
            Loosening::KillSwitchOff { .. }
            | Loosening::SuspensionLift { .. }
            | Loosening::WorkflowChange { .. }
            | Loosening::AccountChange { .. } => false,
        })
        .await?;
    let actor = by.map_or_else(|| BUS.to_owned(), |operator| operator.name.clone());
    for change in &at_once {
        tracing::info!(policy.scope = subject, policy.key = %change.key, change = %change.sentence, "the guard of actions changes");
        note(store, &actor, "limits.changed", subject, json!(change)).await?;
    }
    let mut waiting = Vec::new();
    for change in later {
        let what = Loosening::PolicyChange {
            scope,
            change: change.clone(),
        };
        let detail = what.shown();
        let row = store.ask_loosening(what, asked).await?;
        tracing::warn!(policy.scope = subject, policy.key = %change.key, loosening.id = row.id,
            change = %change.sentence, "a second operator has to agree before this holds");
        note(store, &actor, "loosening.asked", subject, detail).await?;
        waiting.push(row);
    }
    Ok(Adopted { at_once, waiting })
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

/// Asks for the kill switch of a tenant (or `*`) to be switched off; `None`: it is not on.
pub async fn ask_kill_switch_off(
    store: &Store,
    tenant: &str,
    by: &OperatorRow,
) -> Result<Option<LooseningRow>, StoreError> {
    let on = store.kill_switches().await?;
    let Some(switch) = on.into_iter().find(|row| row.tenant == tenant) else {
        return Ok(None);
    };
    let whose = if tenant == "*" { "all tenants" } else { tenant };
    let sentence = format!(
        "the kill switch of {whose} is switched off; it is on because: {}",
        switch.reason
    );
    let what = Loosening::KillSwitchOff {
        tenant: tenant.to_owned(),
        sentence,
    };
    let mut detail = what.shown();
    detail["goesOut"] = release::told(&store.held_back(tenant.to_owned()).await?).into();
    let row = store.ask_loosening(what, Some(by.id)).await?;
    note(store, &by.name, "loosening.asked", tenant, detail).await?;
    Ok(Some(row))
}

/// Asks for a workflow with destructive steps to be enabled with the text of this hash.
pub async fn ask_workflow(
    store: &Store,
    row: &WorkflowRow,
    hash: &str,
    sentence: String,
    by: &OperatorRow,
) -> Result<LooseningRow, StoreError> {
    let what = Loosening::WorkflowChange {
        instance: row.instance,
        workflow: row.id,
        name: row.name.clone(),
        from: row.enabled.then(|| row.hash.clone()),
        hash: hash.to_owned(),
        sentence,
    };
    ask(store, what, &row.name, Some(by)).await
}

/// Asks for an operator's suspension to be lifted; `None`: he is not suspended.
pub async fn ask_lift_suspension(
    store: &Store,
    operator: OperatorId,
    by: &OperatorRow,
) -> Result<Option<LooseningRow>, StoreError> {
    let all = store.suspensions().await?;
    let Some(suspension) = all.into_iter().find(|row| row.operator == operator) else {
        return Ok(None);
    };
    let sentence = format!(
        "{} may do what is destructive again; he was suspended because {}",
        suspension.name, suspension.why
    );
    let what = Loosening::SuspensionLift { operator, sentence };
    ask(store, what, &suspension.name, Some(by)).await.map(Some)
}

/// `by`: `None` where a file was changed.
async fn ask(
    store: &Store,
    what: Loosening,
    subject: &str,
    by: Option<&OperatorRow>,
) -> Result<LooseningRow, StoreError> {
    let detail = what.shown();
    let row = store.ask_loosening(what, by.map(|operator| operator.id)).await?;
    let actor = by.map_or(BUS, |operator| operator.name.as_str());
    note(store, actor, "loosening.asked", subject, detail).await?;
    Ok(row)
}

/// Somebody agrees to what waits; it holds from then on. `shown`: the digest of what they saw (A10);
/// only where nothing would go out it may be left out.
pub async fn approve_loosening(
    store: &Store,
    id: i64,
    approver: &OperatorRow,
    by: SignedInBy,
    shown: Option<String>,
) -> Result<LooseningRow, PowerError> {
    let row = store
        .decide_loosening(id, approver.id, move |facts| {
            approve(facts, by, shown.as_deref()).map_err(Box::new)
        })
        .await?
        .map_err(|refused| *refused)?;
    tracing::warn!(operator = %approver.name, loosening.id = id, change = %row.what.sentence(),
        "the guard of actions was loosened");
    note(
        store,
        &approver.name,
        "loosening.approved",
        &row.what.scope().text(),
        row.what.shown(),
    )
    .await?;
    note_account(store, &row, approver).await?;
    Ok(row)
}

/// A change of accounts stands in the trail as any other, by whoever asked.
async fn note_account(store: &Store, row: &LooseningRow, approver: &OperatorRow) -> Result<(), StoreError> {
    let (Loosening::AccountChange { change, sentence, .. }, Some(by)) = (&row.what, row.asked_by) else {
        return Ok(());
    };
    let asker = store.operator(by).await?.name;
    let (action, subject) = change.entry();
    let detail = json!({"sentence": sentence, "agreedBy": approver.name});
    note(store, &asker, action, &subject, detail).await
}

/// Whoever may agree may also say no, the one who asked included: it leaves the guard as tight as it is.
pub async fn reject_loosening(
    store: &Store,
    id: i64,
    rejecter: &OperatorRow,
    by: SignedInBy,
) -> Result<LooseningRow, PowerError> {
    let row = store
        .decide_loosening(id, rejecter.id, move |facts| {
            waits(facts)?;
            in_person(facts.approver.as_ref(), by)?;
            reaches(facts.approver.as_ref(), facts.instance.as_ref())?;
            Ok::<_, NotApproved>(Decision::Reject)
        })
        .await??;
    note(
        store,
        &rejecter.name,
        "loosening.rejected",
        &row.what.scope().text(),
        row.what.shown(),
    )
    .await?;
    Ok(row)
}

fn approve(facts: &LooseningFacts, by: SignedInBy, shown: Option<&str>) -> Result<Decision, NotApproved> {
    waits(facts)?;
    let row = &facts.row;
    let requester = requester(facts)?;
    let wish = Wish {
        requester: row.asked_by,
        place: facts.instance.as_ref(),
        everybody: &facts.everybody,
        controls: &facts.controls,
        since: row.asked_at,
        now: facts.now,
    };
    let agreement = agrees(&wish, facts.approver.as_ref(), by)?;
    let is_own = row.asked_by.is_some() && row.asked_by == facts.approver.as_ref().map(|operator| operator.id);
    if facts.approver.as_ref().is_some_and(|approver| approver.suspended) && !is_own {
        return Err(suspended());
    }
    reaches(facts.approver.as_ref(), facts.instance.as_ref())?;
    release::was_shown(&row.digest(), facts.held_back.as_ref(), shown)?;
    let policy = effective(facts, requester).map_err(|stale| NotApproved {
        code: "stale",
        detail: stale.to_string(),
        advice: "Reject it; what is still wished has to be asked for again.",
    })?;
    let controls = match agreement {
        Agreement::SecondPerson => Vec::new(),
        Agreement::Alone => remembered(facts),
    };
    Ok(Decision::Approve { policy, controls })
}

/// Whoever asked, where it was not a file. What somebody asked for who may not even sign in any more is not made.
fn requester(facts: &LooseningFacts) -> Result<Option<&OperatorRow>, NotApproved> {
    let Some(id) = facts.row.asked_by else { return Ok(None) };
    let found = facts.everybody.iter().find(|row| row.id == id && !row.disabled);
    found.map(Some).ok_or_else(|| NotApproved {
        code: "requesterGone",
        detail: "the account that asked for it does not exist any more, or is disabled".to_owned(),
        advice: "Ask for it again.",
    })
}

/// What ties accounts where nobody else has agreed.
fn remembered(facts: &LooseningFacts) -> Vec<Control> {
    let Some(by) = facts.row.asked_by else {
        return Vec::new();
    };
    match (&facts.row.what, &facts.accounts) {
        (Loosening::AccountChange { change, .. }, Some(view)) => accounts::controls(&facts_of(change, view)),
        (Loosening::SuspensionLift { operator, .. }, _) if *operator != by => {
            vec![Control::new(by, *operator, ControlKind::SuspensionLifted, facts.now)]
        }
        (
            Loosening::PolicyChange { .. }
            | Loosening::KillSwitchOff { .. }
            | Loosening::SuspensionLift { .. }
            | Loosening::WorkflowChange { .. }
            | Loosening::AccountChange { .. },
            _,
        ) => Vec::new(),
    }
}

fn facts_of<'a>(change: &'a AccountChange, view: &'a AccountView) -> AccountFacts<'a> {
    AccountFacts {
        change,
        by: view.by,
        before: &view.before,
        after: &view.after,
        controls: &view.controls,
        places: &view.places,
        former: view.former,
        now: view.now,
        made_at: view.made_at,
    }
}

/// Makes a change of accounts, or asks a second person for it (A9). `loosens`: what the table says of the operation.
pub async fn change_accounts(
    store: &Store,
    change: AccountChange,
    by: &OperatorRow,
    loosens: Loosens,
) -> Result<AccountOutcome, PowerError> {
    let judged = change.clone();
    let outcome = store
        .change_accounts(change, by.id, move |view| {
            covers(&judged, view)?;
            let weight = accounts::weigh(&facts_of(&judged, view));
            Ok::<_, NotApproved>(decision(weight, loosens, &judged))
        })
        .await??;
    if let AccountOutcome::Waits(row) = &outcome {
        tracing::warn!(operator = %by.name, loosening.id = row.id,
            change = %row.what.sentence(), "a second person has to agree before this is done");
        note(store, &by.name, "loosening.asked", &row.what.key(), row.what.shown()).await?;
    }
    Ok(outcome)
}

/// Nobody gives what they do not have, judged where it is made.
fn covers(change: &AccountChange, view: &AccountView) -> Result<(), NotApproved> {
    let asker = view.before.iter().find(|row| row.id == view.by && !row.disabled);
    let asker = asker.ok_or_else(|| NotApproved {
        code: "requesterGone",
        detail: "the account that asked for it does not exist any more, or is disabled".to_owned(),
        advice: "Ask for it again.",
    })?;
    match accounts::beyond(change, asker, &view.before, &view.after) {
        None => Ok(()),
        Some(right) => Err(NotApproved {
            code: "beyondYours",
            detail: format!("operator {} does not have the right {right} there", asker.name),
            advice: "Only who has a right can grant it, or change an account that has it.",
        }),
    }
}

fn decision(weight: Weight, loosens: Loosens, change: &AccountChange) -> AccountDecision {
    match (weight, loosens) {
        (Weight::AtOnce { controls, told }, _) => AccountDecision::Made {
            controls,
            told: told.then(|| format!("at once, without a second person: {}", change.sentence())),
        },
        (Weight::Waits { .. }, Loosens::ByPower | Loosens::ByContent) => AccountDecision::Waits,
        // An operation that loosens nothing has nothing to wait for.
        (Weight::Waits { .. }, Loosens::Never) => AccountDecision::Made {
            controls: Vec::new(),
            told: None,
        },
    }
}

fn waits(facts: &LooseningFacts) -> Result<(), NotApproved> {
    match facts.row.state {
        LooseningState::Waiting => Ok(()),
        state @ (LooseningState::Approved | LooseningState::Rejected | LooseningState::Overtaken) => Err(NotApproved {
            code: "notWaiting",
            detail: format!("it does not wait any more, it was {}", state.name()),
            advice: "Look at the limits.",
        }),
    }
}

/// The policy that holds when this change is made; `None`: it is about none.
fn effective(facts: &LooseningFacts, requester: Option<&OperatorRow>) -> Result<Option<String>, Stale> {
    let (scope, change) = match &facts.row.what {
        Loosening::PolicyChange { scope, change } => (scope, change),
        Loosening::KillSwitchOff { .. } | Loosening::SuspensionLift { .. } | Loosening::WorkflowChange { .. } => {
            return Ok(None);
        }
        Loosening::AccountChange { change, .. } => {
            let stale = || Stale { key: change.entry().1 };
            let view = facts.accounts.as_ref().ok_or_else(stale)?;
            let asker = requester.ok_or_else(stale)?;
            return match accounts::beyond(change, asker, &view.before, &view.after) {
                None => Ok(None),
                Some(_) => Err(stale()),
            };
        }
    };
    let text = facts.policy.as_deref();
    let next = match scope {
        GuardScope::Bus => json!(loosen::apply_bus(&BusPolicy::read(text), change)?),
        GuardScope::Instance(_) => json!(loosen::apply_instance(&InstancePolicy::read(text), change)?),
    };
    Ok(Some(next.to_string()))
}

async fn note(
    store: &Store,
    actor: &str,
    action: &'static str,
    subject: &str,
    detail: Value,
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        actor: actor.to_owned(),
        action,
        subject: subject.to_owned(),
        detail,
    };
    store.audit(entry).await
}
