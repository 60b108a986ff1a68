//! Where jobs are handed in, and who asks.

use std::sync::Arc;

use super::fresh_devices::FreshDevices;
use crate::config::DataFolder;
use crate::model::{InstanceName, ResourceRef};
use crate::observe::Clock;
use crate::store::{OperatorRow, ServerRow, Store};

/// Where jobs are handed in.
#[derive(Clone)]
pub struct JobIntake {
    pub store: Store,
    pub folder: Arc<DataFolder>,
    pub clock: Clock,
    /// Asks Intune for dry runs; `None`: they go by the inventory.
    pub fresh_devices: Option<Arc<dyn FreshDevices>>,
}

/// Who asks.
pub struct JobRequester {
    pub operator: OperatorRow,
    /// The management server in whose name; `None`: a person or a program for itself.
    pub server: Option<ServerRow>,
}

impl JobRequester {
    /// As jobs and results are kept for.
    pub fn source(&self) -> String {
        match &self.server {
            Some(server) => format!("server:{}", server.id),
            None => format!("operator:{}", self.operator.id),
        }
    }

    /// Whether the right to send jobs holds there.
    pub(super) fn may_send_to(&self, instance: &InstanceName) -> bool {
        let at = ResourceRef {
            instance: Some(instance),
            server: self.server.as_ref().map(|server| &server.id),
        };
        self.operator.has_right("Jobs_Send", at)
    }
}
