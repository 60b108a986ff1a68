//! What each verb is: one file a verb, one row in [`TABLE`]. Everything here is pure: parameters in, a reason or a call
//! out. Nothing here sends anything; that is `issue`'s alone.
//!
//! A verb says by itself on which platforms it works, because Intune does not: an action that a device can't do is
//! answered with a plain 400 and no reason, so the reason has to be found *before* the call, and with it what could be
//! done instead.

mod spec;
mod sync;

pub use spec::{ApiVersion, Call, Kind, Method, Parameter, Parameters, Trace, Unfit, VerbSpec};

use crate::model::Verb;

/// Every verb.
pub static TABLE: &[&VerbSpec] = &[&sync::SPEC];

impl VerbSpec {
    pub fn of(verb: Verb) -> &'static VerbSpec {
        TABLE
            .iter()
            .find(|spec| spec.verb == verb)
            .expect("a test walks all verbs: each has its row")
    }
}
