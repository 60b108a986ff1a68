//! Routes of what guards actions: kill switch, limits, and agreeing to what loosens them.

use axum::http::StatusCode;

use super::Need::{Person, Right, SignedIn};
use super::Place::{Filtered, Unscoped};
use super::row::{Row, get, post, put};
use crate::sics::jobs;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/sics/v1/killswitch", Right("KillSwitch_Read"), Filtered, jobs::power::kill_switch)
            .says("showKillSwitch", "Where the kill switch is on, and what Intune has already").gives("KillSwitchView"),
        put("/sics/v1/killswitch", SignedIn, Filtered, jobs::power::set_kill_switch)
            .says("setKillSwitch", "On: any person, at once. Off: KillSwitch_Set, and a second person agrees")
            .takes("KillSwitchBody").gives("KillSwitchView").status(StatusCode::OK),
        get("/sics/v1/limits", Right("Limits_Read"), Filtered, jobs::limits::show)
            .says("showLimits", "Limits, approvals, actions that are on; what waits for a second person").gives("GuardView"),
        put("/sics/v1/limits", Right("Limits_Change"), Unscoped, jobs::limits::change)
            .says("changeLimits", "What tightens holds at once; what loosens waits for a second person (202)")
            .takes("GuardBody").gives("GuardView").status(StatusCode::OK),
        post("/sics/v1/operators/{operator}/lift-suspension", Right("Limits_Change"), Unscoped, jobs::limits::lift_suspension)
            .says("liftSuspension", "Ask for an operator's destructive rights to be given back; a second person has to agree")
            .gives("LooseningView").status(StatusCode::ACCEPTED),
        post("/sics/v1/loosenings/{id}/approve", Person("Jobs_Approve"), Filtered, jobs::limits::approve)
            .says("approveLoosening", "Agree to what loosens the guard, as it was shown").takes("AgreementBody").gives("LooseningView"),
        post("/sics/v1/loosenings/{id}/reject", Person("Jobs_Approve"), Filtered, jobs::limits::reject)
            .says("rejectLoosening", "Refuse what would loosen the guard").takes("PersonBody").gives("LooseningView"),
    ]
}
