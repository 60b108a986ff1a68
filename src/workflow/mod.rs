//! The workflow engine: files, not code, define what is done in which order.
//!
//! ```text
//! file → read → check → definition ─┐
//!                         history ──┴─► next → journal → activity → journal → next → …
//! ```
//!
//! *Words.* A [`WorkflowDefinition`] is a file, read by [`reader::read_definition`] and checked as a whole by [`check_definition`]. A run is one execution of
//! it. Its steps call [`Activity`]s, which is all that the engine knows of the world: it names no product.
//!
//! *Durable.* Everything that a run knows is its journal ([`crate::store`], `run` and `run_step`): the start of a step is
//! committed before the step, its end before the next one. [`next`] is a pure function of definition and journal, so it
//! gives the same before and after a crash; even the passing of time is an entry. If the process dies in a step, that
//! step is called again with the inputs that were written down and the same [`CallKey`]; what may not happen twice has to be
//! recognised by it.
//!
//! *Versions side by side.* Definitions are kept by the hash of their text. A run holds the hash of the one it began
//! with and ends on it, whatever the file says meanwhile.
//!
//! *Bounds.* Steps of a definition, items of a loop, tries, looks, the length of a wait, entries of a run and calls at a
//! time are all limited ([`limits`]); a definition can't say "for ever".

pub mod activity;
mod activity_call;
pub mod builtin;
pub mod check;
pub mod consent;
mod due_times;
mod engine;
mod failpoints;
pub mod history;
mod journal;
pub mod limits;
mod loop_items;
pub mod model;
mod open_run;
pub mod quote;
pub mod reader;
mod run_loading;
pub mod run_plan;
mod scope;
mod step_reader;
pub mod text_template;
pub mod trigger;

pub use activity::{Activity, ActivityCall, ActivityError, ActivityRegistry, CallKey, RunPrincipal};
pub use check::{advise_definition, check_definition};

pub use due_times::{DueTimes, EngineHandle};
pub use engine::{EngineParts, PlannedTrigger, ScheduleSource, WorkflowEngine};
pub use failpoints::WorkflowFailpoints;
pub use history::{HistoryEntry, RunFacts, RunHistory, StepStage};
pub use journal::{begun_entry, parse_failure};
pub use model::WorkflowDefinition;
pub use run_plan::{PlannedStep, RunPlan, RunResult, next};
pub use trigger::TriggerPhase;

use crate::xml::XmlFinding;

#[cfg(test)]
mod tests;

/// A definition that may run: read and checked. One that is kept goes on, whatever newer versions ask of new ones.
pub fn compile_definition(text: &str, registry: &ActivityRegistry) -> Result<WorkflowDefinition, Vec<XmlFinding>> {
    compile_checked(text, registry, check_definition)
}

/// The same of a text that somebody offers now.
pub fn compile_offered_definition(
    text: &str,
    registry: &ActivityRegistry,
) -> Result<WorkflowDefinition, Vec<XmlFinding>> {
    compile_checked(text, registry, check::check_offered_definition)
}

fn compile_checked(
    text: &str,
    registry: &ActivityRegistry,
    find_mistakes: impl FnOnce(&WorkflowDefinition, &ActivityRegistry) -> Vec<XmlFinding>,
) -> Result<WorkflowDefinition, Vec<XmlFinding>> {
    let (definition, mut findings) = reader::read_definition(text.as_bytes());
    if let Some(definition) = &definition {
        findings.extend(find_mistakes(definition, registry));
    }
    findings.sort();
    findings.dedup();
    match definition {
        Some(mut definition) if findings.is_empty() => {
            definition.resolve_constants(registry);
            Ok(definition)
        }
        _ => Err(findings),
    }
}

/// The same of a file that somebody offers, whose bytes may be no text.
pub fn compile_document(bytes: &[u8], registry: &ActivityRegistry) -> Result<WorkflowDefinition, Vec<XmlFinding>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => compile_offered_definition(text, registry),
        Err(_) => Err(reader::read_definition(bytes).1),
    }
}

/// What a definition is known by: the SHA-256 of its text.
pub fn hash(text: &str) -> [u8; 32] {
    openssl::sha::sha256(text.as_bytes())
}
