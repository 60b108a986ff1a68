//! Routes of targets: how they stand, what they write by, and what people decide about them.

use sics_client::operation;

use super::AccessRule::Right;
use super::AccessScope::{Filtered, Instance};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule::Never;
use crate::sics::targets::{
    aside, fields, link_export, links, mapping, preview, question_items, questions, runs, standing,
};

pub(super) fn target_routes() -> Vec<RouteEntry> {
    let mut routes = looking_routes();
    routes.extend(deciding_routes());
    routes
}

fn looking_routes() -> Vec<RouteEntry> {
    let read = Right("Targets_Read");
    vec![
        route(operation::list_targets(), read, Filtered, standing::list_targets),
        route(operation::list_target_kinds(), read, Filtered, standing::list_kinds),
        route(operation::show_target(), read, Filtered, standing::show_target),
        route(operation::show_target_mapping(), read, Filtered, mapping::show_mapping),
        route(operation::list_target_fields(), read, Filtered, fields::list_fields),
        route(operation::preview_target(), read, Filtered, preview::preview_target),
        route(operation::verify_target(), read, Filtered, preview::verify_target).relaxation_rule(Never),
        route(
            operation::show_target_question(),
            read,
            Filtered,
            questions::show_question,
        ),
        route(
            operation::list_question_items(),
            read,
            Filtered,
            question_items::list_items,
        ),
        route(operation::list_target_aside(), read, Filtered, aside::list_aside),
        route(operation::list_target_links(), read, Filtered, links::list_links),
        route(
            operation::export_target_links(),
            read,
            Filtered,
            link_export::export_links,
        ),
        route(operation::list_target_runs(), read, Filtered, runs::list_runs),
    ]
}

fn deciding_routes() -> Vec<RouteEntry> {
    let manage = Right("Targets_Manage");
    vec![
        route(operation::set_target_mapping(), manage, Filtered, mapping::set_mapping).relaxation_rule(Never),
        route(
            operation::preview_target_mapping(),
            manage,
            Filtered,
            preview::preview_mapping,
        )
        .relaxation_rule(Never),
        route(operation::make_target_fields(), manage, Filtered, fields::make_fields).relaxation_rule(Never),
        route(
            operation::consent_target(),
            manage,
            Filtered,
            questions::consent_question,
        )
        .relaxation_rule(Never),
        route(operation::decide_target_aside(), manage, Instance, aside::decide_aside).relaxation_rule(Never),
        route(operation::forget_target_links(), manage, Filtered, links::forget_links).relaxation_rule(Never),
        route(
            operation::resend_target_device(),
            manage,
            Filtered,
            links::resend_device,
        )
        .relaxation_rule(Never),
        route(operation::revert_target_run(), manage, Filtered, runs::revert_run).relaxation_rule(Never),
    ]
}
