//! Routes of devices, instances and scans, and of the supervisors that run them.

use sics_client::operation;

use super::AccessRule::Right;
use super::AccessScope::{Filtered, Instance, Unscoped};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::{device_history, devices, instances, lifecycle, scan_preview, scans, verify};

pub(super) fn inventory_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::list_devices(),
            Right("Devices_Read"),
            Filtered,
            devices::list_devices,
        ),
        route(
            operation::export_devices(),
            Right("Devices_Read"),
            Filtered,
            devices::export_devices,
        ),
        route(
            operation::list_fields(),
            Right("Devices_Read"),
            Filtered,
            devices::list_fields,
        ),
        route(
            operation::show_device(),
            Right("Devices_Read"),
            Instance,
            devices::show_device,
        ),
        route(
            operation::show_device_history(),
            Right("Devices_Read"),
            Instance,
            device_history::show_device_history,
        ),
        route(
            operation::list_instances(),
            Right("Instances_Read"),
            Filtered,
            instances::list_instances,
        ),
        route(
            operation::add_instance(),
            Right("Instances_Manage"),
            Unscoped,
            instances::add_instance,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::show_instance(),
            Right("Instances_Read"),
            Instance,
            instances::show_instance,
        ),
        route(
            operation::change_instance(),
            Right("Instances_Manage"),
            Instance,
            instances::change_instance,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::remove_instance(),
            Right("Instances_Manage"),
            Instance,
            instances::remove,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::show_brake(),
            Right("Scans_Read"),
            Instance,
            instances::show_brake,
        ),
        route(
            operation::confirm_gone(),
            Right("Scans_ConfirmGone"),
            Instance,
            instances::confirm_gone,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::show_snapshot(),
            Right("Scans_Read"),
            Instance,
            instances::show_snapshot,
        ),
        route(
            operation::confirm_complete(),
            Right("Scans_ConfirmGone"),
            Instance,
            instances::confirm_complete,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::list_scans(),
            Right("Scans_Read"),
            Filtered,
            scans::list_scans,
        ),
        route(operation::start_scan(), Right("Scans_Run"), Filtered, scans::start_scan)
            .relaxation_rule(RelaxationRule::Never),
        route(
            operation::preview_scan(),
            Right("Scans_Run"),
            Filtered,
            scan_preview::run,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(operation::verify(), Right("Verify_Run"), Filtered, verify::run).relaxation_rule(RelaxationRule::Never),
    ]
}

pub(super) fn supervisor_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::list_supervisors(),
            Right("Instances_Read"),
            Filtered,
            lifecycle::list_supervisors,
        ),
        route(
            operation::start_instance(),
            Right("Instances_Manage"),
            Instance,
            lifecycle::start_instance,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::stop_instance(),
            Right("Instances_Manage"),
            Instance,
            lifecycle::stop_instance,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::restart_instance(),
            Right("Instances_Manage"),
            Instance,
            lifecycle::restart_instance,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::set_start_type(),
            Right("Instances_Manage"),
            Instance,
            lifecycle::set_start_type,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}
