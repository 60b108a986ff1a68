//! The workflow engine: what is done in which order stands in files, not in code.
//!
//! ```text
//! file → read → check → definition ─┐
//!                         history ──┴─► next → journal → activity → journal → next → …
//! ```
//!
//! *Words.* A [`Definition`] is a file, read by [`read`] and looked at as a whole by [`check`]. A run is one execution of
//! it. Its steps call [`Activity`]s, which is all that the engine knows of the world: it names no product.
//!
//! *Durable.* Everything that a run knows is its journal ([`crate::store`], `run` and `run_step`): the start of a step is
//! committed before the step, its end before the next one. [`next`] is a pure function of definition and journal, so it
//! says the same before a crash and behind it; even the passing of time is an entry. If the process dies in a step, that
//! step is called again with the inputs that were written down and the same [`Key`]; what may not happen twice has to be
//! recognised by it.
//!
//! *Versions side by side.* Definitions are kept by the hash of their text. A run holds the hash of the one it began
//! with and ends on it, whatever the file says meanwhile.
//!
//! *Bounds.* Steps of a definition, items of a loop, tries, looks, the length of a wait, entries of a run and calls at a
//! time are all limited ([`limits`]); a definition can't say "for ever".

pub mod activity;
pub mod builtin;
mod call;
pub mod check;
pub mod consent;
mod due;
pub mod duration;
mod engine;
mod fuse;
pub mod history;
mod item;
mod journal;
pub mod limits;
pub mod model;
pub mod next;
pub mod quote;
pub mod read;
mod read_step;
mod runs;
mod scope;
pub mod template;
pub mod trigger;

pub use activity::{Activity, ActivityError, Call, Danger, Field, Key, Kind, Registry, Signature, Who};
pub use check::{advise, check};

pub use due::{Dues, Handle};
pub use engine::{Engine, Host, Parts, Planned};
pub use fuse::Fuse;
pub use history::{Entry, Fault, History, RunFacts, Stage};
pub use journal::begun;
pub use model::Definition;
pub use next::{End, Next, Start, next};

use crate::xml::Finding;

#[cfg(test)]
mod tests;

/// A definition that may run: read and checked.
pub fn definition(text: &str, registry: &Registry) -> Result<Definition, Vec<Finding>> {
    let (definition, mut findings) = read::read(text.as_bytes());
    if let Some(definition) = &definition {
        findings.extend(check(definition, registry));
    }
    findings.sort();
    findings.dedup();
    match definition {
        Some(mut definition) if findings.is_empty() => {
            definition.settle(registry);
            Ok(definition)
        }
        _ => Err(findings),
    }
}

/// What a definition is known by: the SHA-256 of its text.
pub fn hash(text: &str) -> [u8; 32] {
    openssl::sha::sha256(text.as_bytes())
}
