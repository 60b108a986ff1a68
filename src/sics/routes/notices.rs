//! Routes of notices to people and of the heartbeat. A notice tells of the whole bus: only an account that manages accounts,
//! everywhere, says who gets it.

use sics_client::operation;

use super::AccessRule::Right;
use super::AccessScope::Unscoped;
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::notice_settings;

const READS: &str = "Operators_Read";
const MANAGES: &str = "Operators_Manage";

pub(super) fn notice_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::show_notice_settings(),
            Right(READS),
            Unscoped,
            notice_settings::show_settings,
        ),
        route(
            operation::list_notice_messages(),
            Right(READS),
            Unscoped,
            notice_settings::list_messages,
        ),
        route(
            operation::set_notice_channel(),
            Right(MANAGES),
            Unscoped,
            notice_settings::set_channel,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::remove_notice_channel(),
            Right(MANAGES),
            Unscoped,
            notice_settings::remove_channel,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::set_notice_recipient(),
            Right(MANAGES),
            Unscoped,
            notice_settings::set_recipient,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::remove_notice_recipient(),
            Right(MANAGES),
            Unscoped,
            notice_settings::remove_recipient,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::test_notice_recipient(),
            Right(MANAGES),
            Unscoped,
            notice_settings::test_recipient,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::set_heartbeat(),
            Right(MANAGES),
            Unscoped,
            notice_settings::set_heartbeat,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::remove_heartbeat(),
            Right(MANAGES),
            Unscoped,
            notice_settings::remove_heartbeat,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}
