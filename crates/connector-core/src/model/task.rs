//! What became of one device of a job.

use super::word_enums::word_enum;

word_enum! {
    /// Where a task stands. A later finding always amends an earlier one, so even an end is an end only until more is
    /// known.
    pub enum TaskState {
        /// Durable; nothing was sent.
        Accepted "accepted",
        WaitingApproval "waitingApproval",
        /// For Microsoft's Multi Admin Approval.
        WaitingTenantApproval "waitingTenantApproval",
        WaitingWindow "waitingWindow",
        /// For a limit, a cap or Graph's budget.
        WaitingBudget "waitingBudget",
        /// The intent is committed; the call is under way, or was when the process died (A3). Told to nobody as such.
        Issuing "issuing",
        /// Whether the call had an effect is not known; it is read back (A3). Told to nobody as such.
        Unclear "unclear",
        /// Intune has taken it.
        HandedOver "handedOver",
        PendingOnDevice "pendingOnDevice",
        /// After 48 hours; followed on.
        StillPending "stillPending",
        Done "done",
        Failed "failed",
        NotSupported "notSupported",
        Cancelled "cancelled",
        DeviceGone "deviceGone",
        Refused "refused",
        Expired "expired",
        /// The device is not listed any more, and nothing shows that this action did that: whether it was wiped (retired …)
        /// is not known (A6). A person has to say what became of it; it is followed on, for an audit may come late.
        GoneUnproven "goneUnproven",
        NeedsOperator "needsOperator",
        /// Handed over, and nothing will ever tell more (notification).
        HandedOverNotTraceable "handedOverNotTraceable",
    }
}

/// What is known of a task's call. Every list of states, in SQL too, is made from this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskStage {
    /// Nothing was sent yet: it can be cancelled, stopped, expire.
    Unissued,
    /// An effect is on its way or not excluded, and somebody looks.
    UnderWay,
    /// The same, and a person has to say what became of it.
    NeedsOperator,
    /// It had its effect, or may have had one. Nothing more is expected, and nobody looks.
    Ended,
    /// It is known to have had no effect. Nothing more is expected, and nobody looks.
    EndedWithoutEffect,
}

impl TaskState {
    pub const fn stage(self) -> TaskStage {
        use TaskState::*;
        match self {
            Accepted | WaitingApproval | WaitingTenantApproval | WaitingWindow | WaitingBudget => TaskStage::Unissued,
            Issuing | Unclear | HandedOver | PendingOnDevice | StillPending => TaskStage::UnderWay,
            GoneUnproven | NeedsOperator => TaskStage::NeedsOperator,
            Done | DeviceGone | HandedOverNotTraceable => TaskStage::Ended,
            Failed | NotSupported | Cancelled | Refused | Expired => TaskStage::EndedWithoutEffect,
        }
    }

    /// What others are told: what is under way counts as accepted until there is something to tell.
    pub fn published_state(self) -> TaskState {
        match self {
            TaskState::Issuing | TaskState::Unclear => TaskState::Accepted,
            other => other,
        }
    }

    /// Those in which something is still expected, as others are told.
    pub fn open_published_states() -> impl Iterator<Item = TaskState> {
        let open = |state: &TaskState| !state.is_end() && state.published_state() == *state;
        TaskState::ALL.iter().copied().filter(open)
    }

    /// Nothing was sent yet: it can be cancelled, stopped, expire.
    pub const fn is_unissued(self) -> bool {
        matches!(self.stage(), TaskStage::Unissued)
    }

    /// Nothing was sent, and it may go out without anybody else's word: takes a place of the limits.
    pub const fn counts_against_limits(self) -> bool {
        self.is_unissued() && !self.waits_for_approval()
    }

    /// Nothing was sent, and somebody else has to agree first.
    pub const fn waits_for_approval(self) -> bool {
        matches!(self, TaskState::WaitingApproval)
    }

    /// An effect is on its way or not excluded: counts as the device's open task (A4).
    pub const fn is_under_way(self) -> bool {
        matches!(self.stage(), TaskStage::UnderWay | TaskStage::NeedsOperator)
    }

    /// A person has to say what became of it.
    pub const fn needs_operator(self) -> bool {
        matches!(self.stage(), TaskStage::NeedsOperator)
    }

    /// Nothing more is expected, and nobody looks.
    pub const fn is_end(self) -> bool {
        matches!(self.stage(), TaskStage::Ended | TaskStage::EndedWithoutEffect)
    }

    /// What becomes of it is not known any more when the store is put back (A8).
    pub const fn is_lost_by_restore(self) -> bool {
        matches!(self.stage(), TaskStage::Unissued | TaskStage::UnderWay)
    }
}
