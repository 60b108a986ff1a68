//! One action that was accepted.

use std::borrow::Cow;
use std::fmt;

use uuid::Uuid;

use super::conduct::Conduct;
use super::verb::{Params, Verb};
use crate::world::Ticks;

/// Graph's `actionState`, as far as Intune's own life cycle uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionState {
    Pending,
    Active,
    Done,
    Failed,
    NotSupported,
    Canceled,
}

impl ActionState {
    pub fn name(self) -> &'static str {
        match self {
            ActionState::Pending => "pending",
            ActionState::Active => "active",
            ActionState::Done => "done",
            ActionState::Failed => "failed",
            ActionState::NotSupported => "notSupported",
            ActionState::Canceled => "canceled",
        }
    }

    pub fn is_open(self) -> bool {
        matches!(self, ActionState::Pending | ActionState::Active)
    }
}

impl fmt::Display for ActionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is asked of a device.
#[derive(Debug, Clone)]
pub struct Wish {
    pub device_id: Uuid,
    pub verb: &'static Verb,
    pub parameters: Params,
    pub conduct: Conduct,
    /// The app's name, as audits tell it.
    pub by: String,
}

#[derive(Debug, Clone)]
pub struct Task {
    /// Rises with every task of the tenant.
    pub number: u64,
    pub device_id: Uuid,
    pub verb: &'static Verb,
    /// What results call it.
    pub shown_as: Cow<'static, str>,
    pub parameters: Params,
    pub conduct: Conduct,
    pub state: ActionState,
    pub started: Ticks,
    pub updated: Ticks,
    pub by: String,
    /// As the device was called then; an audit outlives its device.
    pub device_name: String,
    pub imei: Option<String>,
    pub owner: Option<String>,
    /// A wipe, retire or delete came after it.
    pub ignored: bool,
    /// It leaves no trace before this moment, nor before it was looked for so many times.
    pub hidden: Option<(Ticks, u32)>,
}

impl Task {
    pub fn is_open(&self) -> bool {
        self.state.is_open() && !self.ignored
    }

    /// What `managementState` says by it.
    pub fn management_state(&self) -> Option<&'static str> {
        let [pending, issued, failed, canceled] = self.verb.states?;
        Some(match self.state {
            ActionState::Pending => pending,
            ActionState::Active => issued,
            ActionState::Failed => failed,
            ActionState::Canceled => canceled,
            ActionState::Done | ActionState::NotSupported => "managed",
        })
    }
}
