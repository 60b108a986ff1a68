//! Routes of the catalogue and of installing what is in it.

use sics_client::operation;

use super::AccessRule::Right;
use super::AccessScope::{Everywhere, Filtered, Instance, Unscoped};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::{install, products};

pub(super) fn product_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::list_products(),
            Right("Products_Read"),
            Everywhere,
            products::list_products,
        ),
        route(
            operation::add_product(),
            Right("Products_Manage"),
            Unscoped,
            products::add_product,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::show_product(),
            Right("Products_Read"),
            Everywhere,
            products::show_product,
        ),
        route(
            operation::show_icon(),
            Right("Products_Read"),
            Everywhere,
            products::show_icon,
        ),
        route(
            operation::plan_update(),
            Right("Products_Read"),
            Everywhere,
            products::plan_update,
        ),
        route(
            operation::update_product(),
            Right("Products_Manage"),
            Unscoped,
            products::update_product,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::remove_product(),
            Right("Products_Manage"),
            Unscoped,
            products::remove,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::list_trusted_keys(),
            Right("Products_Read"),
            Everywhere,
            products::list_trusted_keys,
        ),
        route(
            operation::trust_key(),
            Right("Products_Manage"),
            Unscoped,
            products::trust_key,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::distrust_key(),
            Right("Products_Manage"),
            Unscoped,
            products::distrust_key,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}

pub(super) fn installation_routes() -> Vec<RouteEntry> {
    let manage = Right("Instances_Manage");
    vec![
        route(operation::show_template(), manage, Everywhere, install::show_template),
        route(operation::show_schema(), manage, Everywhere, install::show_schema),
        route(
            operation::validate_answers(),
            manage,
            Unscoped,
            install::validate_answers,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(operation::run_wizard_action(), manage, Unscoped, install::run).relaxation_rule(RelaxationRule::Never),
        route(
            operation::begin_registration(),
            manage,
            Unscoped,
            install::begin_registration,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::show_registration(),
            manage,
            Unscoped,
            install::show_registration,
        ),
        route(
            operation::check_registration(),
            manage,
            Unscoped,
            install::check_registration,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(operation::next_runs(), manage, Everywhere, install::next).relaxation_rule(RelaxationRule::Never),
        route(operation::install(), manage, Unscoped, install::install_product)
            .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::list_installations(),
            Right("Instances_Read"),
            Filtered,
            install::list_installations,
        ),
        route(
            operation::show_installation(),
            Right("Instances_Read"),
            Instance,
            install::show_installation,
        ),
        route(operation::show_answers(), manage, Instance, install::show_answers),
        route(
            operation::change_installation(),
            manage,
            Instance,
            install::change_installation,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(operation::uninstall(), manage, Instance, install::remove).relaxation_rule(RelaxationRule::Never),
        route(
            operation::run_installed_action(),
            manage,
            Instance,
            install::run_installed_action,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(operation::begin_renewal(), manage, Instance, install::begin_renewal)
            .relaxation_rule(RelaxationRule::Never),
        route(operation::show_renewal(), manage, Instance, install::show_renewal),
        route(operation::check_renewal(), manage, Instance, install::check_renewal)
            .relaxation_rule(RelaxationRule::Never),
    ]
}
