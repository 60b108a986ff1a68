//! What a right is capable of, for those who review who holds it. Pure.

use crate::model::{ActionDanger, ActionKind, Right};

/// Whether a right, with all that it includes, makes an account one with power (A9).
///
/// `Orders_Approve` does not: what an order does is undone by the opposite order and takes neither data nor access, and
/// whether orders of an application need an approval at all is for whoever has `Applications_Manage` to say, at once and
/// alone. That whoever orders something approves it under no second account of theirs is kept where orders are approved,
/// by the same ties of accounts. So approvers of costs stay accounts that need no second person for a new password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RightClass {
    /// Data or access can be lost by it.
    pub destructive: bool,
    /// Jobs and requests of others can be approved by it.
    pub approving: bool,
    /// Accounts can be managed by it.
    pub managing: bool,
}

pub(super) const APPROVES: &str = "Jobs_Approve";
/// It makes nobody powerful: an order destroys nothing. But whoever gives it to somebody is tied to them (A9).
pub(super) const APPROVES_ORDERS: &str = "Orders_Approve";
pub(super) const MANAGES: &str = "Operators_Manage";

/// The rights of the actions by which data or access is lost.
pub(super) fn destructive_rights() -> impl Iterator<Item = &'static str> {
    let destroys = ActionKind::ALL
        .iter()
        .filter(|action| action.danger() == ActionDanger::Destructive);
    destroys.map(|action| action.required_right())
}

/// Of a right as granted: `Actions_*` destroys as `Actions_Wipe` does.
pub fn classify_right(right: &Right) -> RightClass {
    RightClass {
        destructive: destructive_rights().any(|destroys| right.covers(destroys)),
        approving: right.covers(APPROVES),
        managing: right.covers(MANAGES),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::guard::account_changes::powerful_rights;
    use crate::model::RIGHTS;

    fn class_of(right: &str) -> RightClass {
        classify_right(&right.parse().expect(right))
    }

    #[test]
    fn a_right_has_a_class_exactly_where_it_makes_an_account_powerful() {
        for (name, _) in RIGHTS {
            let is_powerful = powerful_rights().any(|power| power == *name);
            assert_eq!(class_of(name) != RightClass::default(), is_powerful, "{name}");
        }
    }

    #[test]
    fn a_granted_right_has_the_class_of_all_that_it_includes() {
        let class = |destructive, approving, managing| RightClass {
            destructive,
            approving,
            managing,
        };
        for (right, expected) in [
            ("*", class(true, true, true)),
            ("Actions_*", class(true, false, false)),
            ("Actions_Wipe", class(true, false, false)),
            ("Actions_Sync", class(false, false, false)),
            ("Jobs_*", class(false, true, false)),
            ("Jobs_Send", class(false, false, false)),
            ("Orders_*", class(false, false, false)),
            ("Operators_*", class(false, false, true)),
            ("Operators_Read", class(false, false, false)),
        ] {
            assert_eq!(class_of(right), expected, "{right}");
        }
    }
}
