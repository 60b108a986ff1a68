//! What a change of accounts loosens (A9). Pure: all accounts before and after, compared. Whatever way a change takes
//! (a role, a scope, a role that somebody holds), it is judged by what comes of it, so there is no list of ways that
//! could lack one.
//!
//! It loosens where somebody gains control over an account that may approve, destroy or manage accounts, and where it
//! takes away the last second person whom the asker has. What only tightens holds at once.

use chrono::TimeDelta;

use super::right_class::{APPROVES, APPROVES_ORDERS, MANAGES, destructive_rights};
use super::tied_accounts::{TiedAccounts, is_data_folder_account};
use crate::model::{AccountChange, AccountControl, ControlKind, Grant, InstanceName, OperatorId, Right, Timestamp};
use crate::store::OperatorRow;

/// A bus that is so young, and whose only person has nobody to ask yet, is being set up.
const SET_UP: TimeDelta = TimeDelta::hours(1);

/// What is known when a change is judged; all of it from the transaction that makes it.
#[derive(Debug, Clone)]
pub struct AccountChangeContext<'a> {
    pub change: &'a AccountChange,
    /// Who asks.
    pub by: OperatorId,
    pub before: &'a [OperatorRow],
    /// As it would be.
    pub after: &'a [OperatorRow],
    pub controls: &'a [AccountControl],
    /// All instances.
    pub instances: &'a [InstanceName],
    /// An account of the name of this one was removed so lately that it may be the same person's.
    pub former_account: Option<OperatorId>,
    pub now: Timestamp,
    /// When the store was made.
    pub made_at: Timestamp,
}

/// How a change is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChangeVerdict {
    /// It may be made at once.
    AtOnce {
        /// To be remembered.
        controls: Vec<AccountControl>,
        /// It loosens all the same (the data folder, a bus that is being set up): everybody is to be told.
        told: bool,
    },
    /// A second person has to agree; why, in half a sentence.
    Waits { why: &'static str },
}

/// Whether it may be made at once.
pub fn assess_account_change(facts: &AccountChangeContext) -> AccountChangeVerdict {
    let controls = derive_controls(facts);
    let people = TiedAccounts::from_controls(facts.before, facts.controls, facts.now);
    let Some(why) = relaxation_reason(facts, &people) else {
        return AccountChangeVerdict::AtOnce { controls, told: false };
    };
    if is_by_data_folder(facts) {
        return AccountChangeVerdict::AtOnce {
            controls: Vec::new(),
            told: true,
        };
    }
    let has_nobody = list_places(facts).all(|instance| people.second_persons(facts.by, instance).next().is_none());
    if has_nobody && facts.now - facts.made_at < SET_UP {
        return AccountChangeVerdict::AtOnce { controls, told: true };
    }
    AccountChangeVerdict::Waits { why }
}

/// What is to be remembered of a change that is made without an untied second person.
pub fn derive_controls(facts: &AccountChangeContext) -> Vec<AccountControl> {
    if is_by_data_folder(facts) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for after in facts.after {
        let before = facts.before.iter().find(|row| row.id == after.id);
        let mut gained = gained_controls(facts.change, before, after);
        // Whoever lets somebody approve orders need not wait, but their own orders are not approved that way.
        let approves_orders = before.is_some_and(|before| has_more_of(before, after, [APPROVES_ORDERS]));
        if gained.is_empty() && approves_orders {
            gained.push(ControlKind::Rights);
        }
        for how in gained {
            let given = how == ControlKind::Password && after.password_given;
            found.push(if given {
                AccountControl::by_temporary_password(facts.by, after.id, facts.now)
            } else {
                AccountControl::new(facts.by, after.id, how, facts.now)
            });
        }
        if let (None, Some(former)) = (before, facts.former_account) {
            found.push(AccountControl::new(former, after.id, ControlKind::SameName, facts.now));
        }
    }
    found.retain(|control| control.by != control.over);
    found
}

fn is_by_data_folder(facts: &AccountChangeContext) -> bool {
    facts
        .before
        .iter()
        .any(|row| row.id == facts.by && is_data_folder_account(row))
}

/// The whole bus, and each instance.
fn list_places<'a>(facts: &AccountChangeContext<'a>) -> impl Iterator<Item = Option<&'a InstanceName>> {
    std::iter::once(None).chain(facts.instances.iter().map(Some))
}

