//! Approving or rejecting what is waiting.

use serde_json::json;

use super::accounts::change_context;
use super::{PolicyChangeError, entry};
use crate::actions::guard::account_changes;
use crate::actions::guard::approval::{
    ApprovalBasis, ApprovalRequest, check_approver_scope, check_in_person, deny_suspended,
};
use crate::actions::guard::relaxation::{self, StaleChange};
use crate::actions::guard::{
    ApprovalSignIn, BusPolicy, InstancePolicy, NotApproved, blocked_actions, check_second_person,
};
use crate::model::{AccountControl, ControlKind, GuardScope, PolicyRelaxation, RelaxationState};
use crate::store::{AuditEntry, OperatorRow, RelaxationDecision, RelaxationFacts, RelaxationRow, Store};

/// Somebody agrees to what waits; it holds from then on. `to_public_json`: the digest of what they saw (A10);
/// only where nothing would go out it may be left out.
pub async fn approve_relaxation(
    store: &Store,
    id: i64,
    approver: &OperatorRow,
    by: ApprovalSignIn,
    shown: Option<String>,
) -> Result<RelaxationRow, PolicyChangeError> {
    let (approved_by, names) = (approver.name.clone(), store.list_operators().await?);
    let audit = move |decided: &Result<RelaxationRow, Box<NotApproved>>| {
        let row = decided.as_ref().ok()?;
        let scope = row.relaxation.guard_scope().to_text();
        let approved = entry(
            &approved_by,
            "loosening.approved",
            &scope,
            row.relaxation.to_public_json(),
        );
        Some(
            [Some(approved), account_entry(row, &approved_by, &names)]
                .into_iter()
                .flatten(),
        )
    };
    let row = store
        .recorded(move |decided| audit(decided).into_iter().flatten())
        .decide_relaxation(id, approver.id, move |facts| {
            decide_approval(facts, by, shown.as_deref()).map_err(Box::new)
        })
        .await?
        .map_err(|refused| *refused)?;
    tracing::warn!(operator = %approver.name, loosening.id = id, change = %row.relaxation.approval_text(),
        "the guard of actions was loosened");
    Ok(row)
}

/// A change of accounts is in the trail like any other, under the name of its requester.
fn account_entry(row: &RelaxationRow, approved_by: &str, names: &[OperatorRow]) -> Option<AuditEntry> {
    let (PolicyRelaxation::AccountChange { change, sentence, .. }, Some(by)) = (&row.relaxation, row.asked_by) else {
        return None;
    };
    let asker = names.iter().find(|operator| operator.id == by);
    let asker = asker.map_or_else(|| by.to_string(), |operator| operator.name.clone());
    let (action, subject) = change.audit_entry();
    let detail = json!({"sentence": sentence, "agreedBy": approved_by});
    Some(entry(&asker, action, &subject, detail))
}

/// Whoever may agree may also say no, the one who asked included: it leaves the guard as tight as it is.
pub async fn reject_relaxation(
    store: &Store,
    id: i64,
    rejecter: &OperatorRow,
    by: ApprovalSignIn,
) -> Result<RelaxationRow, PolicyChangeError> {
    let rejected_by = rejecter.name.clone();
    let audit = move |decided: &Result<RelaxationRow, NotApproved>| {
        let row = decided.as_ref().ok()?;
        let scope = row.relaxation.guard_scope().to_text();
        Some(entry(
            &rejected_by,
            "loosening.rejected",
            &scope,
            row.relaxation.to_public_json(),
        ))
    };
    let row = store
        .recorded(audit)
        .decide_relaxation(id, rejecter.id, move |facts| {
            check_waiting(facts)?;
            check_in_person(facts.approver.as_ref(), by)?;
            check_approver_scope(facts.approver.as_ref(), facts.instance.as_ref())?;
            Ok::<_, NotApproved>(RelaxationDecision::Reject)
        })
        .await??;
    Ok(row)
}

