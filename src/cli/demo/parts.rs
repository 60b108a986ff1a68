//! What runs on the environment of the demonstration.

use super::demo_follower::DemoFollower;
use super::losses::LossHandle;
use super::sender::SenderHandle;

#[derive(Default)]
pub(super) struct DemoParts {
    pub followers: Vec<DemoFollower>,
    pub sender: Option<SenderHandle>,
    pub losses: Option<LossHandle>,
}

impl DemoParts {
    /// What happened since the last time, besides the changes.
    pub(super) fn drain_lines(&mut self) -> Vec<String> {
        let mut lines = self.sender.as_mut().map(SenderHandle::drain_lines).unwrap_or_default();
        lines.extend(self.losses.iter_mut().flat_map(LossHandle::drain_lines));
        lines
    }
}
