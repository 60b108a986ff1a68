//! What targets keep: links between devices and records of the other side, devices that a person has to decide about, what
//! was written, and what may be written.
//!
//! *A page of the feed is one transaction*: `record_target_writes` keeps links, what was there before, counts, and
//! takes back the allowances that were used. What the other side confirmed is kept then, or nothing of it is; a target
//! acknowledges the feed only behind it.
//!
//! *Consent is to exactly these writes*: a question has its items, and consent turns each of them into an allowance, which one
//! write uses up. Another mapping, or a store that was put back (A8), takes all of that away, also from questions that nobody
//! has answered; links stay.
//!
//! *What is known of a record is of one life of the store.* In a store that was put back it may be older than the record;
//! such a link is not [`TargetLinkRow::confirmed`], and has no fingerprint until somebody has looked over there. Where
//! a write went out and nothing is recorded of it, the links to its record are [`TargetLinkRow::unanswered`].
//!
//! | function of [`Store`](super::Store) | what it does |
//! |---|---|
//! | `load_target_link` | The link of one device. |
//! | `load_target_links` | The links of a page of devices. |
//! | `list_record_links` | All links to one record. |
//! | `list_links_of_records` | All links to any of these records. |
//! | `list_target_links` | A page of links that match, and how many match. |
//! | `list_target_link_page` | The same without counting, for who reads them all. |
//! | `count_target` | How many devices of a target stand where. |
//! | `explain_absences` | Why a page of devices is not there. |
//! | `list_waiting_links` | Links that wait for the device that replaces theirs. |
//! | `find_successors` | What became of the hardware of devices that were replaced. |
//! | `find_removing_action` | The wipe, retirement or deletion of a device from here within 7 days. |
//! | `find_removing_actions` | The same for a page of devices. |
//! | `intend_target_record` | Keeps that the making of a record begins. |
//! | `intend_target_records` | The same for a page of devices. |
//! | `keep_found_records` | Keeps what stands in records that are about to be written for the first time. |
//! | `keep_made_record` | Keeps a record that was made by a write of which nobody was told, once it is found. |
//! | `mark_target_sendings` | Keeps that writes to records go out, until what became of them is recorded. |
//! | `record_target_writes` | Keeps what the other side confirmed, with all that follows from it. |
//! | `move_target_link` | Gives the record of a device to the one that replaces it. |
//! | `list_unwritten_heirs` | Devices that are to fill a record which a device that left it wrote last. |
//! | `set_target_link_phase` | Moves one link to another phase. |
//! | `set_target_link_phases` | Moves a page of links to another phase. |
//! | `set_target_link_error` | Keeps why a device could not be written, or that it can be. |
//! | `set_target_link_errors` | The same for a page of devices. |
//! | `forget_target_links` | Forgets the links of one device, one instance, or all. |
//! | `begin_target_snapshot` | A snapshot of the feed begins; answers its number. |
//! | `mark_target_seen` | Keeps which devices a snapshot had. |
//! | `end_target_snapshot` | The snapshot has ended, and what it lacked was worked on. |
//! | `load_target_progress` | The snapshots of a target, by instance. |
//! | `list_unseen_links` | Links whose devices a snapshot lacked, from the first on. |
//! | `list_unseen_links_after` | The same behind a device. |
//! | `set_target_aside` | Sets one device aside. |
//! | `set_targets_aside` | Sets a page of devices aside. |
//! | `load_target_asides` | What a page of devices was set aside for. |
//! | `list_target_aside` | All devices that are set aside. |
//! | `list_target_aside_page` | The first of them that match, and how many match. |
//! | `list_decided_aside` | Those that somebody decided to adopt or to create. |
//! | `decide_target_aside` | Keeps what somebody decided. |
//! | `clear_target_aside` | The device is not set aside any more. |
//! | `ask_target_resend` | Somebody wants a device written again. |
//! | `list_target_resends` | Those that wait for it. |
//! | `end_target_resend` | It was written. |
//! | `load_target_state` | How a target stands. |
//! | `save_target_state` | Changes parts of that. |
//! | `restart_target_canary` | The target begins again with its first records, and consent is void. |
//! | `load_target_mapping` | The mapping that people gave it. |
//! | `save_target_mapping` | Another mapping, with which the target begins again. |
//! | `remove_target_mapping` | Back to the default of the kind, likewise. |
//! | `ask_target_question` | Asks for consent to exactly these writes. |
//! | `find_waiting_question` | The question that waits. |
//! | `find_target_question` | The question with this digest. |
//! | `list_question_items` | The writes that a question asks for. |
//! | `consent_target_question` | Somebody agrees to them. |
//! | `supersede_target_questions` | Nothing is asked any more. |
//! | `list_target_allowances` | All writes that were agreed to and are not made yet. |
//! | `find_target_allowances` | Those of a page of writes. |
//! | `drop_target_allowances` | What was agreed to and not written is not allowed any more. |
//! | `count_target_day` | What was written on a day. |
//! | `list_target_days` | What was written of a class on the days before. |
//! | `begin_target_run` | A run begins; answers its number. |
//! | `end_target_run` | A run ends; one that wrote nothing is forgotten. |
//! | `find_target_run` | One run. |
//! | `list_target_runs` | The newest runs. |
//! | `list_run_writes` | What a run wrote, newest first. |
//! | `mark_write_reverted` | A write was put back. |
//! | `record_put_back` | The same, with what is known of the record from then on. |
//! | `sweep_target_writes` | Forgets what was written before a time. |
//! | `create_target_server` | Account and management server of a target. |
//! | `remove_target_server` | Removes both. |
//! | `remove_target` | Removes all rows of a target. |

