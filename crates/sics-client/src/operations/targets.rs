//! Targets: management servers inside the bus that write devices into another inventory.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    AsideDecisionBody, AsideDeviceView, AsideDevicesView, ConfirmQuery, ForgetLinksBody, LinksForgotten,
    QuestionItemsQuery, QuestionItemsView, QuestionView, ResendTargetBody, RevertView, TargetCheckView,
    TargetConsentBody, TargetFieldsView, TargetKindsView, TargetLinksExportQuery, TargetLinksQuery, TargetLinksView,
    TargetMappingBody, TargetMappingView, TargetPreviewQuery, TargetPreviewView, TargetRunsView, TargetView,
    TargetsView,
};

operations! {
    /// Targets, and how each stands
    list_targets() GET "/sics/v1/targets" => 200 TargetsView;
    /// Kinds of targets, and what each can do
    list_target_kinds() GET "/sics/v1/target-kinds" => 200 TargetKindsView;
    /// One target
    show_target(target) GET "/sics/v1/targets/{target}" => 200 TargetView;
    /// Which field of the other side gets what
    show_target_mapping(target) GET "/sics/v1/targets/{target}/mapping" => 200 TargetMappingView;
    /// Set the mapping; only its first 20 records are written until somebody agrees
    ///
    /// A mapping that can't be used is refused (422); `where` says which part of it is wrong. What waits for consent by the
    /// mapping before can't be answered any more, and is planned anew.
    set_target_mapping(target) PUT "/sics/v1/targets/{target}/mapping" body TargetMappingBody, => 200 TargetMappingView;
    /// Fields of the other side, and those that the mapping names and it lacks
    list_target_fields(target) GET "/sics/v1/targets/{target}/fields" => 200 TargetFieldsView;
    /// Make the fields that the mapping names and the other side lacks
    make_target_fields(target) POST "/sics/v1/targets/{target}/fields" => 200 TargetFieldsView;
    /// What would be created, adopted, changed, retired and set aside; writes nothing
    ///
    /// It takes at most 55 seconds; `complete` is false where that was not enough.
    preview_target(target) GET "/sics/v1/targets/{target}/preview" query TargetPreviewQuery, => 200 TargetPreviewView;
    /// The same by a mapping that is not set
    ///
    /// A mapping that can't be used is refused as when it is set (422). It takes at most 55 seconds; `complete` is false where
    /// that was not enough.
    preview_target_mapping(target) POST "/sics/v1/targets/{target}/preview" query TargetPreviewQuery, body TargetMappingBody, => 200 TargetPreviewView;
    /// Check the other side: address, version, sign-in, rights, fields
    ///
    /// It takes at most 55 seconds; `complete` is false where that was not enough.
    verify_target(target) POST "/sics/v1/targets/{target}/verify" => 200 TargetCheckView;
    /// The writes that wait for consent; 404 where nothing waits
    show_target_question(target) GET "/sics/v1/targets/{target}/question" => 200 QuestionView;
    /// All writes that wait for consent, page by page; 404 where nothing waits
    ///
    /// A page goes on within one question: where another one waits meanwhile, `after` is refused (409 `questionChanged`).
    list_question_items(target) GET "/sics/v1/targets/{target}/question/items" query QuestionItemsQuery, => 200 QuestionItemsView;
    /// Agree to exactly the writes that were shown
    ///
    /// A question that a newer one replaced can be answered still, for its own writes; one that was asked by another mapping
    /// is refused (409 `questionChanged`).
    consent_target(target) POST "/sics/v1/targets/{target}/consent" body TargetConsentBody, => 200 TargetView;
    /// Devices for which a person has to decide
    list_target_aside(target) GET "/sics/v1/targets/{target}/set-aside" => 200 AsideDevicesView;
    /// Decide about a device that was set aside; its newest state is then written
    decide_target_aside(target, instance, device) POST "/sics/v1/targets/{target}/set-aside/{instance}/{device}" body AsideDecisionBody, => 200 AsideDeviceView;
    /// Which record over there belongs to which device
    list_target_links(target) GET "/sics/v1/targets/{target}/links" query TargetLinksQuery, => 200 TargetLinksView;
    /// Forget which records belong to devices; the records stay
    ///
    /// The target finds each record again by what it has, or sets the device aside. More than one link needs a confirmation.
    forget_target_links(target) POST "/sics/v1/targets/{target}/links/forget" query ConfirmQuery, body ForgetLinksBody, => 200 LinksForgotten;
    /// Write one device again, whether it has changed or not
    resend_target_device(target) POST "/sics/v1/targets/{target}/resend" body ResendTargetBody, => 202 TargetView;
    /// Runs of a target: what each wrote, newest first
    list_target_runs(target) GET "/sics/v1/targets/{target}/runs" => 200 TargetRunsView;
    /// Put back what a run wrote, but for fields that somebody changed since
    ///
    /// Values from before are kept for 30 days. It takes at most 55 seconds; where `complete` is false, the same request goes
    /// on. Outside of the write window of the target nothing is put back (409 `writeWindow`).
    revert_target_run(target, run) POST "/sics/v1/targets/{target}/runs/{run}/revert" => 200 RevertView;
    files:
    /// All links as CSV
    ///
    /// Text that a spreadsheet could take for a formula is marked with `'`. The export is recorded in the audit trail.
    export_target_links() GET "/sics/v1/targets/{target}/links/export", query TargetLinksExportQuery;
}