fn relaxation_reason(facts: &AccountChangeContext, people: &TiedAccounts) -> Option<&'static str> {
    let gains = facts.after.iter().filter(|after| after.id != facts.by).any(|after| {
        let before = facts.before.iter().find(|row| row.id == after.id);
        let has_power = is_powerful(after) || before.is_some_and(is_powerful);
        has_power && !gained_controls(facts.change, before, after).is_empty()
    });
    if gains {
        return Some("it gives control over an account that may approve, destroy or manage accounts");
    }
    let left = TiedAccounts::from_controls(facts.after, facts.controls, facts.now);
    let takes = list_places(facts).any(|instance| {
        people.second_persons(facts.by, instance).next().is_some()
            && left.second_persons(facts.by, instance).next().is_none()
    });
    takes.then_some("it removes the last person who may approve your requests")
}

/// How control over an account was gained by a change.
fn gained_controls(change: &AccountChange, before: Option<&OperatorRow>, after: &OperatorRow) -> Vec<ControlKind> {
    let Some(before) = before else {
        let password = (after.password_hash.is_some()).then_some(ControlKind::Password);
        return std::iter::once(ControlKind::Made).chain(password).collect();
    };
    let by_role = change.role_name().is_some();
    let token = matches!(change, AccountChange::AddToken { operator, .. } if *operator == after.id);
    [
        (after.password_hash != before.password_hash, ControlKind::Password),
        (before.disabled && !after.disabled, ControlKind::Enabled),
        (before.suspended && !after.suspended, ControlKind::SuspensionLifted),
        (
            before.second_factor_since.is_some() && after.second_factor_since.is_none(),
            ControlKind::SecondFactor,
        ),
        (has_more_power(before, after) && by_role, ControlKind::Role),
        (has_more_power(before, after) && !by_role, ControlKind::Rights),
        (token, ControlKind::Token),
    ]
    .into_iter()
    .filter_map(|(is_so, how)| is_so.then_some(how))
    .collect()
}

/// The rights that make an account worth controlling: to approve, to destroy, and to make such accounts.
pub fn powerful_rights() -> impl Iterator<Item = &'static str> {
    [APPROVES, MANAGES].into_iter().chain(destructive_rights())
}

pub fn is_powerful(row: &OperatorRow) -> bool {
    powerful_rights().any(|power| row.grants().any(|grant| grant.covers_right(power)))
}

/// Whether one of these rights holds where it did not.
fn has_more_power(before: &OperatorRow, after: &OperatorRow) -> bool {
    has_more_of(before, after, powerful_rights())
}

fn has_more_of(before: &OperatorRow, after: &OperatorRow, rights: impl IntoIterator<Item = &'static str>) -> bool {
    let held = |power: &str, grant: &Grant| {
        before
            .grants()
            .any(|known| known.covers_right(power) && known.scope.contains(grant.scope))
    };
    rights.into_iter().any(|power| {
        after
            .grants()
            .any(|grant| grant.covers_right(power) && !held(power, &grant))
    })
}

/// The first right of accounts that are changed which whoever asked does not have there (any more): nobody gives what
/// they do not have, not even by way of somebody else's consent. Of who holds a role that is changed, only what they have
/// by that role counts.
pub fn find_right_beyond_asker<'a>(
    change: &AccountChange,
    asker: &OperatorRow,
    before: &'a [OperatorRow],
    after: &'a [OperatorRow],
) -> Option<&'a Right> {
    let of_role = match change {
        AccountChange::ChangeRole { role, .. } | AccountChange::RemoveRole { role } => Some(role),
        AccountChange::Add { .. }
        | AccountChange::Change { .. }
        | AccountChange::Remove { .. }
        | AccountChange::GiveRole { .. }
        | AccountChange::TakeRole { .. }
        | AccountChange::AddToken { .. }
        | AccountChange::ResetSecondFactor { .. } => None,
    };
    let touched = |row: &OperatorRow, others: &[OperatorRow]| {
        let is_meant = change.operator_id() == Some(row.id);
        row.id != asker.id && (is_meant || others.iter().all(|other| other != row))
    };
    let rows = before.iter().filter(|row| touched(row, after));
    let mut rows = rows.chain(after.iter().filter(|row| touched(row, before)));
    rows.find_map(|row| match of_role {
        None => row.grants().find_map(|grant| find_lacking_right(asker, grant)),
        Some(role) => {
            let mut held = row.roles.iter().filter(|held| held.role.is_same_role(role));
            held.find_map(|held| {
                let grant = Grant {
                    rights: &held.rights,
                    scope: &held.scope,
                };
                find_lacking_right(asker, grant)
            })
        }
    })
}

/// The first right of a grant that this account does not have wherever it would hold.
pub fn find_lacking_right<'a>(asker: &OperatorRow, grant: Grant<'a>) -> Option<&'a Right> {
    grant.rights.iter().find(|right| {
        let mut own = asker.grants();
        !own.any(|own| own.covers_right(right.as_str()) && own.scope.contains(grant.scope))
    })
}
