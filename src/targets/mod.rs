//! Targets: management servers that live in the bus and write the fleet into an inventory that people already have. The
//! last step of flow 1.
//!
//! ```text
//! feed → device → link, or first contact → mapping → planned write → consent → adapter → link kept → acknowledgement
//! ```
//!
//! A target reads the feed as any other management server does, with a cursor of its own ([`feed_reader`]), and
//! acknowledges a page when everything in it is written, planned away or set aside ([`target_worker`], [`page_work`]).
//!
//! *What decides is pure.* A device without a link meets the other side in [`first_contact`]: our id over there, then a
//! usable serial number with exactly one hit, else a new record; whatever is doubtful is set aside for a person. A device
//! with a link is compared with what was last written ([`write_plan`]) by the rules of the [`mapping`] (read by
//! [`mapping_file`], evaluated by [`mapping_values`]). A device that has gone is treated as [`gone_plan`] says. Where
//! devices of several instances share a record, [`newest_owner`] says which of them fills it. [`consent`] says how much may
//! be written without a person, and [`write_gate`] counts it; [`pause_policy`] says how long to rest after a fault.
//!
//! *What does.* [`device_work`], [`gone_work`], [`question_work`] and [`aside_work`] carry the decisions out;
//! [`record_index`] and [`user_lookup`] spare requests, [`request_pace`] spreads them; [`preview`] and [`revert`] are the
//! look ahead and the way back; [`target_status`] is what people see; [`sign_in_end`] asks when the sign-in ends.
//!
//! *Kinds.* The other side is known by one trait, [`target_adapter`], and one list of faults, [`target_fault`]. Each kind is
//! a folder that implements it: [`ocs`], [`snipe_it`], [`postgresql`], [`file`], [`net_box`], [`glpi`], [`servicenow`]. What a
//! kind can do is a value, [`target_kind`].
//!
//! *If the process dies:* a create is kept as intended before it is sent, and after a lost answer the other side is asked
//! again before anything is made. Everything else may be sent twice without harm. The cursor moves last.
//!
//! *What it never does:* take one of two hits; write a field that the mapping leaves to people; delete what it did not
//! make; touch the record of a device that is only filtered, unassigned, or of a removed instance.

mod aside_rows;
pub mod aside_work;
pub mod consent;
pub mod device_work;
pub mod failpoints;
pub mod feed_reader;
pub mod file;
pub mod first_contact;
pub mod glpi;
pub mod gone_plan;
pub mod gone_work;
pub mod mapping;
mod mapping_checks;
pub mod mapping_error;
pub mod mapping_file;
pub mod mapping_rules;
pub mod mapping_values;
pub mod net_box;
pub mod newest_owner;
pub mod ocs;
pub mod page_work;
pub mod pause_policy;
pub mod postgresql;
pub mod preview;
pub mod question_work;
mod record_fingerprint;
pub mod record_index;
pub mod request_pace;
pub mod revert;
#[cfg(test)]
pub(crate) mod samples_for_tests;
pub mod servicenow;
pub mod sign_in_end;
pub mod snipe_it;
pub mod source_device;
pub(crate) mod step_maker;
pub mod target_adapter;
pub mod target_client;
mod target_context;
pub mod target_fault;
pub mod target_kind;
pub mod target_record;
pub mod target_status;
pub mod target_worker;
mod told_problem;
pub mod user_lookup;
pub mod work_error;
pub mod write_gate;
pub mod write_plan;

pub use crate::contract::{
    FieldMode, LinkOrigin, LinkPhase, RetireAction, SetAsideReason, TargetKind, TargetPhase, WriteClass, WriteForm,
};
pub use consent::{CANARY, DayCounts, QuestionItem, daily_allowance, question_digest};
pub use failpoints::{TargetFailpoint, TargetFailpointHook, TargetFailpoints};
pub use first_contact::{ContactInput, FirstContact, decide_first_contact};
pub use gone_plan::{GonePlan, plan_gone};
pub use mapping::CompiledMapping;
pub use mapping_error::{MappingError, MappingProblem};
pub use mapping_rules::{ClassName, FieldRule, FieldSource, GoneRules, TargetMapping};
pub use mapping_values::{ValueProblem, ValueTrouble};
pub use newest_owner::{RecordClaim, find_newest_owner};
pub use preview::{preview_mapping, preview_target};
pub use record_fingerprint::record_fingerprint;
pub use request_pace::RequestPace;
pub use revert::revert_run;
pub use source_device::{DeviceKey, PrimaryUser, SourceDevice};
pub use target_adapter::{PlannedWrite, RecordSearch, SignInEnd, TargetAdapter, TargetFuture, UserChange, WriteDone};
pub use target_context::{TargetContext, TargetFailure, TargetSignals};
pub use target_fault::TargetFault;
pub use target_kind::KindProfile;
pub use target_record::{
    FieldValues, RecordId, RecordPage, RecordState, RecordSummary, TargetField, TargetRecord, is_same_value,
};
pub use target_worker::run_target;
pub use write_plan::{DevicePlan, LinkState, plan_create, plan_update};
