//! The mapping: which field of the other side gets what, and what happens to the record of a device that has gone.
//!
//! It is kept as a JSON text, which is also the file that goes from a test system to the real one ([`super::mapping_file`]
//! reads it). [`super::CompiledMapping`] is the same, checked and ready to be evaluated. Its digest does not depend on the
//! order of its rows: people consent to what it does, not to how it is written.

use openssl::sha::sha256;
use serde::Serialize;

use super::mapping_error::{MappingError, MappingProblem};
use crate::contract::{FieldMode, RetireAction};

/// As people write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetMapping {
    pub fields: Vec<FieldRule>,
    pub classes: Vec<ClassName>,
    pub gone: GoneRules,
}

/// What a field of the other side gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldRule {
    /// Its name over there.
    pub field: String,
    #[serde(flatten)]
    pub source: FieldSource,
    pub mode: FieldMode,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldSource {
    /// A property of the device, [`super::mapping::INSTANCE`] or [`super::mapping::PRIMARY_USER`].
    From(String),
    /// In CEL.
    Expression(String),
    /// Always this text.
    Value(String),
}

/// What the other side calls a class of devices: its category, role or type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassName {
    pub class: String,
    pub name: String,
}

/// What happens to the record of a device that has gone from Intune. Where it only left this target (filtered, unassigned,
/// instance removed), nothing ever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GoneRules {
    pub deleted: RetireAction,
    /// Wiped by a job of this bus.
    pub wiped: RetireAction,
    /// Retired by a job of this bus.
    pub retired: RetireAction,
}

impl Default for GoneRules {
    /// Nothing happens.
    fn default() -> GoneRules {
        GoneRules {
            deleted: RetireAction::Leave,
            wiped: RetireAction::Leave,
            retired: RetireAction::Leave,
        }
    }
}

impl GoneRules {
    /// The rules as far as the kind can follow them and settings allow it: deletion becomes retirement where it is not
    /// allowed, and what the kind cannot do becomes nothing.
    pub fn limit_actions(self, offered: &[RetireAction], is_delete_allowed: bool) -> GoneRules {
        let limit = |action: RetireAction| match action {
            RetireAction::Delete if !is_delete_allowed => RetireAction::Retire,
            other => other,
        };
        let offer = |action: RetireAction| match limit(action) {
            possible if offered.contains(&possible) => possible,
            _ => RetireAction::Leave,
        };
        GoneRules {
            deleted: offer(self.deleted),
            wiped: offer(self.wiped),
            retired: offer(self.retired),
        }
    }

    fn members(self) -> [(&'static str, RetireAction); 3] {
        [
            ("deleted", self.deleted),
            ("wiped", self.wiped),
            ("retired", self.retired),
        ]
    }
}

impl TargetMapping {
    /// As a file, which [`TargetMapping::parse`] reads.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a mapping has only plain fields");
        text.push('\n');
        text
    }

    /// The same for the same rules in whatever order.
    pub fn digest(&self) -> String {
        let mut sorted = self.clone();
        sorted.fields.sort_by(|one, other| one.field.cmp(&other.field));
        sorted.classes.sort();
        let canonical = serde_json::to_string(&sorted).expect("a mapping has only plain fields");
        hex::encode(sha256(canonical.as_bytes()))
    }

    /// Refuses what the kind cannot do with the record of a device that has gone.
    pub fn check_actions(&self, offered: &[RetireAction]) -> Result<(), MappingError> {
        let unable = |(_, action): &(&str, RetireAction)| *action != RetireAction::Leave && !offered.contains(action);
        match self.gone.members().into_iter().find(unable) {
            None => Ok(()),
            Some((name, given)) => {
                let known: Vec<&str> = offered.iter().map(|action| action.name()).collect();
                let problem = MappingProblem::UnsupportedAction {
                    given,
                    known: known.join(", "),
                };
                Err(MappingError::at(format!("gone: {name}"), problem))
            }
        }
    }
}
