//! What parent and child say to each other: a JSON object a line, by the child's standard input and output.

use intune_connector::model::{ActionKind, JobId, TaskState, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Say {
    /// The time of the whole world, milliseconds since 1970. Never goes back.
    Clock(i64),
    /// Hands in a job; answered by [`Tell::JobReceipt`] or [`Tell::Refused`].
    Job(Value),
    /// Any task will do to die at, not only one that must not be repeated.
    AnyTask,
    /// Answered by [`Tell::Fleet`] once a full scan has completed.
    Fleet,
    /// Answered by [`Tell::Quiet`] once nothing is due or under way.
    Rest,
    /// Answered by [`Tell::Results`]: those behind this position.
    Results(i64),
    /// Answered by [`Tell::Jobs`].
    Jobs,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Tell {
    Up,
    /// It stands at this point and goes no further: it is to be killed now.
    At(String),
    Receipt {
        name: String,
        job: JobId,
    },
    Refused {
        name: String,
        /// Stable: of the rule that says no.
        code: String,
        why: String,
    },
    Fleet(Vec<Known>),
    /// Tasks that still wait for something.
    Quiet {
        open: usize,
    },
    Results(Vec<ResultLine>),
    Jobs(Vec<JobLine>),
}

/// A device as the bus knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Known {
    pub id: Uuid,
    pub seq: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultLine {
    pub position: i64,
    pub job: String,
    pub task: i64,
    pub device: Uuid,
    pub state: TaskState,
    pub cause: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobLine {
    pub id: JobId,
    pub name: String,
    pub verb: ActionKind,
    pub tasks: Vec<TaskLine>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskLine {
    pub id: i64,
    pub device: Uuid,
    pub state: TaskState,
    pub cause: Option<String>,
    pub detail: Option<Value>,
    pub attempts: u32,
    pub intent_at: Option<Timestamp>,
    pub steps: Vec<(TaskState, Option<String>)>,
}
