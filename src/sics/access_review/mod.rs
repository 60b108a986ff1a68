//! Who may do what, since when, and by whose hand. What accounts hold is their own row of the store; how it came to be
//! theirs is in the audit trail and in the requests that a second person agreed to ([`history`]). What neither tells is
//! not guessed.

mod history;

use axum::Json;
use axum::extract::State;

use super::Sics;
use super::problem::ApiProblem;
use crate::actions::guard::classify_right;
use crate::contract::{AccessEntryView, AccessReviewView};
use crate::model::{RIGHTS, Right, RightScope};
use crate::store::{AccessFacts, OperatorRow};
use history::{AccessHistory, GrantOrigin};

pub(crate) async fn review_access(State(sics): State<Sics>) -> Result<Json<AccessReviewView>, ApiProblem> {
    let _permit = sics.acquire_search_permit().await?;
    let facts = sics.store().read_access_facts().await?;
    Ok(Json(AccessReviewView {
        made_at: sics.now(),
        entries: list_access_entries(&facts),
    }))
}

/// Every right of every account, as it stands.
fn list_access_entries(facts: &AccessFacts) -> Vec<AccessEntryView> {
    let history = AccessHistory::from_facts(facts);
    let mut entries = Vec::new();
    for row in &facts.operators {
        for right in &row.rights {
            let origin = history.own_right_origin(row, right);
            entries.push(access_entry(facts, row, (right, &row.scope), None, origin));
        }
        for held in &row.roles {
            for right in &held.rights {
                let origin = history.role_right_origin(row, held, right);
                let role = Some(held.role.to_string());
                entries.push(access_entry(facts, row, (right, &held.scope), role, origin));
            }
        }
    }
    entries
}

fn access_entry(
    facts: &AccessFacts,
    row: &OperatorRow,
    (right, scope): (&Right, &RightScope),
    role: Option<String>,
    origin: Option<GrantOrigin>,
) -> AccessEntryView {
    let class = classify_right(right);
    let covers = RIGHTS.iter().map(|(name, _)| *name).filter(|name| right.covers(name));
    let last_sign_in = facts.last_sign_ins.get(&row.id).copied();
    AccessEntryView {
        operator: row.name.clone(),
        kind: row.kind,
        disabled: row.disabled,
        suspended: row.suspended,
        right: right.clone(),
        covers: covers.map(str::to_owned).collect(),
        destructive: class.destructive,
        approving: class.approving,
        managing: class.managing,
        scope: scope.clone(),
        role,
        since: origin.as_ref().map(|origin| origin.at),
        given_by: origin.as_ref().and_then(|origin| origin.by.clone()),
        agreed_by: origin.and_then(|origin| origin.agreed_by),
        last_sign_in_at: last_sign_in,
    }
}
