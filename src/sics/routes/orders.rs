//! Routes of applications that can be ordered, and of orders.

use sics_client::operation;

use super::AccessRule::Right;
use super::AccessScope::Filtered;
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::orders::{
    application_removal, applications, apps, changes, decisions, icons, placing, queries, webhooks,
};

pub(super) fn application_routes() -> Vec<RouteEntry> {
    let (read, manage) = (Right("Applications_Read"), Right("Applications_Manage"));
    vec![
        route(operation::list_tenant_apps(), read, Filtered, apps::list_tenant_apps),
        route(
            operation::list_applications(),
            read,
            Filtered,
            applications::list_applications,
        ),
        route(
            operation::show_application(),
            read,
            Filtered,
            applications::show_application,
        ),
        route(
            operation::set_application(),
            manage,
            Filtered,
            applications::set_application,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::set_application_icon(),
            manage,
            Filtered,
            icons::set_application_icon,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::show_application_icon(),
            read,
            Filtered,
            icons::show_application_icon,
        ),
        route(
            operation::retry_application(),
            manage,
            Filtered,
            applications::retry_application,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::remove_application(),
            manage,
            Filtered,
            application_removal::remove_application,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}

pub(super) fn order_routes() -> Vec<RouteEntry> {
    let (read, place, approve) = (Right("Orders_Read"), Right("Orders_Place"), Right("Orders_Approve"));
    vec![
        route(operation::place_order(), place, Filtered, placing::place_order).relaxation_rule(RelaxationRule::Never),
        route(operation::list_orders(), read, Filtered, queries::list_orders),
        route(operation::show_order(), read, Filtered, queries::show_order),
        route(operation::approve_order(), approve, Filtered, decisions::approve_order)
            .relaxation_rule(RelaxationRule::Never),
        route(operation::reject_order(), approve, Filtered, decisions::reject_order)
            .relaxation_rule(RelaxationRule::Never),
        route(operation::cancel_order(), place, Filtered, decisions::cancel_order)
            .relaxation_rule(RelaxationRule::Never),
        route(operation::retry_order(), place, Filtered, decisions::retry_order).relaxation_rule(RelaxationRule::Never),
        route(
            operation::list_order_changes(),
            read,
            Filtered,
            changes::list_order_changes,
        ),
        route(operation::list_webhooks(), read, Filtered, webhooks::list_webhooks),
        route(operation::retry_webhook(), place, Filtered, webhooks::retry_webhook)
            .relaxation_rule(RelaxationRule::Never),
    ]
}
