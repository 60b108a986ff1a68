//! Who decides about the guard (A7): loosening it needs a second person or, if there is only one, a day and their
//! password again; tightening it takes effect at once.
//!
//! *Wish and effect.* Files and requests say what is wanted. What is in effect is in the store, and the guard reads
//! nothing else. [`apply_bus_settings`] and [`apply_instance_settings`] adopt what a file wants: at each start and after each change, so that a
//! file that was edited while the bus was down falls under the same rule. The store remembers the wish that was adopted
//! last: an unchanged file requests nothing a second time, neither for what was rejected nor against what was
//! agreed to by other ways since.
//!
//! *If the process dies here*: tightening comes first, then the asking, then the remembering. Each can be done again.
//!
//! *First installation*: where no instance of a tenant has a policy yet, its verbs are on at once; limits may be raised
//! to the defaults as long as no instance has any.

mod accounts;
mod desired_policy;
mod relaxation_approval;
mod relaxation_request;

pub use accounts::{AccountsChanged, change_accounts};
pub use desired_policy::{AppliedPolicy, apply_bus_settings, apply_instance_settings, change_bus_policy, record_asker};
pub use relaxation_approval::{approve_relaxation, reject_relaxation};
pub use relaxation_request::{request_kill_switch_off, request_suspension_lift, request_workflow_change};

use serde_json::Value;

use super::guard::NotApproved;
use crate::model::RelaxationRequester;
use crate::store::{AuditEntry, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum PolicyChangeError {
    #[error(transparent)]
    NotApproved(#[from] NotApproved),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// In the audit trail, where nobody in particular has done it.
const BUS: &str = "bus";

fn entry(actor: &str, action: &'static str, subject: &str, detail: Value) -> AuditEntry {
    AuditEntry {
        actor: actor.to_owned(),
        action,
        subject: subject.to_owned(),
        detail,
    }
}
