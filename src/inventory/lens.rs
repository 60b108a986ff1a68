//! What one management server is let see of a device: the fields and the devices that its limits let through (F8).

use serde_json::{Map, Value};

use super::condition::{Condition, ConditionError};
use crate::model::{Body, Change, GoneReason, InstanceName, Kind, Phase, ServerId, format_time};
use crate::store::{FeedRow, InstanceRow, RowState, ServerRow};

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
    filter: Option<Condition>,
}

impl Lens {
    pub fn of(server: &ServerRow) -> Result<Lens, LensError> {
        let filter = server.filter.as_deref().map(Condition::compile).transpose();
        Ok(Lens {
            fields: server.fields.clone(),
            filter: filter.map_err(|source| LensError {
                server: server.id.clone(),
                source,
            })?,
        })
    }

    /// Whether the filter asks for what devices of this instance may lack: it can judge none of them yet (F8).
    pub fn waits_for(&self, instance: &InstanceRow) -> bool {
        let asked = self.filter.as_ref().map(Condition::property_names).unwrap_or_default();
        instance.lacking.iter().any(|name| asked.contains(name.as_str()))
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
