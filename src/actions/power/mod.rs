//! Who has the say over the guard (A7): what loosens it takes a second person, or, where there is only one, a day and
//! his password again; what tightens it works at once.
//!
//! *Wish and effect.* Files and requests say what is wished. What holds is in the store, and the guard reads nothing
//! else. [`adopt_bus`] and [`adopt_instance`] lead a file's wish over: at each start and after each change, so that a
//! file that was edited while the bus was down falls under the same rule. The store remembers the wish that was adopted
//! last: a file that stands still asks for nothing a second time, neither for what was rejected nor against what was
//! agreed to by other ways since.
//!
//! *If the process dies here*: tightening comes first, then the asking, then the remembering. Each can be done again.
//!
//! *First installation*: where no instance of a tenant has a policy yet, its verbs are on at once; limits may be raised
//! to the defaults as long as no instance has any.

mod accounts;
mod agree;
mod policy;
mod request;

pub use accounts::{AccountsChanged, change_accounts};
pub use agree::{approve_loosening, reject_loosening};
pub use policy::{Adopted, adopt_bus, adopt_instance, change_bus, note_asker};
pub use request::{ask_kill_switch_off, ask_lift_suspension, ask_workflow};

use serde_json::Value;

use super::guard::NotApproved;
use crate::model::LooseningAsker;
use crate::store::{AuditEntry, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum PowerError {
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
