//! How much of the published limits is used, and by whom ("Intune devices", per 20 s).

/// What a request is for. The later in this list, the less of the budget it may take, so that a scan always leaves
/// room for an action, and enrichment for a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BudgetLane {
    Action,
    /// Somebody waits for it at a sign-in.
    Decision,
    Scan,
    /// The slow pass: what others leave.
    Spare,
}

/// Requests in 20 s: of one application, of all applications of the tenant.
pub(crate) const APP_ANY: u32 = 2000;
pub(crate) const APP_WRITES: u32 = 200;
pub(crate) const TENANT_ANY: u32 = 4000;
pub(crate) const TENANT_WRITES: u32 = 400;

impl BudgetLane {
    /// Its share of the configured budget, percent. Ten are kept back for actions.
    const fn share_percent(self) -> u32 {
        match self {
            BudgetLane::Action => 100,
            BudgetLane::Decision => 95,
            BudgetLane::Scan => 90,
            BudgetLane::Spare => 50,
        }
    }
}

/// `percent` of `published`, and of that the lane's share; at least one, or nothing would ever go.
pub(crate) fn lane_limit(published: u32, percent: u8, lane: BudgetLane) -> u32 {
    let percent = u32::from(percent.clamp(1, 100));
    (published * percent * lane.share_percent() / 10_000).max(1)
}

/// What decisions alone may take: three quarters, so that a scan goes on however many sign in.
const DECISIONS_PERCENT: u32 = 75;

/// `percent` of `published`, and of that what decisions may take together.
pub(crate) fn decision_limit(published: u32, percent: u8) -> u32 {
    let percent = u32::from(percent.clamp(1, 100));
    (published * percent * DECISIONS_PERCENT / 10_000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_published_limits_leaves_a_reserve_for_actions() {
        assert_eq!(lane_limit(APP_ANY, 50, BudgetLane::Action), 1000);
        assert_eq!(lane_limit(APP_ANY, 50, BudgetLane::Scan), 900);
        assert_eq!(lane_limit(APP_ANY, 50, BudgetLane::Spare), 500);
        assert_eq!(lane_limit(APP_WRITES, 50, BudgetLane::Action), 100);
    }

    #[test]
    fn never_more_than_published_and_never_nothing() {
        assert_eq!(lane_limit(APP_ANY, 255, BudgetLane::Action), APP_ANY);
        assert_eq!(lane_limit(APP_WRITES, 0, BudgetLane::Spare), 1);
    }
}
