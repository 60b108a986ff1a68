//! Routes of devices, instances and scans, and of the supervisors that run them.

use axum::http::StatusCode;

use super::AccessRule::Right;
use super::AccessScope::{Filtered, Instance, Unscoped};
use super::CONFIRM;
use super::route::{RouteEntry, delete, get, patch, post, put};
use crate::model::RelaxationRule;
use crate::sics::{devices, instances, lifecycle, scan_preview, scans, verify};

#[rustfmt::skip]
pub(super) fn inventory_routes() -> Vec<RouteEntry> {
    vec![
        get("/sics/v1/devices", Right("Devices_Read"), Filtered, devices::list_devices)
            .operation("listDevices", "Devices: filter, search, sort, page by page")
            .query(&[
                ("instance", "comma-separated names"),
                ("search", "part of any text field of the device"),
                ("filter", "CEL condition over the device's fields (GET /sics/v1/fields); now is the time of the request"),
                ("sort", "deviceName, lastSyncDateTime or changedAt"),
                ("order", "asc or desc"),
                ("after", "value from the previous page"),
                ("limit", "devices per page, 1 to 1000 (100)"),
            ])
            .response("DevicesView"),
        get("/sics/v1/fields", Right("Devices_Read"), Filtered, devices::list_fields)
            .operation("listFields", "Fields of a device: name, content, source").response("FieldsView"),
        get("/sics/v1/devices/{instance}/{id}", Right("Devices_Read"), Instance, devices::show_device)
            .operation("showDevice", "One device").response("DeviceView"),
        get("/sics/v1/instances", Right("Instances_Read"), Filtered, instances::list_instances)
            .operation("listInstances", "Instances and their state").response("InstancesView"),
        post("/sics/v1/instances", Right("Instances_Manage"), Unscoped, instances::add_instance)
            .relaxation_rule(RelaxationRule::ByContent).operation("addInstance", "Install an instance; keys as in the settings file")
            .query(&[
                ("supervisor", "id of the supervisor that runs it (local)"),
                ("startType", "automatic, manual or disabled (automatic)"),
                ("stopped", "true: do not start it now"),
            ])
            .body("Settings")
            .response("InstanceView").status(StatusCode::CREATED),
        get("/sics/v1/instances/{instance}", Right("Instances_Read"), Instance, instances::show_instance)
            .operation("showInstance", "One instance with its settings, without secrets").response("InstanceView"),
        patch("/sics/v1/instances/{instance}", Right("Instances_Manage"), Instance, instances::change_instance)
            .relaxation_rule(RelaxationRule::ByContent).operation("changeInstance", "Change the given settings").query(CONFIRM).body("Settings").response("InstanceView"),
        delete("/sics/v1/instances/{instance}", Right("Instances_Manage"), Instance, instances::remove)
            .relaxation_rule(RelaxationRule::Never).operation("removeInstance", "Remove an instance: its devices are reported as gone").query(CONFIRM).response("GoneView")
            .status(StatusCode::OK),
        get("/sics/v1/instances/{instance}/brake", Right("Scans_Read"), Instance, instances::show_brake)
            .operation("showBrake", "Withheld deletions that wait for confirmation, with their digest").response("BrakeView"),
        post("/sics/v1/instances/{instance}/confirm-gone", Right("Scans_ConfirmGone"), Instance, instances::confirm_gone)
            .relaxation_rule(RelaxationRule::Never).operation("confirmGone", "Release the brake for exactly the devices shown")
            .body("ConfirmGoneBody").response("ReleasedView"),
        get("/sics/v1/instances/{instance}/snapshot", Right("Scans_Read"), Instance, instances::show_snapshot)
            .operation("showSnapshot", "Why snapshots of this instance are open, with a digest to confirm").response("SnapshotView"),
        post("/sics/v1/instances/{instance}/confirm-complete", Right("Scans_ConfirmGone"), Instance, instances::confirm_complete)
            .relaxation_rule(RelaxationRule::Never).operation("confirmComplete", "End open snapshots: servers keep the devices of the last list and drop all others")
            .body("ConfirmCompleteBody").response("SnapshotView"),
        get("/sics/v1/scans", Right("Scans_Read"), Filtered, scans::list_scans)
            .operation("listScans", "Scans and what they found")
            .query(&[("instance", "name"), ("limit", "scans per instance, 1 to 200 (20)")]).response("ScansView"),
        post("/sics/v1/scans", Right("Scans_Run"), Filtered, scans::start_scan)
            .relaxation_rule(RelaxationRule::Never).operation("startScan", "Scan now").body("ScanBody").response("ScanStarted").status(StatusCode::ACCEPTED),
        post("/sics/v1/scans/dry-run", Right("Scans_Run"), Filtered, scan_preview::run)
            .relaxation_rule(RelaxationRule::Never).operation("previewScan", "What a full scan would find; saves nothing; streams with text/event-stream")
            .body("DryRunBody").response("ScanSummary"),
        post("/sics/v1/verify", Right("Verify_Run"), Filtered, verify::run)
            .relaxation_rule(RelaxationRule::Never).operation("verify", "Check a connection step by step; streams with text/event-stream")
            .body("VerifyBody").response("VerifyView"),
    ]
}

#[rustfmt::skip]
pub(super) fn supervisor_routes() -> Vec<RouteEntry> {
    vec![
        get("/sics/v1/supervisors", Right("Instances_Read"), Filtered, lifecycle::list_supervisors)
            .operation("listSupervisors", "Supervisors and their members: state, version, since when, activity, errors")
            .response("SupervisorsView"),
        post("/sics/v1/instances/{instance}/start", Right("Instances_Manage"), Instance, lifecycle::start_instance)
            .relaxation_rule(RelaxationRule::Never).operation("startInstance", "Start a microservice").response("MemberStatus"),
        post("/sics/v1/instances/{instance}/stop", Right("Instances_Manage"), Instance, lifecycle::stop_instance)
            .relaxation_rule(RelaxationRule::Never).operation("stopInstance", "Stop a microservice after its current work").response("MemberStatus"),
        post("/sics/v1/instances/{instance}/restart", Right("Instances_Manage"), Instance, lifecycle::restart_instance)
            .relaxation_rule(RelaxationRule::Never).operation("restartInstance", "Restart a microservice; it gets new credentials on the bus").response("MemberStatus"),
        put("/sics/v1/instances/{instance}/start-type", Right("Instances_Manage"), Instance, lifecycle::set_start_type)
            .relaxation_rule(RelaxationRule::Never).operation("setStartType", "Set when a microservice starts; disabled stops it").body("StartTypeBody").response("MemberStatus")
            .status(StatusCode::OK),
    ]
}
