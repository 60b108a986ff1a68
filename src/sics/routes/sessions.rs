//! Routes of sessions, of the second factor, of the first set-up and of sign-in links.

use sics_client::operation;

use super::AccessRule::{Open, Right, SignedIn};
use super::AccessScope::{Everywhere, Filtered, Unscoped};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::sessions::{self, links, second_factors, set_up};

pub(super) fn session_routes() -> Vec<RouteEntry> {
    vec![
        route(operation::begin_session(), Open, Everywhere, sessions::begin_session)
            .relaxation_rule(RelaxationRule::Never),
        route(operation::list_sessions(), SignedIn, Filtered, sessions::list_sessions).allow_before_password(),
        route(operation::end_session(), SignedIn, Filtered, sessions::end_session)
            .relaxation_rule(RelaxationRule::Never)
            .allow_before_password(),
        route(
            operation::confirm_session(),
            SignedIn,
            Everywhere,
            sessions::confirm_session,
        )
        .relaxation_rule(RelaxationRule::Never)
        .allow_before_password(),
        route(
            operation::make_sign_in_link(),
            SignedIn,
            Everywhere,
            links::make_sign_in_link,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::redeem_sign_in_link(),
            Open,
            Everywhere,
            links::redeem_sign_in_link,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::begin_second_factor(),
            SignedIn,
            Everywhere,
            second_factors::begin_second_factor,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::confirm_second_factor(),
            SignedIn,
            Everywhere,
            second_factors::confirm_second_factor,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::remove_second_factor(),
            SignedIn,
            Everywhere,
            second_factors::remove_second_factor,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::reset_second_factor(),
            Right("Operators_Manage"),
            Unscoped,
            second_factors::reset_second_factor,
        )
        .relaxation_rule(RelaxationRule::ByPower),
        route(operation::show_setup(), Open, Everywhere, set_up::show_setup),
        route(operation::set_up_bus(), Open, Everywhere, set_up::set_up_bus).relaxation_rule(RelaxationRule::Never),
    ]
}
