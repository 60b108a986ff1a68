//! A question as it stands.

use crate::contract::WriteCounts;
use crate::model::{InstanceId, OperatorId, Timestamp, word_enum};

word_enum! {
    /// Where a question stands.
    pub enum QuestionState {
        Waiting "waiting",
        /// Not all of it is written yet.
        Consented "consented",
        /// A newer one waits; it can be answered still.
        Superseded "superseded",
        /// All of it was written, or is not wanted any more.
        Done "done",
        /// It can't be answered any more.
        Void "void",
    }
}

impl QuestionState {
    /// Nothing of it can become an allowance any more.
    pub(super) const fn is_ended(self) -> bool {
        matches!(self, QuestionState::Done | QuestionState::Void)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetQuestionRow {
    pub id: i64,
    pub target: InstanceId,
    pub digest: String,
    pub asked_at: Timestamp,
    pub mapping_digest: String,
    pub canary: bool,
    pub counts: WriteCounts,
    pub state: QuestionState,
    pub consented_by: Option<OperatorId>,
    pub consented_by_name: Option<String>,
    pub consented_at: Option<Timestamp>,
}
