//! What one management server is let see of a device: the fields and the devices that its limits let through (F8).
//!
//! A device that the filter can't judge is neither let through nor left out: the server is told nothing of it, keeps what it
//! has, also at the end of a snapshot, and that is told with the server's status (E10).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::condition::{Condition, ConditionError, Unjudged, UnjudgedView};
use crate::model::{Body, Change, DeviceId, GoneReason, InstanceId, InstanceName, Kind, Phase, ServerId, format_time};
use crate::store::{FeedRow, InstanceRow, RowState, ServerRow, Store, StoreError};

/// Fields that are always told: without them a change says nothing.
const ALWAYS: [&str; 2] = ["id", "deviceClass"];

#[derive(Debug, thiserror::Error)]
#[error("the filter of server {server} can't be used: {source}")]
pub struct LensError {
    pub server: ServerId,
    pub source: ConditionError,
}

pub struct Lens {
    fields: Option<Vec<String>>,
    filter: Option<Arc<Condition>>,
}

impl Lens {
    pub fn of(server: &ServerRow) -> Result<Lens, LensError> {
        let filter = server.filter.as_deref().map(Condition::compile).transpose();
        Ok(Lens {
            fields: server.fields.clone(),
            filter: filter.map(|filter| filter.map(Arc::new)).map_err(|source| LensError {
                server: server.id.clone(),
                source,
            })?,
        })
    }

    pub fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether the filter asks for what devices of this instance may lack: it can judge none of them yet (F8).
    pub fn waits_for(&self, instance: &InstanceRow) -> bool {
        let asked = self.filter.as_ref().map(|filter| filter.property_names());
        let asked = asked.unwrap_or_default();
        instance.lacking.iter().any(|name| asked.contains(name.as_str()))
    }

    /// Devices of an instance that the filter can't judge, as they are now: how many, and the first of them.
    pub async fn unjudged(&self, store: &Store, instance: InstanceId) -> Result<UnjudgedView, StoreError> {
        self.look(store, instance, Unjudged::default()).await
    }

    /// All of them: what the server has of them stays at the end of a snapshot.
    pub async fn unjudged_ids(&self, store: &Store, instance: InstanceId) -> Result<Vec<DeviceId>, StoreError> {
        let view = self.look(store, instance, Unjudged::naming_all()).await?;
        Ok(view.devices.into_iter().filter_map(|device| device.device_id).collect())
    }

    async fn look(&self, store: &Store, instance: InstanceId, unjudged: Unjudged) -> Result<UnjudgedView, StoreError> {
        if let Some(filter) = self.filter.clone() {
            let noted = unjudged.clone();
            let matching = Arc::new(move |body: &str| {
                filter.holds(body).unwrap_or_else(|problem| {
                    noted.note(body, &problem);
                    false
                })
            });
            store.count_matching(instance, matching).await?;
        }
        Ok(unjudged.view())
    }

    /// The change as this server may see it; `None` where there is nothing to tell it.
    pub fn change(&self, instance: &InstanceName, row: &FeedRow, phase: Phase) -> Option<Change<Body>> {
        let change = Change {
            seq: Some(row.seq),
            device_id: Some(row.id),
            changed_at: Some(format_time(row.changed_at)),
            ..Change::bare(instance, Kind::Gone)
        };
        let gone = |change: Change<Body>, reason| {
            Some(Change {
                reason: Some(reason),
                ..change
            })
        };
        let body = match (row.state, &row.body) {
            (RowState::Gone(reason), _) => return gone(change, reason),
            (RowState::Present, None) => return None,
            (RowState::Present, Some(body)) => body,
        };
        match self.passes(body) {
            Ok(true) => Some(Change {
                kind: Kind::Upsert,
                replaces: row.replaces,
                same_as: row.same_as,
                device: Some(self.project(body)),
                ..change
            }),
            // Within a snapshot it is enough not to be there.
            Ok(false) if matches!(phase, Phase::Snapshot { begun_at } if row.seq <= begun_at) => None,
            Ok(false) => gone(change, GoneReason::Filtered),
            Err(error) => {
                tracing::warn!(device.id = %row.id, error = %error, "a server's filter could not judge a device: it stays as it was there");
                None
            }
        }
    }

    fn passes(&self, body: &Body) -> Result<bool, ConditionError> {
        self.filter
            .as_ref()
            .map_or(Ok(true), |filter| filter.holds(&body.json()))
    }

    /// The device with the fields that are let through; as it is kept where all are.
    fn project(&self, body: &Body) -> Body {
        let Some(fields) = &self.fields else {
            return body.clone();
        };
        let all: Map<String, Value> = serde_json::from_str(&body.json()).unwrap_or_default();
        let seen: Map<String, Value> = all
            .into_iter()
            .filter(|(name, _)| ALWAYS.contains(&name.as_str()) || fields.contains(name))
            .collect();
        Body::kept(Value::Object(seen).to_string())
    }
}
