//! What became of one device of a job.

use serde::{Deserialize, Serialize};

/// Where a task stands. A later finding always amends an earlier one, so even an end is an end only until more is
/// known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskState {
    /// Durable; nothing was sent.
    Accepted,
    WaitingApproval,
    /// For Microsoft's Multi Admin Approval.
    WaitingTenantApproval,
    WaitingWindow,
    /// For a limit, a cap or Graph's budget.
    WaitingBudget,
    /// The intent is committed; the call is under way, or was when the process died (A3). Told to nobody as such.
    Issuing,
    /// Whether the call had an effect is not known; it is read back (A3). Told to nobody as such.
    Unclear,
    /// Intune has taken it.
    HandedOver,
    PendingOnDevice,
    /// After 48 hours; followed on.
    StillPending,
    Done,
    Failed,
    NotSupported,
    Cancelled,
    DeviceGone,
    Refused,
    Expired,
    NeedsOperator,
    /// Handed over, and nothing will ever tell more (notification).
    HandedOverNotTraceable,
}

impl TaskState {
    /// Those in which something is still expected, as others are told.
    pub const OPEN: [TaskState; 9] = [
        TaskState::Accepted,
        TaskState::WaitingApproval,
        TaskState::WaitingTenantApproval,
        TaskState::WaitingWindow,
        TaskState::WaitingBudget,
        TaskState::HandedOver,
        TaskState::PendingOnDevice,
        TaskState::StillPending,
        TaskState::NeedsOperator,
    ];

    /// In the store and on the wire.
    pub fn name(self) -> &'static str {
        use TaskState::*;
        match self {
            Accepted => "accepted",
            WaitingApproval => "waitingApproval",
            WaitingTenantApproval => "waitingTenantApproval",
            WaitingWindow => "waitingWindow",
            WaitingBudget => "waitingBudget",
            Issuing => "issuing",
            Unclear => "unclear",
            HandedOver => "handedOver",
            PendingOnDevice => "pendingOnDevice",
            StillPending => "stillPending",
            Done => "done",
            Failed => "failed",
            NotSupported => "notSupported",
            Cancelled => "cancelled",
            DeviceGone => "deviceGone",
            Refused => "refused",
            Expired => "expired",
            NeedsOperator => "needsOperator",
            HandedOverNotTraceable => "handedOverNotTraceable",
        }
    }

    /// What others are told: what is under way counts as accepted until there is something to tell.
    pub fn told(self) -> TaskState {
        match self {
            TaskState::Issuing | TaskState::Unclear => TaskState::Accepted,
            other => other,
        }
    }

    /// Nothing was sent yet: it can be cancelled, stopped, expire.
    pub fn is_unissued(self) -> bool {
        use TaskState::{Accepted, WaitingApproval, WaitingBudget, WaitingTenantApproval, WaitingWindow};
        matches!(
            self,
            Accepted | WaitingApproval | WaitingTenantApproval | WaitingWindow | WaitingBudget
        )
    }

    /// An effect is on its way or not excluded: counts as the device's open task (A4).
    pub fn is_under_way(self) -> bool {
        use TaskState::{HandedOver, Issuing, NeedsOperator, PendingOnDevice, StillPending, Unclear};
        matches!(
            self,
            Issuing | Unclear | HandedOver | PendingOnDevice | StillPending | NeedsOperator
        )
    }

    /// Nothing more is expected, and nobody looks.
    pub fn is_end(self) -> bool {
        !self.is_unissued() && !self.is_under_way()
    }
}