fn decide_approval(
    facts: &RelaxationFacts,
    by: ApprovalSignIn,
    shown: Option<&str>,
) -> Result<RelaxationDecision, NotApproved> {
    check_waiting(facts)?;
    let row = &facts.row;
    let requester = find_requester(facts)?;
    let request = ApprovalRequest {
        requester: row.asked_by,
        instance: facts.instance.as_ref(),
        operators: &facts.operators,
        controls: &facts.controls,
        requested_at: row.asked_at,
        now: facts.now,
    };
    let basis = check_second_person(&request, facts.approver.as_ref(), by)?;
    let is_own = row.asked_by.is_some() && row.asked_by == facts.approver.as_ref().map(|operator| operator.id);
    if facts.approver.as_ref().is_some_and(|approver| approver.suspended) && !is_own {
        return Err(deny_suspended());
    }
    check_approver_scope(facts.approver.as_ref(), facts.instance.as_ref())?;
    blocked_actions::check_shown_digest(&row.digest(), facts.blocked_actions.as_ref(), shown)?;
    let policy = resulting_policy(facts, requester).map_err(|stale| NotApproved {
        code: "stale",
        detail: stale.to_string(),
        advice: "Reject it, then request again what is still wanted.",
    })?;
    let controls = match basis {
        ApprovalBasis::SecondPerson => Vec::new(),
        ApprovalBasis::Alone => controls_to_record(facts),
    };
    Ok(RelaxationDecision::Approve { policy, controls })
}

/// Whoever asked, where it was not a file. What somebody asked for who may not even sign in any more is not made.
fn find_requester(facts: &RelaxationFacts) -> Result<Option<&OperatorRow>, NotApproved> {
    let Some(id) = facts.row.asked_by else { return Ok(None) };
    let found = facts.operators.iter().find(|row| row.id == id && !row.disabled);
    found.map(Some).ok_or_else(|| NotApproved {
        code: "requesterGone",
        detail: "the requester's account no longer exists or is disabled".to_owned(),
        advice: "Request it again.",
    })
}

/// What ties accounts where nobody else has agreed.
fn controls_to_record(facts: &RelaxationFacts) -> Vec<AccountControl> {
    let Some(by) = facts.row.asked_by else {
        return Vec::new();
    };
    match (&facts.row.relaxation, &facts.accounts) {
        (PolicyRelaxation::AccountChange { change, .. }, Some(view)) => {
            account_changes::derive_controls(&change_context(change, view))
        }
        (PolicyRelaxation::SuspensionLift { operator, .. }, _) if *operator != by => {
            vec![AccountControl::new(
                by,
                *operator,
                ControlKind::SuspensionLifted,
                facts.now,
            )]
        }
        (
            PolicyRelaxation::PolicyChange { .. }
            | PolicyRelaxation::KillSwitchOff { .. }
            | PolicyRelaxation::SuspensionLift { .. }
            | PolicyRelaxation::WorkflowChange { .. }
            | PolicyRelaxation::AccountChange { .. }
            | PolicyRelaxation::ApplicationChange { .. },
            _,
        ) => Vec::new(),
    }
}

fn check_waiting(facts: &RelaxationFacts) -> Result<(), NotApproved> {
    match facts.row.state {
        RelaxationState::Waiting => Ok(()),
        state @ (RelaxationState::Approved | RelaxationState::Rejected | RelaxationState::Overtaken) => {
            Err(NotApproved {
                code: "notWaiting",
                detail: format!("it is no longer waiting: it was {}", state.name()),
                advice: "See intune-connector limits.",
            })
        }
    }
}

/// The policy that holds when this change is made; `None`: it is about none.
fn resulting_policy(facts: &RelaxationFacts, requester: Option<&OperatorRow>) -> Result<Option<String>, StaleChange> {
    let (scope, change) = match &facts.row.relaxation {
        PolicyRelaxation::PolicyChange { scope, change } => (scope, change),
        PolicyRelaxation::KillSwitchOff { .. }
        | PolicyRelaxation::SuspensionLift { .. }
        | PolicyRelaxation::WorkflowChange { .. } => {
            return Ok(None);
        }
        // What was shown has to hold still.
        PolicyRelaxation::ApplicationChange { application, from, .. } => {
            return if facts.policy.as_deref() == Some(from.to_string().as_str()) {
                Ok(None)
            } else {
                Err(StaleChange {
                    key: application.clone(),
                })
            };
        }
        PolicyRelaxation::AccountChange { change, .. } => {
            let stale = || StaleChange {
                key: change.audit_entry().1,
            };
            let view = facts.accounts.as_ref().ok_or_else(stale)?;
            let asker = requester.ok_or_else(stale)?;
            return match account_changes::find_right_beyond_asker(change, asker, &view.before, &view.after) {
                None => Ok(None),
                Some(_) => Err(stale()),
            };
        }
    };
    let text = facts.policy.as_deref();
    let next = match scope {
        GuardScope::Bus => json!(relaxation::apply_bus_change(&BusPolicy::from_json(text), change)?),
        GuardScope::Instance(_) => json!(relaxation::apply_instance_change(
            &InstancePolicy::from_json(text),
            change
        )?),
    };
    Ok(Some(next.to_string()))
}
