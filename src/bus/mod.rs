//! The bus: products, and how they are installed. It knows no product: what a product is made of stands in its manifest,
//! what it asks of people in its template, and what its parts do is behind the trait [`Host`].
//!
//! ```text
//! template (XML) ──read──► Template ──► form, prompts, schema, answers file
//!                             │ answers, events
//!                             ▼
//!                          Wizard ──Wanted──► Install ──item by item──► Host
//! ```
//!
//! *Pure.* Reading a template, judging answers and deciding whether a page may be left is done over values alone. Only
//! `install` writes (a journal in the store), and only the host acts on anything outside.

pub mod answers;
mod host;
pub mod install;
pub mod template;
pub mod wizard;
mod words;

pub use host::{Concern, Fault, FieldFinding, Host, Member, MemberKind, Settings, Step, StepState, Wanted};
pub use words::{Language, Words};
