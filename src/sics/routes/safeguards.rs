//! Routes of what guards actions: kill switch, limits, and agreeing to relaxations.

use axum::http::StatusCode;

use super::AccessRule::{OneOf, Person, Right, SignedIn};
use super::AccessScope::{Filtered, Unscoped};
use super::route::{RouteEntry, get, post, put};
use crate::model::RelaxationRule;
use crate::sics::jobs;

#[rustfmt::skip]
pub(super) fn safeguard_routes() -> Vec<RouteEntry> {
    vec![
        get("/sics/v1/killswitch", Right("KillSwitch_Read"), Filtered, jobs::kill_switch::show_kill_switch)
            .operation("showKillSwitch", "Where the kill switch is on, and which actions Intune already has").response("KillSwitchView"),
        put("/sics/v1/killswitch", SignedIn, Filtered, jobs::kill_switch::set_kill_switch)
            .relaxation_rule(RelaxationRule::ByContent).operation("setKillSwitch", "On: any person, at once. Off: requires KillSwitch_Set and a second person")
            .body("KillSwitchBody").response("KillSwitchView").status(StatusCode::OK),
        get("/sics/v1/limits", Right("Limits_Read"), Filtered, jobs::guard_policy::show_limits)
            .operation("showLimits", "Limits, approvals, enabled actions; what waits for a second person").response("GuardView"),
        put("/sics/v1/limits", Right("Limits_Change"), Unscoped, jobs::guard_policy::change_limits)
            .relaxation_rule(RelaxationRule::ByContent).operation("changeLimits", "Change limits: tightening takes effect at once, loosening waits for a second person (202)")
            .body("GuardBody").response("GuardView").status(StatusCode::OK),
        post("/sics/v1/operators/{operator}/lift-suspension", Right("Limits_Change"), Unscoped, jobs::guard_policy::lift_suspension)
            .relaxation_rule(RelaxationRule::ByContent).operation("liftSuspension", "Request that an operator's destructive rights are restored; a second person must agree")
            .response("RelaxationView").status(StatusCode::ACCEPTED),
        post("/sics/v1/broken-glass", Person("Jobs_Send"), Filtered, jobs::broken_glass::break_glass)
            .relaxation_rule(RelaxationRule::Never).operation("breakGlass", "In an emergency: wipe, retire or lock one device alone, in person; everybody is notified")
            .body("BreakGlassBody").response("ReceiptView").status(StatusCode::ACCEPTED),
        get("/sics/v1/broken-glass", OneOf(jobs::broken_glass::SEES), Filtered, jobs::broken_glass::list_broken_glass)
            .operation("listBrokenGlass", "Emergency actions without a second person; unreviewed ones first")
            .response("BrokenGlassesView"),
        post("/sics/v1/broken-glass/{id}/acknowledge", Person("Jobs_Approve"), Filtered, jobs::broken_glass::acknowledge_broken_glass)
            .relaxation_rule(RelaxationRule::Never).operation("acknowledgeBrokenGlass", "Record that a second person has reviewed it").body("PersonBody").response("BrokenGlassView"),
        post("/sics/v1/loosenings/{id}/approve", Person("Jobs_Approve"), Filtered, jobs::guard_policy::approve_relaxation)
            .relaxation_rule(RelaxationRule::Never).operation("approveLoosening", "Agree to a relaxation, as it was shown").body("AgreementBody").response("RelaxationView"),
        post("/sics/v1/loosenings/{id}/reject", Person("Jobs_Approve"), Filtered, jobs::guard_policy::reject_relaxation)
            .relaxation_rule(RelaxationRule::Never).operation("rejectLoosening", "Reject a relaxation").body("PersonBody").response("RelaxationView"),
    ]
}
