//! Changes of accounts: made at once, or by a second person (A9).

use super::{PolicyChangeError, RelaxationRequester, entry};
use crate::actions::guard::NotApproved;
use crate::actions::guard::account_changes::{self, AccountChangeContext, AccountChangeVerdict};
use crate::model::AccountChange;
use crate::store::{AccountChangeFacts, AccountDecision, AccountOutcome, Store};

pub(super) fn change_context<'a>(change: &'a AccountChange, view: &'a AccountChangeFacts) -> AccountChangeContext<'a> {
    AccountChangeContext {
        change,
        by: view.by,
        before: &view.before,
        after: &view.after,
        controls: &view.controls,
        instances: &view.instance_names,
        former_account: view.former_operator,
        now: view.now,
        made_at: view.made_at,
    }
}

/// What the store answers to a change of accounts; for whoever records it.
pub type AccountsChanged = Result<AccountOutcome, NotApproved>;

/// Makes a change of accounts, or asks a second person for it (A9).
pub async fn change_accounts(
    store: &Store,
    change: AccountChange,
    asker: RelaxationRequester,
) -> Result<AccountOutcome, PolicyChangeError> {
    let by = store.load_operator(asker.id()).await?;
    let judged = change.clone();
    let name = by.name.clone();
    let waits = move |outcome: &AccountsChanged| match outcome {
        Ok(AccountOutcome::Waits(row)) => Some(entry(
            &name,
            "loosening.asked",
            &row.relaxation.subject_key(),
            row.relaxation.to_public_json(),
        )),
        Ok(AccountOutcome::Made(_)) | Err(_) => None,
    };
    let outcome = store
        .recorded(waits)
        .change_accounts(change, asker.id(), move |view| {
            check_asker_rights(&judged, view)?;
            Ok::<_, NotApproved>(decide_account_change(
                account_changes::assess_account_change(&change_context(&judged, view)),
                &judged,
            ))
        })
        .await??;
    if let AccountOutcome::Waits(row) = &outcome {
        tracing::warn!(operator = %by.name, loosening.id = row.id,
            change = %row.relaxation.approval_text(), "a second person must approve this change before it is made");
    }
    Ok(outcome)
}

/// No one can grant what they do not have; checked where the change is made.
fn check_asker_rights(change: &AccountChange, view: &AccountChangeFacts) -> Result<(), NotApproved> {
    let asker = view.before.iter().find(|row| row.id == view.by && !row.disabled);
    let asker = asker.ok_or_else(|| NotApproved {
        code: "requesterGone",
        detail: "the requester's account no longer exists or is disabled".to_owned(),
        advice: "Request it again.",
    })?;
    match account_changes::find_right_beyond_asker(change, asker, &view.before, &view.after) {
        None => Ok(()),
        Some(right) => Err(NotApproved {
            code: "beyondYours",
            detail: format!("operator {} lacks the right {right} there", asker.name),
            advice: "Only an operator who has a right can grant it or change an account that has it.",
        }),
    }
}

fn decide_account_change(weight: AccountChangeVerdict, change: &AccountChange) -> AccountDecision {
    match weight {
        AccountChangeVerdict::AtOnce { controls, told } => AccountDecision::Made {
            controls,
            told: told.then(|| format!("at once, without a second person: {}", change.approval_text())),
        },
        AccountChangeVerdict::Waits { .. } => AccountDecision::Waits,
    }
}
