//! Who may approve an order: somebody else than whoever placed it (A9), with the right where it is carried out, and one of
//! those that the application names. Pure: accounts and controls in.

use crate::actions::guard::NotApproved;
use crate::actions::guard::approval::{ALONE, deny_suspended};
use crate::actions::guard::tied_accounts::{TiedAccounts, is_data_folder_account, is_person};
use crate::model::{AccountControl, InstanceName, OperatorKind, ResourceRef, Timestamp};
use crate::store::{ApplicationRow, OperatorRow, OrderRow};

/// The right with which orders are approved.
pub const APPROVES: &str = "Orders_Approve";

/// An order that waits, and what is known of the accounts.
pub struct OrderApproval<'a> {
    pub order: &'a OrderRow,
    pub instance: &'a InstanceName,
    /// Whom the application names, deputies included; nobody: whoever has the right.
    pub named: Vec<&'a str>,
    pub operators: &'a [OperatorRow],
    pub controls: &'a [AccountControl],
    pub now: Timestamp,
}

/// Approvers and deputies of an application, as they were when the order was placed: who changes them later opens no order
/// that waits (A7).
pub fn named_approvers<'a>(order: &'a OrderRow, application: Option<&'a ApplicationRow>) -> Vec<&'a str> {
    if let Some(named) = &order.approvers {
        return named.iter().map(String::as_str).collect();
    }
    let about = application.map(|row| &row.description);
    let named = about
        .into_iter()
        .flat_map(|about| about.approvers.iter().chain(&about.deputies));
    named.map(String::as_str).collect()
}

impl OrderApproval<'_> {
    /// Whether this person, who has just shown who they are, may approve it.
    pub fn check_approver(&self, approver: &OperatorRow) -> Result<(), NotApproved> {
        if !is_person(approver) {
            return Err(deny(
                "personally",
                "only a person may approve, with their own password".to_owned(),
                "Sign in with your own account; tokens of servers cannot approve.",
            ));
        }
        if approver.suspended {
            return Err(deny_suspended());
        }
        if !self.has_right(approver) {
            return Err(deny(
                "outOfScope",
                format!(
                    "the right {APPROVES} of this account does not apply to {}",
                    self.instance
                ),
                "An operator whose rights apply there has to decide.",
            ));
        }
        if !self.is_named(approver) {
            return Err(deny(
                "notAnApprover",
                format!(
                    "the application {} names who approves its orders, and {} is not one of them",
                    self.order.application, approver.name
                ),
                "One of those that the order shows as approvers has to decide.",
            ));
        }
        self.check_second_person(approver)
    }

    /// Accounts that are tied count as one person: what one of them orders, none of them approves, unless there is nobody
    /// else and a day has passed.
    fn check_second_person(&self, approver: &OperatorRow) -> Result<(), NotApproved> {
        let people = TiedAccounts::from_controls(self.operators, self.controls, self.now);
        let placer = self.order.placed_by;
        // Behind the account of the data folder may stand anybody: it is well where somebody else can see it.
        if people.find_account(placer).is_some_and(is_data_folder_account) {
            return match people.untied_persons(approver.id).next() {
                Some(_) => Ok(()),
                None => self.check_day_passed(),
            };
        }
        if !people.are_tied(approver.id, placer) {
            return Ok(());
        }
        let others: Vec<&str> = self
            .operators
            .iter()
            .filter(|row| self.may_approve(row) && !people.are_tied(placer, row.id))
            .map(|row| row.name.as_str())
            .collect();
        if others.is_empty() {
            return self.check_day_passed();
        }
        let advice = "A second person has to approve.";
        Err(if approver.id == placer {
            deny(
                "ownOrder",
                format!(
                    "you cannot approve your own order; {} may approve it",
                    others.join(", ")
                ),
                advice,
            )
        } else {
            deny(
                "relatedAccounts",
                format!(
                    "account {} and the account that placed the order count as one person: within the last 7 days, one \
                     controlled the other, or a third account controlled both; {} may approve",
                    approver.name,
                    others.join(", ")
                ),
                advice,
            )
        })
    }

    fn may_approve(&self, row: &OperatorRow) -> bool {
        is_person(row) && !row.password_given && !row.suspended && self.has_right(row) && self.is_named(row)
    }

    fn has_right(&self, row: &OperatorRow) -> bool {
        row.has_right(APPROVES, ResourceRef::for_instance(self.instance))
    }

    fn is_named(&self, row: &OperatorRow) -> bool {
        self.named.is_empty() || self.named.iter().any(|name| name.eq_ignore_ascii_case(&row.name))
    }

    fn check_day_passed(&self) -> Result<(), NotApproved> {
        if self.now - self.order.placed_at >= ALONE {
            return Ok(());
        }
        Err(deny(
            "tooEarly",
            "nobody else may approve this order, so it can be approved 24 hours after it was placed".to_owned(),
            "Approve it then, or give the right Orders_Approve to another person.",
        ))
    }
}

/// Whether this account may give the answer to a callback: that of a system, with the right, and another one than that
/// which placed the order, nor one whose token was given by that one (A9). Who is asked was decided by whoever set the address.
pub fn check_callback_account(
    order: &OrderRow,
    account: &OperatorRow,
    controls: &[AccountControl],
    now: Timestamp,
) -> Result<(), NotApproved> {
    if account.kind != OperatorKind::Server {
        return Err(deny(
            "callbackDecides",
            format!("the order {} is approved by a callback, not by a person", order.id),
            "Wait for the answer of the system that was asked; the order can be rejected or cancelled here.",
        ));
    }
    if account.suspended {
        return Err(deny_suspended());
    }
    if account.id == order.placed_by {
        return Err(deny(
            "ownOrder",
            "an account cannot approve its own order".to_owned(),
            "Give the system that approves an account of its own, with Orders_Approve and without Orders_Place.",
        ));
    }
    let is_controlled = |control: &AccountControl| {
        control.by == order.placed_by && control.over == account.id && control.is_active_at(now)
    };
    if controls.iter().any(is_controlled) {
        return Err(deny(
            "relatedAccounts",
            format!(
                "whoever placed the order controlled the account {} within the last 7 days, so it cannot approve that order",
                account.name
            ),
            "Reject or cancel the order here, or have somebody else place it.",
        ));
    }
    Ok(())
}

fn deny(code: &'static str, detail: String, advice: &'static str) -> NotApproved {
    NotApproved { code, detail, advice }
}

#[cfg(test)]
#[path = "approval_rules_tests.rs"]
mod tests;
