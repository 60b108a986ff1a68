//! What has to be read so that the index is as new as the store. Pure.

use std::time::Duration;

use crate::model::{Epoch, Seq};
use crate::store::StoreMoment;

/// How new an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IndexFreshness {
    pub epoch: Epoch,
    pub position: StoreMoment,
    /// The number of commits when check-ins were read.
    pub check_ins_at: i64,
}

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RefreshPlan {
    /// All devices: the store is another one, or an older one of the same.
    Rebuild,
    /// Devices that have changed behind this place, and the check-ins of all.
    Update {
        changed_after: Option<Seq>,
        check_ins: bool,
    },
}

/// `found`: the store as it is now; `waited`: since check-ins were read, which is done `every` so often at most.
pub(super) fn plan_refresh(
    known: &IndexFreshness,
    (epoch, found): (Epoch, StoreMoment),
    waited: Duration,
    every: Duration,
) -> RefreshPlan {
    let is_older = found.head < known.position.head || found.commits < known.position.commits;
    if epoch != known.epoch || is_older {
        return RefreshPlan::Rebuild;
    }
    RefreshPlan::Update {
        changed_after: Some(known.position.head).filter(|head| *head != found.head),
        check_ins: found.commits != known.check_ins_at && waited >= every,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(1);

    fn epoch(n: u128) -> Epoch {
        Epoch(uuid::Uuid::from_u128(n))
    }

    fn at(commits: i64, head: i64) -> StoreMoment {
        StoreMoment {
            commits,
            head: Seq(head),
        }
    }

    fn known() -> IndexFreshness {
        IndexFreshness {
            epoch: epoch(1),
            position: at(10, 100),
            check_ins_at: 8,
        }
    }

    fn update(changed_after: Option<i64>, check_ins: bool) -> RefreshPlan {
        RefreshPlan::Update {
            changed_after: changed_after.map(Seq),
            check_ins,
        }
    }

    #[test]
    fn changes_are_read_at_once_and_check_ins_at_most_once_in_a_while() {
        let plan = |found, waited| plan_refresh(&known(), (epoch(1), found), Duration::from_millis(waited), EVERY);
        assert_eq!(plan(at(11, 105), 10), update(Some(100), false));
        assert_eq!(plan(at(11, 105), 1_000), update(Some(100), true));
        assert_eq!(plan(at(11, 100), 10), update(None, false));
        assert_eq!(plan(at(11, 100), 2_000), update(None, true));
        // What was passed over because it was too early is read later, also where nothing has been written since.
        assert_eq!(plan(at(10, 100), 2_000), update(None, true));
        assert_eq!(plan(at(8, 100), 2_000), RefreshPlan::Rebuild);
    }

    #[test]
    fn nothing_is_read_where_nothing_was_written() {
        let known = IndexFreshness {
            check_ins_at: 10,
            ..known()
        };
        let plan = plan_refresh(&known, (epoch(1), at(10, 100)), EVERY * 60, EVERY);
        assert_eq!(plan, update(None, false));
    }

    #[test]
    fn another_store_is_read_anew() {
        for found in [(epoch(2), at(10, 100)), (epoch(1), at(10, 99)), (epoch(1), at(9, 100))] {
            assert_eq!(plan_refresh(&known(), found, EVERY, EVERY), RefreshPlan::Rebuild);
        }
    }
}
