//! What steps of a workflow may call.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much harm a step or a workflow can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DangerLevel {
    /// Changes nothing outside this program.
    None,
    /// Nothing is interrupted.
    Harmless,
    /// Somebody's work is interrupted.
    Disruptive,
    /// Data or access is lost.
    Destructive,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ValueType {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `24h` and the like.
    Duration,
    /// A list.
    List,
    /// An object.
    Object,
    /// Text in CEL; what is put into it is a value there and never a part of it.
    Condition,
    /// Anything.
    Any,
}

/// All activities.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ActivitiesView {
    /// By name.
    pub activities: Vec<ActivitySignature>,
}

/// What is known of an activity without calling it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivitySignature {
    /// As definitions call it.
    pub name: String,
    /// What it does, one sentence.
    pub summary: String,
    /// How much harm it can do.
    pub danger: DangerLevel,
    /// The right that whoever started the run needs, at each call.
    pub right: Option<String>,
    /// What it takes.
    pub inputs: Vec<ActivityField>,
    /// What it gives back.
    pub outputs: Vec<ActivityField>,
}

/// An input or an output of an activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityField {
    /// Its name.
    pub name: String,
    /// What it may be.
    pub kind: ValueType,
    /// It must be given.
    pub required: bool,
    /// What it means.
    pub help: String,
}
