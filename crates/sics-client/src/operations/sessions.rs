//! Sessions, the second factor, first set-up and sign-in links.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    CodeBody, ConfirmSessionBody, NewSessionBody, NewSignInLinkBody, OperatorView, PasswordBody, PasswordCodeBody,
    RecoveryCodesView, SecondFactorDraftView, SessionStartedView, SessionView, SessionsView, SetupBody, SetupView,
    SignInLinkBody, SignInLinkView,
};

operations! {
    /// Sign in: begins a session, whose token signs in until it ends
    begin_session() POST "/sics/v1/sessions" body NewSessionBody, => 201 SessionStartedView;
    /// Sessions that have not ended: your own, or everybody's
    list_sessions() GET "/sics/v1/sessions" => 200 SessionsView;
    /// End a session by its number, or the `current` one
    end_session(session) DELETE "/sics/v1/sessions/{session}" => 204;
    /// Give the password again, for what needs it; it counts for five minutes
    confirm_session() POST "/sics/v1/sessions/current/confirm" body ConfirmSessionBody, => 200 SessionView;
    /// Make a link that signs a person in once, within ten minutes; only the owner of the data folder may
    make_sign_in_link() POST "/sics/v1/sessions/links" body NewSignInLinkBody, => 201 SignInLinkView;
    /// Use a sign-in link: begins a session
    redeem_sign_in_link() POST "/sics/v1/sessions/link" body SignInLinkBody, => 201 SessionStartedView;
    /// Begin to set up your second factor (TOTP)
    begin_second_factor() POST "/sics/v1/second-factor" body PasswordBody, => 200 SecondFactorDraftView;
    /// Set up your second factor with one of its codes; the recovery codes are shown once
    confirm_second_factor() POST "/sics/v1/second-factor/confirm" body CodeBody, => 200 RecoveryCodesView;
    /// Remove your second factor
    remove_second_factor() POST "/sics/v1/second-factor/remove" body PasswordCodeBody, => 204;
    /// Take away the second factor of somebody who has lost it; ends their sessions
    reset_second_factor(operator) DELETE "/sics/v1/operators/{operator}/second-factor" => 200 OperatorView, or waits;
    /// Whether the first person has to be made
    show_setup() GET "/sics/v1/setup" => 200 SetupView;
    /// Make the first person, an administrator, and sign them in
    set_up_bus() POST "/sics/v1/setup" body SetupBody, => 201 SessionStartedView;
}
