//! Routes of what guards actions: kill switch, limits, and agreeing to relaxations.

use sics_client::operation;

use super::AccessRule::{OneOf, Person, Right, SignedIn};
use super::AccessScope::{Filtered, Unscoped};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::jobs;

pub(super) fn safeguard_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::show_kill_switch(),
            Right("KillSwitch_Read"),
            Filtered,
            jobs::kill_switch::show_kill_switch,
        ),
        route(
            operation::set_kill_switch(),
            SignedIn,
            Filtered,
            jobs::kill_switch::set_kill_switch,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::show_limits(),
            Right("Limits_Read"),
            Filtered,
            jobs::guard_policy::show_limits,
        ),
        route(
            operation::change_limits(),
            Right("Limits_Change"),
            Unscoped,
            jobs::guard_policy::change_limits,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::lift_suspension(),
            Right("Limits_Change"),
            Unscoped,
            jobs::guard_policy::lift_suspension,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::break_glass(),
            Person("Jobs_Send"),
            Filtered,
            jobs::broken_glass::break_glass,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::list_broken_glass(),
            OneOf(jobs::broken_glass::SEES),
            Filtered,
            jobs::broken_glass::list_broken_glass,
        ),
        route(
            operation::acknowledge_broken_glass(),
            Person("Jobs_Approve"),
            Filtered,
            jobs::broken_glass::acknowledge_broken_glass,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::approve_loosening(),
            Person("Jobs_Approve"),
            Filtered,
            jobs::guard_policy::approve_relaxation,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::reject_loosening(),
            Person("Jobs_Approve"),
            Filtered,
            jobs::guard_policy::reject_relaxation,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}
