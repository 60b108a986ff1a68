//! What one management server may see: the devices and fields that its limits allow (F8).
//!
//! A device that the filter can't judge is neither let through nor left out: the server is told nothing of it, keeps what it
//! has, also at the end of a snapshot, and that is told with the server's status (E10).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::condition::{ConditionError, DeviceCondition, UnjudgedDevices};
use crate::contract::UnjudgedView;
use crate::model::{
    ChangeKind, DeviceBody, DeviceId, FeedChange, FeedPhase, GoneReason, InstanceId, InstanceName, ServerId,
    format_time,
};
use crate::store::{FeedRow, InstanceRow, RowState, ServerRow, Store, StoreError};

/// Fields that are always told: without them a change says nothing.
const ALWAYS: [&str; 2] = ["id", "deviceClass"];

#[derive(Debug, thiserror::Error)]
#[error("invalid filter of server {server}: {source}")]
pub struct ServerFilterError {
    pub server: ServerId,
    pub source: ConditionError,
}

pub struct ServerFilter {
    fields: Option<Vec<String>>,
    filter: Option<Arc<DeviceCondition>>,
}

impl ServerFilter {
    pub fn from_server(server: &ServerRow) -> Result<ServerFilter, ServerFilterError> {
        let filter = server.filter.as_deref().map(DeviceCondition::compile).transpose();
        Ok(ServerFilter {
            fields: server.fields.clone(),
            filter: filter
                .map(|filter| filter.map(Arc::new))
                .map_err(|source| ServerFilterError {
                    server: server.id.clone(),
                    source,
                })?,
        })
    }

    pub fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether the filter asks for what devices of this instance may lack: it can judge none of them yet (F8).
    pub fn is_waiting_for(&self, instance: &InstanceRow) -> bool {
        let asked = self.filter.as_ref().map(|filter| filter.property_names());
        let asked = asked.unwrap_or_default();
        instance.missing_fields.iter().any(|name| asked.contains(name.as_str()))
    }

    /// Devices of an instance that the filter can't judge, as they are now: how many, and the first of them.
    pub async fn unjudged(&self, store: &Store, instance: InstanceId) -> Result<UnjudgedView, StoreError> {
        self.look(store, instance, UnjudgedDevices::default()).await
    }

    /// All of them: what the server has of them stays at the end of a snapshot.
    pub async fn unjudged_ids(&self, store: &Store, instance: InstanceId) -> Result<Vec<DeviceId>, StoreError> {
        let view = self.look(store, instance, UnjudgedDevices::naming_all()).await?;
        Ok(view.devices.into_iter().filter_map(|device| device.device_id).collect())
    }

    async fn look(
        &self,
        store: &Store,
        instance: InstanceId,
        unjudged: UnjudgedDevices,
    ) -> Result<UnjudgedView, StoreError> {
        if let Some(filter) = self.filter.clone() {
            let noted = unjudged.clone();
            let matching = Arc::new(move |body: &str| {
                filter.matches_body(body).unwrap_or_else(|problem| {
                    noted.record_device(body, &problem);
                    false
                })
            });
            store.count_matching_devices(instance, matching).await?;
        }
        Ok(unjudged.view())
    }

    /// The change as this server may see it; `None` where there is nothing to tell it.
    pub fn visible_change(
        &self,
        instance: &InstanceName,
        row: &FeedRow,
        phase: FeedPhase,
    ) -> Option<FeedChange<DeviceBody>> {
        let change = FeedChange {
            seq: Some(row.seq),
            device_id: Some(row.id),
            changed_at: Some(format_time(row.changed_at)),
            ..FeedChange::with_kind(instance, ChangeKind::Gone)
        };
        let gone = |change: FeedChange<DeviceBody>, reason| {
            Some(FeedChange {
                reason: Some(reason),
                ..change
            })
        };
        let body = match (row.state, &row.body) {
            (RowState::Gone(reason), _) => return gone(change, reason),
            (RowState::Present, None) => return None,
            (RowState::Present, Some(body)) => body,
        };
        match self.passes_filter(body) {
            Ok(true) => Some(FeedChange {
                kind: ChangeKind::Upsert,
                replaces: row.replaces,
                same_as: row.same_as,
                device: Some(self.project_fields(body)),
                ..change
            }),
            // Within a snapshot it is enough not to be there.
            Ok(false) if matches!(phase, FeedPhase::Snapshot { begun_at } if row.seq <= begun_at) => None,
            Ok(false) => gone(change, GoneReason::Filtered),
            Err(error) => {
                tracing::warn!(device.id = %row.id, error = %error, "a server's filter could not evaluate a device: the server keeps its copy");
                None
            }
        }
    }

    fn passes_filter(&self, body: &DeviceBody) -> Result<bool, ConditionError> {
        self.filter
            .as_ref()
            .map_or(Ok(true), |filter| filter.matches_body(&body.to_json()))
    }

    /// The device with the fields that are let through; as it is kept where all are.
    fn project_fields(&self, body: &DeviceBody) -> DeviceBody {
        let Some(fields) = &self.fields else {
            return body.clone();
        };
        let all: Map<String, Value> = serde_json::from_str(&body.to_json()).unwrap_or_default();
        let seen: Map<String, Value> = all
            .into_iter()
            .filter(|(name, _)| ALWAYS.contains(&name.as_str()) || fields.contains(name))
            .collect();
        DeviceBody::from_packed(Value::Object(seen).to_string())
    }
}
