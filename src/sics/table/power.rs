//! Routes of what guards actions: kill switch, limits, and agreeing to what loosens them.

use axum::http::StatusCode;

use super::Need::{OneOf, Person, Right, SignedIn};
use super::Place::{Filtered, Unscoped};
use super::row::{Row, get, post, put};
use crate::model::Loosens;
use crate::sics::jobs;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/sics/v1/killswitch", Right("KillSwitch_Read"), Filtered, jobs::power::kill_switch)
            .says("showKillSwitch", "Where the kill switch is on, and what Intune has already").gives("KillSwitchView"),
        put("/sics/v1/killswitch", SignedIn, Filtered, jobs::power::set_kill_switch)
            .loosens(Loosens::ByContent).says("setKillSwitch", "On: any person, at once. Off: KillSwitch_Set, and a second person agrees")
            .takes("KillSwitchBody").gives("KillSwitchView").status(StatusCode::OK),
        get("/sics/v1/limits", Right("Limits_Read"), Filtered, jobs::limits::show)
            .says("showLimits", "Limits, approvals, actions that are on; what waits for a second person").gives("GuardView"),
        put("/sics/v1/limits", Right("Limits_Change"), Unscoped, jobs::limits::change)
            .loosens(Loosens::ByContent).says("changeLimits", "What tightens holds at once; what loosens waits for a second person (202)")
            .takes("GuardBody").gives("GuardView").status(StatusCode::OK),
        post("/sics/v1/operators/{operator}/lift-suspension", Right("Limits_Change"), Unscoped, jobs::limits::lift_suspension)
            .loosens(Loosens::ByContent).says("liftSuspension", "Ask for an operator's destructive rights to be given back; a second person has to agree")
            .gives("LooseningView").status(StatusCode::ACCEPTED),
        post("/sics/v1/broken-glass", Person("Jobs_Send"), Filtered, jobs::glass::smash)
            .loosens(Loosens::Never).says("breakGlass", "In an emergency: wipe, retire or lock one device alone, in person; everybody is told")
            .takes("BreakGlassBody").gives("ReceiptView").status(StatusCode::ACCEPTED),
        get("/sics/v1/broken-glass", OneOf(jobs::glass::SEES), Filtered, jobs::glass::list)
            .says("listBrokenGlass", "What one person did alone; first that at which no second person has looked")
            .gives("BrokenGlassesView"),
        post("/sics/v1/broken-glass/{id}/acknowledge", Person("Jobs_Approve"), Filtered, jobs::glass::acknowledge)
            .loosens(Loosens::Never).says("acknowledgeBrokenGlass", "A second person has looked at it").takes("PersonBody").gives("BrokenGlassView"),
        post("/sics/v1/loosenings/{id}/approve", Person("Jobs_Approve"), Filtered, jobs::limits::approve)
            .loosens(Loosens::Never).says("approveLoosening", "Agree to what loosens the guard, as it was shown").takes("AgreementBody").gives("LooseningView"),
        post("/sics/v1/loosenings/{id}/reject", Person("Jobs_Approve"), Filtered, jobs::limits::reject)
            .loosens(Loosens::Never).says("rejectLoosening", "Refuse what would loosen the guard").takes("PersonBody").gives("LooseningView"),
    ]
}
