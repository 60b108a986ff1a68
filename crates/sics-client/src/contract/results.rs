//! What became of the jobs of a management server, step by step.

use chrono::{DateTime, Utc};
use connector_core::model::{ActionKind, DeviceId, TaskState};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::BrokenGlassView;
use super::jobs::find_sentence;

/// Which results to read.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ResultsQuery {
    /// Results after this position, as the bus issued it; 0: all that are kept; omitted: after what was acknowledged.
    pub after: Option<String>,
    /// Most results in the answer, 1 to 5000 (or what the bus is set to); omitted: 500.
    pub limit: Option<usize>,
    /// How long to wait where there are none, milliseconds, 0 to 60000 (or what the bus is set to); omitted: 0.
    pub wait_ms: Option<u64>,
}

/// One step of one device of a job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultView {
    /// Where to continue after it, and what to acknowledge. Opaque; sorts as text in the order of results.
    pub position: String,
    /// The sender's id of the job.
    pub job: String,
    /// The bus's number of the task.
    pub task: i64,
    /// The instance whose device it is; null: it is removed.
    pub instance: Option<String>,
    /// Intune device id.
    pub device_id: DeviceId,
    /// What is done to the device.
    pub action: ActionKind,
    /// When the step was taken.
    pub at: DateTime<Utc>,
    /// A later result of the same task amends this one, whatever it says.
    pub state: TaskState,
    /// No further result is expected, unless a later finding amends it.
    pub last: bool,
    /// Stable code: the rule that refused, Microsoft's code, what was found; null: none.
    pub cause: Option<String>,
    /// A sentence in `text`, and its details; null: none.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

impl ResultView {
    /// The sentence that explains it, where there is one.
    pub fn explanation(&self) -> Option<&str> {
        find_sentence(self.detail.as_ref())
    }
}

/// A page of results.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultsView {
    /// Emergency actions on instances whose devices this server receives, not yet reviewed by a second person. A stream
    /// sends each as an event of its own, `brokenGlass`.
    pub broken_glass: Vec<BrokenGlassView>,
    /// In the order in which the steps were taken.
    pub results: Vec<ResultView>,
    /// Where to continue, and what to acknowledge; null: nothing was ever read.
    pub position: Option<String>,
    /// More results are available.
    pub more: bool,
}

/// How far a management server has stored its results.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckResultsBody {
    /// The server has stored everything up to this position. As issued; a number if an earlier version issued it.
    #[serde(deserialize_with = "deserialize_position")]
    pub position: String,
}

/// What is acknowledged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AckResultsView {
    /// The current position.
    pub acknowledged: String,
}

/// A position as JSON: a text, or a number as earlier versions issued it.
fn deserialize_position<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    struct PositionVisitor;
    impl Visitor<'_> for PositionVisitor {
        type Value = String;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a position as the bus issued it")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }
    }
    from.deserialize_any(PositionVisitor)
}
