//! Devices, instances and scans, and the supervisors that run them.

use super::{answer_type, operations, waiting_answer};
use connector_core::model::ScanSummary;

use crate::contract::{
    BrakeView, ConfirmCompleteBody, ConfirmGoneBody, ConfirmQuery, DeviceHistoryQuery, DeviceHistoryView, DeviceView,
    DevicesExportQuery, DevicesQuery, DevicesView, DraftSettings, DryRunBody, FieldsView, GoneView, InstanceCreation,
    InstanceView, InstancesView, MemberStatus, ReleasedView, ScanBody, ScanStarted, ScansQuery, ScansView,
    SnapshotView, StartTypeBody, SupervisorsView, VerifyBody, VerifyView,
};

operations! {
    /// Devices: filter, search, sort, page by page
    ///
    /// The newest state of each device that the caller may see. Whoever keeps a copy reads changes instead
    /// (`readChanges`): a list says nothing of what has gone.
    ///
    /// **Paging.** A page has at most `limit` devices. As long as `after` is not null, read the next page with it and the
    /// same filters, `sort` and `order`; or count devices with `offset`. Pages are not one moment: a device that changes
    /// while a caller pages may come twice or, sorted by what changed, not at all.
    ///
    /// **Speed.** Filters by column, `search` and the sorts named at `sort` are answered from memory. `filter`, `searchAll`
    /// and any other sort read every device that the other filters leave.
    list_devices() GET "/sics/v1/devices" query DevicesQuery, => 200 DevicesView;
    /// Fields of a device: name, content, source
    list_fields() GET "/sics/v1/fields" => 200 FieldsView;
    /// One device
    show_device(instance, id) GET "/sics/v1/devices/{instance}/{id}" => 200 DeviceView;
    /// What a device was: changed fields, earlier ids and names, its actions and compliance decisions
    ///
    /// Devices that have gone have a history, too, for as many days as the instance keeps it. Only what has changed since
    /// the device was first read is in it, and no field that the settings of the instance leave out.
    show_device_history(instance, id) GET "/sics/v1/devices/{instance}/{id}/history" query DeviceHistoryQuery, => 200 DeviceHistoryView;
    /// Instances and their state
    list_instances() GET "/sics/v1/instances" => 200 InstancesView;
    /// Install an instance; keys as in the settings file
    add_instance() POST "/sics/v1/instances" query InstanceCreation, body DraftSettings, => 201 InstanceView;
    /// One instance with its settings, without secrets
    show_instance(instance) GET "/sics/v1/instances/{instance}" => 200 InstanceView;
    /// Change the given settings
    change_instance(instance) PATCH "/sics/v1/instances/{instance}" query ConfirmQuery, body DraftSettings, => 200 InstanceView;
    /// Remove an instance: its devices are reported as gone
    remove_instance(instance) DELETE "/sics/v1/instances/{instance}" query ConfirmQuery, => 200 GoneView;
    /// Withheld deletions that wait for confirmation, with their digest
    show_brake(instance) GET "/sics/v1/instances/{instance}/brake" => 200 BrakeView;
    /// Release the brake for exactly the devices shown
    confirm_gone(instance) POST "/sics/v1/instances/{instance}/confirm-gone" body ConfirmGoneBody, => 200 ReleasedView;
    /// Why snapshots of this instance are open, with a digest to confirm
    show_snapshot(instance) GET "/sics/v1/instances/{instance}/snapshot" => 200 SnapshotView;
    /// End open snapshots: servers keep the devices of the last list and drop all others
    confirm_complete(instance) POST "/sics/v1/instances/{instance}/confirm-complete" body ConfirmCompleteBody, => 200 SnapshotView;
    /// Scans and what they found
    list_scans() GET "/sics/v1/scans" query ScansQuery, => 200 ScansView;
    /// Scan now
    start_scan() POST "/sics/v1/scans" body ScanBody, => 202 ScanStarted;
    /// What a full scan would find; saves nothing; streams with text/event-stream
    preview_scan() POST "/sics/v1/scans/dry-run" body DryRunBody, => 200 ScanSummary;
    /// Check a connection step by step; streams with text/event-stream
    verify() POST "/sics/v1/verify" body VerifyBody, => 200 VerifyView;
    /// Supervisors and their members: state, version, since when, activity, errors
    list_supervisors() GET "/sics/v1/supervisors" => 200 SupervisorsView;
    /// Start a microservice
    start_instance(instance) POST "/sics/v1/instances/{instance}/start" => 200 MemberStatus;
    /// Stop a microservice after its current work
    stop_instance(instance) POST "/sics/v1/instances/{instance}/stop" => 200 MemberStatus;
    /// Restart a microservice after its current work
    restart_instance(instance) POST "/sics/v1/instances/{instance}/restart" => 200 MemberStatus;
    /// Set when a microservice starts; disabled stops it
    set_start_type(instance) PUT "/sics/v1/instances/{instance}/start-type" body StartTypeBody, => 200 MemberStatus;
    files:
    /// Devices as a table: CSV, JSON or a spreadsheet, all that match
    ///
    /// The header `Accept` says as what: `text/csv` (if omitted), `application/json` (a list of objects) or
    /// `application/vnd.openxmlformats-officedocument.spreadsheetml.sheet` (XLSX). Text that a spreadsheet could take for a
    /// formula is marked with `'` in CSV. Objects and lists are JSON text in CSV and XLSX. Times are RFC 3339 in CSV and
    /// JSON, and dates in UTC in XLSX. A text of more than 32,767 characters is cut in XLSX, and ends with an ellipsis there.
    ///
    /// A device that leaves while the table is made may be missing. The export is recorded in the audit trail.
    export_devices() GET "/sics/v1/devices/export", query DevicesExportQuery;
}
