//! STUB of the console branch.
use super::{answer_type, operations, waiting_answer};
use crate::contract::{NewSessionBody, SessionStartedView, SetupBody, SetupView, SignInLinkBody};

operations! {
    /// Sign in
    begin_session() POST "/sics/v1/sessions" body NewSessionBody, => 201 SessionStartedView;
    /// End a session
    end_session(session) DELETE "/sics/v1/sessions/{session}" => 204;
    /// Whether the bus needs its first operator
    show_setup() GET "/sics/v1/setup" => 200 SetupView;
    /// The first operator
    set_up_bus() POST "/sics/v1/setup" body SetupBody, => 201 SessionStartedView;
    /// Sign in by a link
    redeem_sign_in_link() POST "/sics/v1/sessions/link" body SignInLinkBody, => 201 SessionStartedView;
    files:
    /// Facts as they happen
    watch_events() GET "/sics/v1/events";
}
