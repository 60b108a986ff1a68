//! What guards actions: kill switch, limits, and agreeing to what loosens them.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    AgreementBody, BreakGlassBody, BrokenGlassView, BrokenGlassesView, GuardBody, GuardView, KillSwitchBody,
    KillSwitchView, PersonBody, ReceiptView, RelaxationView,
};

operations! {
    /// Where the kill switch is on, and which actions Intune already has
    show_kill_switch() GET "/sics/v1/killswitch" => 200 KillSwitchView;
    /// On: any person, at once. Off: requires KillSwitch_Set and a second person
    set_kill_switch() PUT "/sics/v1/killswitch" body KillSwitchBody, => 200 | 202 KillSwitchView;
    /// Limits, approvals, enabled actions; what waits for a second person
    show_limits() GET "/sics/v1/limits" => 200 GuardView;
    /// Change limits: tightening takes effect at once, loosening waits for a second person (202)
    change_limits() PUT "/sics/v1/limits" body GuardBody, => 200 | 202 GuardView;
    /// Request that an operator's destructive rights are restored; a second person must agree
    lift_suspension(operator) POST "/sics/v1/operators/{operator}/lift-suspension" => 202 RelaxationView;
    /// In an emergency: wipe, retire or lock one device alone, in person; everybody is notified
    break_glass() POST "/sics/v1/broken-glass" body BreakGlassBody, => 202 | 200 ReceiptView;
    /// Emergency actions without a second person; unreviewed ones first
    list_broken_glass() GET "/sics/v1/broken-glass" => 200 BrokenGlassesView;
    /// Record that a second person has reviewed it
    acknowledge_broken_glass(id) POST "/sics/v1/broken-glass/{id}/acknowledge" body PersonBody, => 200 BrokenGlassView;
    /// Agree to a relaxation, as it was shown
    approve_loosening(id) POST "/sics/v1/loosenings/{id}/approve" body AgreementBody, => 200 RelaxationView;
    /// Reject a relaxation
    reject_loosening(id) POST "/sics/v1/loosenings/{id}/reject" body PersonBody, => 200 RelaxationView;
}
