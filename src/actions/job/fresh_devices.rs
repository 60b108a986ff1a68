//! Devices as Intune tells of them now, for a job that is being looked at.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::actions::subject::Subject;
use crate::graph::GraphClient;
use crate::model::{DeviceId, InstanceName};

/// Devices of which Intune is asked for one job: one batch.
pub(crate) const ASKED_MAX: usize = crate::graph::MAX_BATCH;
/// How long a job waits for Intune; then the inventory has to do.
const ASKS: Duration = Duration::from_secs(10);

/// Who can ask Intune for devices.
pub trait FreshDevices: Send + Sync {
    /// What Intune tells of each now, `None` for one that it does not know (404); those that could not be read are left
    /// out. At most [`ASKED_MAX`] of them.
    fn read_fresh_devices(
        &self,
        instance: InstanceName,
        ids: Vec<DeviceId>,
    ) -> BoxFuture<'_, HashMap<DeviceId, Option<Value>>>;
}

/// One instance's own client.
impl FreshDevices for GraphClient {
    fn read_fresh_devices(
        &self,
        _: InstanceName,
        ids: Vec<DeviceId>,
    ) -> BoxFuture<'_, HashMap<DeviceId, Option<Value>>> {
        Box::pin(async move {
            let asked = self.read_devices_batch(&ids, Some(Subject::SELECT));
            let answers = match tokio::time::timeout(ASKS, asked).await {
                Ok(Ok(answers)) => answers,
                Ok(Err(error)) => {
                    tracing::warn!(error = %error, "cannot read Intune for a dry run; using the inventory instead");
                    return HashMap::new();
                }
                Err(_) => return HashMap::new(),
            };
            let devices = answers.into_iter().filter_map(|(id, answer)| match answer {
                Ok(reading) => Some((id, Some(serde_json::from_slice(&reading.body).ok()?))),
                Err(error) if error.is_not_found() => Some((id, None)),
                Err(_) => None,
            });
            devices.collect()
        })
    }
}
