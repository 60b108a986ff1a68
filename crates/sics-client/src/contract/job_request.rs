//! A job as its sender writes it.

use std::fmt;

use chrono::{DateTime, Utc};
use connector_core::model::{ActionKind, DeviceId, InstanceName, PendingActionPolicy, Seq};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::given::deserialize_nullable;

/// One action for some devices. Only what is set is sent; the server refuses members that it does not know.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobBody {
    /// The sender's name for it; the header Idempotency-Key is accepted instead. Never expires: the same id again is the
    /// same job, and is not carried out twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Needed with a filter, and where two instances know the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// Name of a definition in the instance's settings, instead of `action`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Of the definition's text as it was shown; needed where it can do something to devices by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_hash: Option<String>,
    /// What to do; GET /sics/v1/actions lists all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionKind>,
    /// The devices. Anything but a harmless action needs `seq`, or all three other members, of each: the state that was
    /// seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<JobTargetBody>,
    /// CEL, instead of `devices`; resolved once; never for what destroys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// How many devices the sender expects it to concern; another number is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_devices: Option<u64>,
    /// Parameters of the action, by its schema.
    #[serde(default, skip_serializing_if = "GivenParameters::is_empty")]
    #[schema(value_type = Object)]
    pub parameters: GivenParameters,
    /// The name of the action once more, for disruptive and destructive ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked for it, in the sender's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// Where Intune shows an action as pending that was not sent from here: `stop` sends nothing, `wait` waits until
    /// nothing is pending, `goOn` sends it all the same.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when_pending: PendingActionPolicy,
    /// Not held back by maintenance windows.
    #[serde(default, skip_serializing_if = "is_default")]
    pub urgent: bool,
    /// Nothing is kept and nothing is sent; the answer says what would happen to each device.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dry_run: bool,
    /// After this time nothing is sent any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Parameters of an action, name to value, secrets in clear. `Debug` shows the names.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GivenParameters(pub Map<String, Value>);

impl GivenParameters {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for GivenParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A job as JSON, exactly as its sender wrote it: by its content the bus tells the same job from another. `Debug` shows
/// nothing of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GivenJob(pub Value);

impl GivenJob {
    /// This job as it is sent.
    pub fn from_body(job: &JobBody) -> GivenJob {
        GivenJob(serde_json::to_value(job).expect("a job has only plain fields"))
    }
}

impl fmt::Debug for GivenJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenJob(..)")
    }
}

/// A device, and what the sender saw of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with the id of a device: {\"id\": \"7809c88c-0000-4000-8000-000000000001\"}"
)]
pub struct JobTargetBody {
    /// Intune device id.
    pub id: DeviceId,
    /// Its place in the feed, as a change or a device said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// Serial number; null: the device has none.
    #[serde(
        default,
        deserialize_with = "deserialize_nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub serial_number: Option<Option<String>>,
    /// When it was enrolled; null: the device has none.
    #[serde(
        default,
        deserialize_with = "deserialize_nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub enrolled_date_time: Option<Option<String>>,
    /// Its user; null: the device has none.
    #[serde(
        default,
        deserialize_with = "deserialize_nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub user_principal_name: Option<Option<String>>,
}

impl JobTargetBody {
    /// A device of which only the id is given.
    pub fn from_id(id: DeviceId) -> JobTargetBody {
        JobTargetBody {
            id,
            seq: None,
            serial_number: None,
            enrolled_date_time: None,
            user_principal_name: None,
        }
    }
}
