//! Who is a second person (A9). Pure: accounts and controls in.

use crate::model::{AccountControl, AccountTies, InstanceName, LOCAL_OPERATOR, OperatorId, OperatorKind, Timestamp};
use crate::store::OperatorRow;

/// What a person needs to agree to anything.
pub const APPROVE: &str = "Jobs_Approve";

/// All accounts that there are, and how they are tied.
pub struct TiedAccounts<'a> {
    rows: &'a [OperatorRow],
    ties: AccountTies,
}

impl<'a> TiedAccounts<'a> {
    pub fn from_controls(rows: &'a [OperatorRow], controls: &[AccountControl], now: Timestamp) -> Self {
        let factor_since = |id: OperatorId| {
            let owner = rows.iter().find(|row| row.id == id);
            owner.and_then(|row| row.second_factor_since)
        };
        TiedAccounts {
            rows,
            ties: AccountTies::from_accounts(controls, now, factor_since),
        }
    }

    pub fn find_account(&self, id: OperatorId) -> Option<&'a OperatorRow> {
        self.rows.iter().find(|row| row.id == id)
    }

    pub fn are_tied(&self, one: OperatorId, other: OperatorId) -> bool {
        self.ties.are_tied(one, other)
    }

    /// Who may agree to what this account asks for, there; `None`: for the whole bus.
    pub fn second_persons(
        &self,
        of: OperatorId,
        instance: Option<&InstanceName>,
    ) -> impl Iterator<Item = &'a OperatorRow> + use<'_, 'a> {
        let instance = instance.cloned();
        self.rows
            .iter()
            .filter(move |row| may_agree(row, instance.as_ref()) && !self.are_tied(of, row.id))
    }

    /// People who are not tied to this one, whatever they may.
    pub fn untied_persons(&self, than: OperatorId) -> impl Iterator<Item = &'a OperatorRow> + use<'_, 'a> {
        self.rows
            .iter()
            .filter(move |row| is_person(row) && !self.are_tied(than, row.id))
    }

    /// Who could agree to anything there.
    pub fn possible_approvers(
        &self,
        instance: Option<&InstanceName>,
    ) -> impl Iterator<Item = &'a OperatorRow> + use<'a> {
        let instance = instance.cloned();
        self.rows.iter().filter(move |row| may_agree(row, instance.as_ref()))
    }
}

/// A person who can show who they are, may approve there, and is not held up.
fn may_agree(row: &OperatorRow, instance: Option<&InstanceName>) -> bool {
    is_person(row) && !row.password_given && !row.suspended && may_approve_at(row, instance)
}

pub fn may_approve_at(row: &OperatorRow, instance: Option<&InstanceName>) -> bool {
    match instance {
        Some(name) => row.has_right(APPROVE, crate::model::ResourceRef::for_instance(name)),
        None => row.has_right_for_all_instances(APPROVE),
    }
}

/// Somebody who can show who they are.
pub fn is_person(row: &OperatorRow) -> bool {
    !row.disabled && row.kind == OperatorKind::Person && row.password_hash.is_some()
}

/// The account of the data folder: whoever stands behind it owns the bus anyway, and may be anybody.
pub fn is_data_folder_account(row: &OperatorRow) -> bool {
    row.kind == OperatorKind::Person && row.password_hash.is_none() && row.name == LOCAL_OPERATOR
}
