//! Changes of accounts: made at once, or by a second person (A9).

use super::{LooseningAsker, PowerError, entry};
use crate::actions::guard::NotApproved;
use crate::actions::guard::accounts::{self, AccountFacts, Weight};
use crate::model::AccountChange;
use crate::store::{AccountDecision, AccountOutcome, AccountView, Store};

pub(super) fn facts_of<'a>(change: &'a AccountChange, view: &'a AccountView) -> AccountFacts<'a> {
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

/// What the store answers to a change of accounts; for whoever records it.
pub type AccountsChanged = Result<AccountOutcome, NotApproved>;

/// Makes a change of accounts, or asks a second person for it (A9).
pub async fn change_accounts(
    store: &Store,
    change: AccountChange,
    asker: LooseningAsker,
) -> Result<AccountOutcome, PowerError> {
    let by = store.operator(asker.id()).await?;
    let judged = change.clone();
    let name = by.name.clone();
    let waits = move |outcome: &AccountsChanged| match outcome {
        Ok(AccountOutcome::Waits(row)) => Some(entry(&name, "loosening.asked", &row.what.key(), row.what.shown())),
        Ok(AccountOutcome::Made(_)) | Err(_) => None,
    };
    let outcome = store
        .recorded(waits)
        .change_accounts(change, asker.id(), move |view| {
            covers(&judged, view)?;
            Ok::<_, NotApproved>(decision(accounts::weigh(&facts_of(&judged, view)), &judged))
        })
        .await??;
    if let AccountOutcome::Waits(row) = &outcome {
        tracing::warn!(operator = %by.name, loosening.id = row.id,
            change = %row.what.sentence(), "a second person has to agree before this is done");
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

fn decision(weight: Weight, change: &AccountChange) -> AccountDecision {
    match weight {
        Weight::AtOnce { controls, told } => AccountDecision::Made {
            controls,
            told: told.then(|| format!("at once, without a second person: {}", change.sentence())),
        },
        Weight::Waits { .. } => AccountDecision::Waits,
    }
}