mod absences;
mod allowances;
mod day_counts;
mod link_changes;
mod link_rows;
mod links;
mod mapping;
mod progress;
mod queries;
mod question_row;
mod questions;
mod removal;
mod removing_actions;
mod resends;
mod runs;
mod set_aside;
mod state;
mod successors;
mod target_server;
#[cfg(test)]
mod tests;
mod writes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use day_counts::TargetDayCounts;
pub use link_changes::{TargetFound, TargetIntent, TargetMade, TargetSending};
pub use link_rows::TargetLinkRow;
pub use mapping::TargetMappingRow;
pub use progress::{TargetProgressRow, UnseenLinks};
pub use queries::{TargetCounts, TargetLinkFilter};
pub use question_row::{QuestionState, TargetQuestionRow};
pub use questions::{NewTargetQuestion, TargetQuestionItem};
pub use resends::TargetResend;
pub use runs::{PutBack, TargetRunRow, TargetWriteRow};
pub use set_aside::{AsideChoice, AsideFilter, NewTargetAside, TargetAsideRow};
pub(super) use state::withdraw_consent_after_restore;
pub use state::{TargetStateChange, TargetStateRow};
pub use successors::SuccessorFate;
pub use target_server::NewTargetServer;
pub use writes::{TargetWriteBatch, TargetWritten};

use super::columns;
use crate::model::{DeviceId, InstanceId, Timestamp};

/// Fields of the other side by name; scalars only, null is empty.
pub type FieldValues = BTreeMap<String, Value>;

/// A device of an instance.
pub type TargetKey = (InstanceId, DeviceId);

/// What went wrong, and what people can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProblem {
    pub code: String,
    pub message: String,
    pub advice: String,
    pub at: Timestamp,
}

/// Why a target writes nothing at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetPause {
    pub code: String,
    pub problem: String,
    pub advice: String,
    pub since: Timestamp,
    /// When it tries again; `None`: not known.
    pub until: Option<Timestamp>,
}

/// What the other side said of the end of what a target signs in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSignIn {
    /// Of which secret: what is said of one counts for no other.
    pub mark: String,
    /// When it was asked last.
    pub asked_at: Timestamp,
    /// `None`: it has no end, or that is not told.
    pub ends_at: Option<Timestamp>,
}
