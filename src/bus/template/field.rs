//! A field: what is asked, what may be answered, and which setting it becomes.

use super::{TemplateCondition, TextFormat};
use crate::bus::LocalizedText;
use crate::xml::XmlPosition;

#[derive(Debug, Clone)]
pub struct TemplateField {
    pub name: String,
    pub kind: FieldKind,
    pub label: LocalizedText,
    pub help: Option<LocalizedText>,
    /// What an answer may look like.
    pub example: Option<String>,
    pub is_required: bool,
    /// As it would be answered.
    pub default: Option<String>,
    pub when: Option<TemplateCondition>,
    /// The setting that it becomes; without one the wizard alone uses it.
    pub setting: Option<String>,
    /// The part that gets the setting; the first one without it.
    pub part: Option<String>,
    /// Cannot be changed in an existing installation.
    pub is_fixed: bool,
    /// Belongs to the sign-in: asked again when that is renewed.
    pub is_sign_in: bool,
    /// An action that looks at the answer before anything is sent.
    pub check_action: Option<String>,
    pub at: XmlPosition,
}

#[derive(Debug, Clone)]
pub enum FieldKind {
    Text {
        form: TextFormat,
        min: usize,
        max: usize,
    },
    Number {
        min: i64,
        max: i64,
    },
    /// One of them, or several.
    Choice {
        choices: Vec<ChoiceOption>,
        many: bool,
    },
    Secret {
        max: usize,
    },
    /// The content of a file; always treated as a secret.
    File {
        max_bytes: usize,
        /// Whether the content is text, or bytes that become base64.
        text: bool,
        /// Whether certificates (PEM) must be in it.
        certificates: bool,
    },
    /// A cron expression or an interval.
    Trigger {
        /// Whether `off` may be answered.
        off: bool,
        /// Whether `auto` may be answered.
        auto: bool,
        /// The field with the time zone.
        zone: Option<String>,
    },
    /// `*`, or ids of management servers.
    Servers,
    Checkbox,
    /// The id of a registration that is on its way; its certificate and key become settings.
    Registration,
}

#[derive(Debug, Clone)]
pub struct ChoiceOption {
    pub value: String,
    pub label: LocalizedText,
    /// Settings that come with it.
    pub sets: Vec<(String, String)>,
}

impl FieldKind {
    /// As it is written in templates.
    pub fn name(&self) -> &'static str {
        match self {
            FieldKind::Text { .. } => "text",
            FieldKind::Number { .. } => "number",
            FieldKind::Choice { .. } => "choice",
            FieldKind::Secret { .. } => "secret",
            FieldKind::File { .. } => "file",
            FieldKind::Trigger { .. } => "trigger",
            FieldKind::Servers => "servers",
            FieldKind::Checkbox => "checkbox",
            FieldKind::Registration => "registration",
        }
    }

    pub const NAMES: [&'static str; 9] = [
        "text",
        "number",
        "choice",
        "secret",
        "file",
        "trigger",
        "servers",
        "checkbox",
        "registration",
    ];

    /// Whether its answer is never shown again (E1).
    pub fn is_secret(&self) -> bool {
        matches!(self, FieldKind::Secret { .. } | FieldKind::File { .. })
    }

    /// Whether its answer, which may be shown, becomes settings that may not.
    pub fn stands_for_secret(&self) -> bool {
        matches!(self, FieldKind::Registration)
    }
}
