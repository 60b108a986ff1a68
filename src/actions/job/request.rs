//! The request as it arrives; nothing in it is trusted yet.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::model::{ActionKind, DeviceId, InstanceName, PendingActionPolicy, Seq, Timestamp};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobRequest {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub instance: Option<InstanceName>,
    #[serde(default)]
    pub definition: Option<String>,
    /// Of the text of that definition, as it was shown; needed where it can do something to devices by itself.
    #[serde(default)]
    pub definition_hash: Option<String>,
    #[serde(default)]
    pub action: Option<ActionKind>,
    #[serde(default)]
    pub devices: Vec<JobTarget>,
    #[serde(default)]
    pub filter: Option<String>,
    #[serde(default)]
    pub expect_devices: Option<u64>,
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The name of the action once more, for disruptive and destructive ones.
    #[serde(default)]
    pub confirm: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub requested_by: Option<String>,
    /// Where Intune shows an action as pending that was not sent from here.
    #[serde(default)]
    pub when_pending: PendingActionPolicy,
    #[serde(default)]
    pub urgent: bool,
    #[serde(default)]
    pub dry_run: bool,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A device, and what the requester saw of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobTarget {
    pub id: DeviceId,
    #[serde(default)]
    pub seq: Option<Seq>,
    /// Outer `None`: not said; inner `None`: the device has none.
    #[serde(default, deserialize_with = "deserialize_given")]
    pub serial_number: Option<Option<String>>,
    #[serde(default, deserialize_with = "deserialize_given")]
    pub enrolled_date_time: Option<Option<String>>,
    #[serde(default, deserialize_with = "deserialize_given")]
    pub user_principal_name: Option<Option<String>>,
}

fn deserialize_given<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(d).map(Some)
}

/// What makes two requests the same: everything but the id, and whether it was only tried.
pub fn content_digest(raw: &Value) -> [u8; 32] {
    let mut content = raw.clone();
    if let Some(map) = content.as_object_mut() {
        map.remove("id");
        map.remove("dryRun");
    }
    openssl::sha::sha256(canonical_json(&content).as_bytes())
}

/// The same text for the same JSON, whatever the order of keys.
fn canonical_json(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort_unstable();
            let pairs = keys
                .iter()
                .map(|key| format!("{}:{}", Value::from(key.as_str()), canonical_json(&map[*key])));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical_json).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
