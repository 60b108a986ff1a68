use super::*;

fn fill(budget: &RateBudget, lane: BudgetLane, access: RequestAccess) -> u32 {
    (0..)
        .take_while(|_| budget.try_reserve(lane, access, 1, 5_000) == 0)
        .count() as u32
}

#[test]
fn a_scan_leaves_room_for_actions() {
    let budget = RateBudget::unshared(50);
    assert_eq!(fill(&budget, BudgetLane::Spare, RequestAccess::Read), 500);
    assert_eq!(fill(&budget, BudgetLane::Scan, RequestAccess::Read), 400);
    assert_eq!(fill(&budget, BudgetLane::Action, RequestAccess::Read), 100);
}

#[test]
fn writes_have_a_limit_of_their_own_and_count_as_requests_too() {
    let budget = RateBudget::unshared(50);
    assert_eq!(fill(&budget, BudgetLane::Action, RequestAccess::Write), 100);
    assert_eq!(fill(&budget, BudgetLane::Action, RequestAccess::Read), 900);
}

#[test]
fn instances_of_one_application_share_and_the_most_careful_one_holds() {
    let careless = RateBudget::find_or_create(["https://graph.example", "T-share", "c-share"], 100);
    let careful = RateBudget::find_or_create(["https://Graph.example", "t-SHARE", "C-share"], 10);
    assert_eq!(careless.read_gauge().limit, 200);
    assert_eq!(fill(&careless, BudgetLane::Action, RequestAccess::Read), 200);
    assert_eq!(fill(&careful, BudgetLane::Action, RequestAccess::Read), 0);
    drop(careful);
    assert_eq!(careless.read_gauge().limit, 2000, "its percent leaves with it");
}

#[test]
fn applications_of_one_tenant_share_the_tenants_limit() {
    let budgets: Vec<RateBudget> = (0..3)
        .map(|i| RateBudget::find_or_create(["g", "t-tenant", &format!("c{i}")], 100))
        .collect();
    let taken: Vec<u32> = budgets
        .iter()
        .map(|budget| fill(budget, BudgetLane::Action, RequestAccess::Read))
        .collect();
    assert_eq!(taken, [2000, 2000, 0]);
}

#[test]
fn other_tenants_and_other_graphs_are_not_slowed_e2() {
    let one = RateBudget::find_or_create(["g", "t-one", "c"], 50);
    assert_eq!(fill(&one, BudgetLane::Action, RequestAccess::Read), 1000);
    for other in [["g", "t-other", "c"], ["g-other", "t-one", "c"]] {
        let other = RateBudget::find_or_create(other, 50);
        assert_eq!(other.try_reserve(BudgetLane::Action, RequestAccess::Read, 1, 5_000), 0);
    }
}

#[test]
fn e9_decisions_have_a_share_of_their_own() {
    let budget = RateBudget::unshared(50);
    assert_eq!(fill(&budget, BudgetLane::Decision, RequestAccess::Read), 750);
    assert_eq!(fill(&budget, BudgetLane::Scan, RequestAccess::Read), 150, "scans go on");
    assert_eq!(
        fill(&budget, BudgetLane::Action, RequestAccess::Read),
        100,
        "and so do actions"
    );
    let budget = RateBudget::unshared(50);
    assert_eq!(fill(&budget, BudgetLane::Scan, RequestAccess::Read), 900);
    assert_eq!(
        fill(&budget, BudgetLane::Decision, RequestAccess::Read),
        50,
        "what a scan leaves"
    );
}

#[test]
fn e9_orders_count_by_family_and_leave_devices_alone() {
    let budget = RateBudget::unshared(50);
    let fill_family = |family, access| {
        (0..)
            .take_while(|_| budget.try_reserve_in(family, (BudgetLane::Order, access), 1, 5_000) == 0)
            .count()
    };
    assert_eq!(fill_family(RequestFamily::Applications, RequestAccess::Write), 45);
    assert_eq!(fill_family(RequestFamily::Directory, RequestAccess::Write), 180);
    assert_eq!(fill_family(RequestFamily::Reports, RequestAccess::Read), 45);
    assert_eq!(
        budget.read_gauge().used,
        0,
        "nothing of it counts as a request about devices"
    );
    assert_eq!(fill(&budget, BudgetLane::Action, RequestAccess::Write), 100);
    assert!(
        RequestFamily::ALL
            .iter()
            .enumerate()
            .all(|(at, family)| at == *family as usize)
    );
}
