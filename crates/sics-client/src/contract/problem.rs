//! What a caller is told when a request failed: problem details (RFC 9457); and what is wrong with something that was
//! looked at.

use connector_core::xml::XmlFinding;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Why a request failed, and what to do about it. Media type `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URN that ends with the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the HTTP status.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What failed, one sentence.
    pub detail: String,
    /// Stable, for machines.
    pub code: String,
    /// What to do, for people.
    pub advice: String,
    /// With `confirmationNeeded`: how many devices the request concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// With `confirmationNeeded`: what the parameter `confirm` of the repeated request takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
    /// Seconds to wait before the request is sent again, as in the header `Retry-After`: with 429, 503 and 507, where the
    /// bus knows them.
    #[serde(default, rename = "retryAfter", skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Further members, by code: `key`, `findings` …
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

/// One thing that is wrong, and what to do about it. What does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnosis {
    /// Line in the text, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Character in the line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The field of a wizard whose answer is wrong; empty: the page as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The setting that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Stable, for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What is wrong, one sentence.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
}

impl Diagnosis {
    /// Of nothing in particular.
    pub fn new(problem: impl Into<String>, advice: impl Into<String>) -> Diagnosis {
        Diagnosis {
            problem: problem.into(),
            advice: advice.into(),
            ..Diagnosis::default()
        }
    }

    /// The same with a stable code.
    #[must_use]
    pub fn with_code(self, code: impl Into<String>) -> Diagnosis {
        Diagnosis {
            code: Some(code.into()),
            ..self
        }
    }

    /// The same at a field.
    #[must_use]
    pub fn with_field(self, field: impl Into<String>) -> Diagnosis {
        Diagnosis {
            field: Some(field.into()),
            ..self
        }
    }

    /// Whether it has this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether it is about this field.
    pub fn is_about(&self, field: &str) -> bool {
        self.field.as_deref() == Some(field)
    }
}

impl From<&XmlFinding> for Diagnosis {
    fn from(finding: &XmlFinding) -> Diagnosis {
        Diagnosis {
            line: Some(finding.at.line),
            column: Some(finding.at.column),
            ..Diagnosis::new(finding.problem.as_str(), finding.advice.as_str())
        }
    }
}
