//! Routes of devices, instances and scans, and of the supervisors that run them.

use axum::http::StatusCode;

use super::CONFIRM;
use super::Need::Right;
use super::Place::{Filtered, Instance, Unscoped};
use super::row::{Row, delete, get, patch, post, put};
use crate::model::Loosens;
use crate::sics::{devices, instances, power, preview, scans, verify};

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/sics/v1/devices", Right("Devices_Read"), Filtered, devices::list)
            .says("listDevices", "Devices: filter, search, sort, page by page")
            .asks(&[
                ("instance", "names with commas between"),
                ("search", "part of any text of the device"),
                ("filter", "CEL condition over the device's fields (GET /sics/v1/fields); now is the moment of the request"),
                ("sort", "deviceName, lastSyncDateTime or changedAt"),
                ("order", "asc or desc"),
                ("after", "as the page before gave it"),
                ("limit", "devices a page, 1 to 1000 (100)"),
            ])
            .gives("DevicesView"),
        get("/sics/v1/fields", Right("Devices_Read"), Filtered, devices::fields)
            .says("listFields", "Which fields a device has: name, what it holds, where it comes from").gives("FieldsView"),
        get("/sics/v1/devices/{instance}/{id}", Right("Devices_Read"), Instance, devices::show)
            .says("showDevice", "One device").gives("DeviceView"),
        get("/sics/v1/instances", Right("Instances_Read"), Filtered, instances::list)
            .says("listInstances", "Instances and how they are").gives("InstancesView"),
        post("/sics/v1/instances", Right("Instances_Manage"), Unscoped, instances::add)
            .loosens(Loosens::ByContent).says("addInstance", "Install an instance; keys as in the settings file")
            .asks(&[
                ("supervisor", "id of the supervisor that runs it (local)"),
                ("startType", "automatic, manual or disabled (automatic)"),
                ("stopped", "true: it is not started now"),
            ])
            .takes("Settings")
            .gives("InstanceView").status(StatusCode::CREATED),
        get("/sics/v1/instances/{instance}", Right("Instances_Read"), Instance, instances::show)
            .says("showInstance", "One instance with its settings, never with secrets").gives("InstanceView"),
        patch("/sics/v1/instances/{instance}", Right("Instances_Manage"), Instance, instances::change)
            .loosens(Loosens::ByContent).says("changeInstance", "Change the settings given").asks(CONFIRM).takes("Settings").gives("InstanceView"),
        delete("/sics/v1/instances/{instance}", Right("Instances_Manage"), Instance, instances::remove)
            .loosens(Loosens::Never).says("removeInstance", "Remove an instance: its devices are told gone").asks(CONFIRM).gives("GoneView")
            .status(StatusCode::OK),
        get("/sics/v1/instances/{instance}/brake", Right("Scans_Read"), Instance, instances::brake)
            .says("showBrake", "Devices that wait for confirmation, with their digest").gives("BrakeView"),
        post("/sics/v1/instances/{instance}/confirm-gone", Right("Scans_ConfirmGone"), Instance, instances::confirm_gone)
            .loosens(Loosens::Never).says("confirmGone", "Release the brake for exactly the devices shown")
            .takes("ConfirmGoneBody").gives("ReleasedView"),
        get("/sics/v1/instances/{instance}/snapshot", Right("Scans_Read"), Instance, instances::snapshot)
            .says("showSnapshot", "Why snapshots of this instance are open, with a digest of what can be confirmed").gives("SnapshotView"),
        post("/sics/v1/instances/{instance}/confirm-complete", Right("Scans_ConfirmGone"), Instance, instances::confirm_complete)
            .loosens(Loosens::Never).says("confirmComplete", "End open snapshots: servers keep the devices of the last list, and lose what they hold beyond them")
            .takes("ConfirmCompleteBody").gives("SnapshotView"),
        get("/sics/v1/scans", Right("Scans_Read"), Filtered, scans::list)
            .says("listScans", "Scans and what they found")
            .asks(&[("instance", "name"), ("limit", "scans an instance, 1 to 200 (20)")]).gives("ScansView"),
        post("/sics/v1/scans", Right("Scans_Run"), Filtered, scans::start)
            .loosens(Loosens::Never).says("startScan", "Scan now").takes("ScanBody").gives("ScanStarted").status(StatusCode::ACCEPTED),
        post("/sics/v1/scans/dry-run", Right("Scans_Run"), Filtered, preview::run)
            .loosens(Loosens::Never).says("previewScan", "What a full scan would find, keeping nothing; streams with text/event-stream")
            .takes("DryRunBody").gives("ScanSummary"),
        post("/sics/v1/verify", Right("Verify_Run"), Filtered, verify::run)
            .loosens(Loosens::Never).says("verify", "Check a connection step by step; streams with text/event-stream")
            .takes("VerifyBody").gives("VerifyView"),
    ]
}

#[rustfmt::skip]
pub(super) fn supervised() -> Vec<Row> {
    vec![
        get("/sics/v1/supervisors", Right("Instances_Read"), Filtered, power::supervisors)
            .says("listSupervisors", "Supervisors and what runs under them: state, version, since when, what it did, what went wrong")
            .gives("SupervisorsView"),
        post("/sics/v1/instances/{instance}/start", Right("Instances_Manage"), Instance, power::start)
            .loosens(Loosens::Never).says("startInstance", "Start a microservice").gives("MemberStatus"),
        post("/sics/v1/instances/{instance}/stop", Right("Instances_Manage"), Instance, power::stop)
            .loosens(Loosens::Never).says("stopInstance", "Stop a microservice behind what is under way").gives("MemberStatus"),
        post("/sics/v1/instances/{instance}/restart", Right("Instances_Manage"), Instance, power::restart)
            .loosens(Loosens::Never).says("restartInstance", "Stop and start it; it gets new credentials on the bus").gives("MemberStatus"),
        put("/sics/v1/instances/{instance}/start-type", Right("Instances_Manage"), Instance, power::set_start_type)
            .loosens(Loosens::Never).says("setStartType", "When it is started; disabled stops it").takes("StartTypeBody").gives("MemberStatus")
            .status(StatusCode::OK),
    ]
}
