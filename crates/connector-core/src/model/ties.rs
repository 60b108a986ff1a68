//! Which accounts count as one person (A9). Pure.
//!
//! Two accounts are *tied* when within 7 days one controlled the other or one account controlled both, over any number
//! of steps. That two accounts controlled the same third one ties them not: else whoever resets the password of a tool
//! that a colleague made would make the colleague no second person any more.
//!
//! Accounts that were removed stay in the way from one to another: ids are never used again.

use std::collections::{BTreeMap, BTreeSet};

use super::{AccountControl, OperatorId, Timestamp};

/// The ties at one time.
#[derive(Debug, Clone, Default)]
pub struct AccountTies {
    /// Who controls an account, one step up.
    controllers: BTreeMap<OperatorId, BTreeSet<OperatorId>>,
}

impl AccountTies {
    pub fn from_controls(controls: &[AccountControl], now: Timestamp) -> AccountTies {
        AccountTies::from_accounts(controls, now, |_| None)
    }

    /// The same for accounts of which some have a second factor; `factor_since`: since when. A password that somebody else
    /// set opens nothing there, so it ties nobody as long as the factor is left alone.
    pub fn from_accounts(
        controls: &[AccountControl],
        now: Timestamp,
        factor_since: impl Fn(OperatorId) -> Option<Timestamp>,
    ) -> AccountTies {
        let mut above: BTreeMap<OperatorId, BTreeSet<OperatorId>> = BTreeMap::new();
        let binds = |control: &&AccountControl| {
            control.is_active_at(now) && !control.is_held_off_by(factor_since(control.over))
        };
        for control in controls.iter().filter(binds) {
            above.entry(control.over).or_default().insert(control.by);
        }
        AccountTies { controllers: above }
    }

    /// Whether the two count as one person; an account is tied to itself.
    pub fn are_tied(&self, one: OperatorId, other: OperatorId) -> bool {
        !self.find_controllers(one).is_disjoint(&self.find_controllers(other))
    }

    /// The account itself and all that control it, over any number of steps.
    fn find_controllers(&self, operator: OperatorId) -> BTreeSet<OperatorId> {
        let mut found = BTreeSet::from([operator]);
        let mut pending = vec![operator];
        while let Some(account) = pending.pop() {
            let controllers = self.controllers.get(&account).into_iter().flatten();
            pending.extend(controllers.filter(|by| found.insert(**by)));
        }
        found
    }
}
