//! Agreeing to what waits, and refusing it.

use serde_json::json;

use super::accounts::facts_of;
use super::{PowerError, entry};
use crate::actions::guard::accounts;
use crate::actions::guard::approval::{Agreement, Wish, in_person, reaches, suspended};
use crate::actions::guard::loosen::{self, Stale};
use crate::actions::guard::{BusPolicy, InstancePolicy, NotApproved, SignedInBy, agrees, release};
use crate::model::{Control, ControlKind, GuardScope, Loosening, LooseningState};
use crate::store::{AuditEntry, Decision, LooseningFacts, LooseningRow, OperatorRow, Store};

/// Somebody agrees to what waits; it holds from then on. `shown`: the digest of what they saw (A10);
/// only where nothing would go out it may be left out.
pub async fn approve_loosening(
    store: &Store,
    id: i64,
    approver: &OperatorRow,
    by: SignedInBy,
    shown: Option<String>,
) -> Result<LooseningRow, PowerError> {
    let (approved_by, names) = (approver.name.clone(), store.operators().await?);
    let told = move |decided: &Result<LooseningRow, Box<NotApproved>>| {
        let row = decided.as_ref().ok()?;
        let scope = row.what.scope().text();
        let approved = entry(&approved_by, "loosening.approved", &scope, row.what.shown());
        Some(
            [Some(approved), account_entry(row, &approved_by, &names)]
                .into_iter()
                .flatten(),
        )
    };
    let row = store
        .recorded(move |decided| told(decided).into_iter().flatten())
        .decide_loosening(id, approver.id, move |facts| {
            approve(facts, by, shown.as_deref()).map_err(Box::new)
        })
        .await?
        .map_err(|refused| *refused)?;
    tracing::warn!(operator = %approver.name, loosening.id = id, change = %row.what.sentence(),
        "the guard of actions was loosened");
    Ok(row)
}

/// A change of accounts stands in the trail as any other, by whoever asked.
fn account_entry(row: &LooseningRow, approved_by: &str, names: &[OperatorRow]) -> Option<AuditEntry> {
    let (Loosening::AccountChange { change, sentence, .. }, Some(by)) = (&row.what, row.asked_by) else {
        return None;
    };
    let asker = names.iter().find(|operator| operator.id == by);
    let asker = asker.map_or_else(|| by.to_string(), |operator| operator.name.clone());
    let (action, subject) = change.entry();
    let detail = json!({"sentence": sentence, "agreedBy": approved_by});
    Some(entry(&asker, action, &subject, detail))
}

/// Whoever may agree may also say no, the one who asked included: it leaves the guard as tight as it is.
pub async fn reject_loosening(
    store: &Store,
    id: i64,
    rejecter: &OperatorRow,
    by: SignedInBy,
) -> Result<LooseningRow, PowerError> {
    let rejected_by = rejecter.name.clone();
    let told = move |decided: &Result<LooseningRow, NotApproved>| {
        let row = decided.as_ref().ok()?;
        let scope = row.what.scope().text();
        Some(entry(&rejected_by, "loosening.rejected", &scope, row.what.shown()))
    };
    let row = store
        .recorded(told)
        .decide_loosening(id, rejecter.id, move |facts| {
            waits(facts)?;
            in_person(facts.approver.as_ref(), by)?;
            reaches(facts.approver.as_ref(), facts.instance.as_ref())?;
            Ok::<_, NotApproved>(Decision::Reject)
        })
        .await??;
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
