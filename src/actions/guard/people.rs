//! Who is a second person (A9). Pure: accounts and controls in.

use crate::model::{Control, InstanceName, LOCAL_OPERATOR, OperatorId, OperatorKind, Ties, Timestamp};
use crate::store::OperatorRow;

/// What a person needs to agree to anything.
pub const APPROVE: &str = "Jobs_Approve";

/// All accounts that there are, and how they are tied.
pub struct People<'a> {
    rows: &'a [OperatorRow],
    ties: Ties,
}

impl<'a> People<'a> {
    pub fn at(rows: &'a [OperatorRow], controls: &[Control], now: Timestamp) -> Self {
        People {
            rows,
            ties: Ties::at(controls, now),
        }
    }

    pub fn row(&self, id: OperatorId) -> Option<&'a OperatorRow> {
        self.rows.iter().find(|row| row.id == id)
    }

    pub fn tied(&self, one: OperatorId, other: OperatorId) -> bool {
        self.ties.tied(one, other)
    }

    /// Who may agree to what this account asks for, there; `None`: for the whole bus.
    pub fn second_persons(
        &self,
        of: OperatorId,
        place: Option<&InstanceName>,
    ) -> impl Iterator<Item = &'a OperatorRow> + use<'_, 'a> {
        let place = place.cloned();
        self.rows
            .iter()
            .filter(move |row| could_agree(row, place.as_ref()) && !self.tied(of, row.id))
    }

    /// People who are not tied to this one, whatever they may.
    pub fn others(&self, than: OperatorId) -> impl Iterator<Item = &'a OperatorRow> + use<'_, 'a> {
        self.rows
            .iter()
            .filter(move |row| is_person(row) && !self.tied(than, row.id))
    }

    /// Who could agree to anything there.
    pub fn approvers(&self, place: Option<&InstanceName>) -> impl Iterator<Item = &'a OperatorRow> + use<'a> {
        let place = place.cloned();
        self.rows.iter().filter(move |row| could_agree(row, place.as_ref()))
    }
}

/// A person who can show who they are, may approve there, and is not held up.
fn could_agree(row: &OperatorRow, place: Option<&InstanceName>) -> bool {
    is_person(row) && !row.password_given && !row.suspended && may_approve_at(row, place)
}

pub fn may_approve_at(row: &OperatorRow, place: Option<&InstanceName>) -> bool {
    match place {
        Some(name) => row.may(APPROVE, crate::model::At::instance(name)),
        None => row.may_for_all_instances(APPROVE),
    }
}

/// Somebody who can show who they are.
pub fn is_person(row: &OperatorRow) -> bool {
    !row.disabled && row.kind == OperatorKind::Person && row.password_hash.is_some()
}

/// The account of the data folder: whoever stands behind it owns the bus anyway, and may be anybody.
pub fn is_folder(row: &OperatorRow) -> bool {
    row.kind == OperatorKind::Person && row.password_hash.is_none() && row.name == LOCAL_OPERATOR
}
