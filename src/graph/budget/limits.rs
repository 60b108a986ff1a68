//! How much of the published limits is used, and by whom (per 20 s; GRAPH.md G.2).

/// What a request is for. The later in this list, the less of the budget it may take, so that a scan always leaves
/// room for an action, and enrichment for a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BudgetLane {
    Action,
    /// Somebody waits for it at a sign-in.
    Decision,
    Scan,
    /// What app orders ask for.
    Order,
    /// The slow pass: what others leave.
    Spare,
}

/// Which of the published limits a request counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestFamily {
    /// "Intune devices".
    Devices,
    /// "Intune applications": apps and their assignments.
    Applications,
    /// "Identity": groups, users, devices of the directory.
    Directory,
    /// Reports that are answered at once.
    Reports,
}

/// Requests in 20 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FamilyLimits {
    /// Of one application.
    pub app_any: u32,
    pub app_writes: u32,
    /// Of all applications of the tenant.
    pub tenant_any: u32,
    pub tenant_writes: u32,
}

impl RequestFamily {
    pub const ALL: [RequestFamily; 4] = [
        RequestFamily::Devices,
        RequestFamily::Applications,
        RequestFamily::Directory,
        RequestFamily::Reports,
    ];

    pub(crate) const fn limits(self) -> FamilyLimits {
        let (app_any, app_writes, tenant_any, tenant_writes) = match self {
            RequestFamily::Devices => (2000, 200, 4000, 400),
            RequestFamily::Applications => (1000, 100, 2000, 200),
            // 3000 writes in 150 s, 18,000 in 300 s. Reads are counted in resource units, 3500 in 10 s for the smallest
            // tenants; a request is taken for five units.
            RequestFamily::Directory => (1400, 400, 5600, 1200),
            // Nothing is published for them; one for each application and interval is all that is asked.
            RequestFamily::Reports => (100, 100, 200, 200),
        };
        FamilyLimits {
            app_any,
            app_writes,
            tenant_any,
            tenant_writes,
        }
    }
}

impl BudgetLane {
    /// Its share of the configured budget, percent. Ten are kept back for actions.
    const fn share_percent(self) -> u32 {
        match self {
            BudgetLane::Action => 100,
            BudgetLane::Decision => 95,
            BudgetLane::Scan | BudgetLane::Order => 90,
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

    const APP_ANY: u32 = RequestFamily::Devices.limits().app_any;
    const APP_WRITES: u32 = RequestFamily::Devices.limits().app_writes;

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
