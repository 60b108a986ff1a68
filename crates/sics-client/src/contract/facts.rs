//! What readers of events are told: something that happened, as it is now.

use chrono::{DateTime, Utc};
use connector_core::model::{DeviceId, RunState, ScanId, ScanState, Seq, TaskState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApplicationState, InstanceState, OrderState, TargetFact};

/// Something that happened. Readers pass over kinds that they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum EventFact {
    /// A device changed or has gone.
    Device(DeviceFact),
    /// More devices of an instance changed at once than are told one by one.
    DevicesChanged(DevicesChangedFact),
    /// A job came in, moved or ended.
    Job(JobFact),
    /// The action on one device of a job moved.
    Task(TaskFact),
    /// A scan began, read on or ended.
    Scan(ScanFact),
    /// State of an instance: once at the beginning of the stream, then whenever it is another.
    Instance(InstanceFact),
    /// A management server was announced, accepted, changed, seen or removed.
    Server(ServerFact),
    /// How much waits for a person: once at the beginning of the stream, then whenever it is another number.
    Attention(AttentionFact),
    /// Kill switch: once at the beginning of the stream, then whenever it is switched.
    KillSwitch(KillSwitchFact),
    /// A run of a workflow began or ended.
    Run(RunFact),
    /// An order was placed, moved or ended.
    Order(OrderFact),
    /// An application that can be ordered was added, changed or removed.
    Application(ApplicationFact),
    /// State of a target: once at the beginning of the stream, then whenever it is another.
    Target(TargetFact),
    /// The reader was too slow, and facts were left out: read anew what is shown.
    Lost,
}

/// A device changed or has gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceFact {
    /// Name of the instance.
    pub instance: String,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Its position in the feed.
    pub seq: Seq,
    /// What became of it.
    pub change: DeviceFactChange,
    /// Name of the device; null: none, or it has gone.
    pub device_name: Option<String>,
    /// Serial number; null: none, or it has gone.
    pub serial_number: Option<String>,
    /// User principal name of its user; null: none, or it has gone.
    pub user_principal_name: Option<String>,
    /// Operating system; null: none, or it has gone.
    pub operating_system: Option<String>,
    /// Version of the operating system; null: none, or it has gone.
    pub os_version: Option<String>,
    /// Compliance state; null: none, or it has gone.
    pub compliance_state: Option<String>,
    /// Last check-in; null: none, or it has gone.
    pub last_sync_date_time: Option<DateTime<Utc>>,
}

/// What became of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeviceFactChange {
    /// It is new, or other than before.
    Upsert,
    /// It has gone, or is left out from now on.
    Gone,
}

/// More devices changed at once than are told one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DevicesChangedFact {
    /// Name of the instance.
    pub instance: String,
    /// How many devices.
    pub count: u64,
}

/// A job moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobFact {
    /// The bus's number of the job.
    pub id: i64,
    /// Where it stands.
    pub state: JobFactState,
}

/// Where a job stands, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum JobFactState {
    /// A second person has to approve it.
    Waiting,
    /// Something is still expected of at least one device.
    Open,
    /// Nothing more is expected.
    Ended,
}

/// The action on one device of a job moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskFact {
    /// The bus's number of the job.
    pub job: i64,
    /// The bus's number of the task.
    pub task: i64,
    /// Where it stands.
    pub state: TaskState,
}

/// A scan moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanFact {
    /// Name of the instance.
    pub instance: String,
    /// Its number.
    pub scan: ScanId,
    /// How far it is.
    pub state: ScanState,
    /// Devices in the pages that were read.
    pub seen: u64,
}

/// State of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstanceFact {
    /// Name of the instance.
    pub name: String,
    /// Coarse state.
    pub state: InstanceState,
}

/// A management server is other than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerFact {
    /// The id that it announced itself under.
    pub id: String,
}

/// How much waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttentionFact {
    /// Items for which somebody has to do something.
    pub act: u64,
    /// Items to watch.
    pub watch: u64,
}

/// Kill switch, as far as the caller may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KillSwitchFact {
    /// Whether one is on that the caller may see.
    pub on: bool,
}

/// A run of a workflow moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunFact {
    /// Its number.
    pub id: i64,
    /// Where it stands.
    pub state: RunState,
}

/// An order moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderFact {
    /// The sender's id of the order.
    pub id: String,
    /// Id of the application.
    pub application: String,
    /// Name of the orders instance.
    pub instance: String,
    /// Where it stands.
    pub state: OrderState,
}

/// An application is other than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationFact {
    /// Its id.
    pub id: String,
    /// Name of the orders instance.
    pub instance: String,
    /// Where it stands; null: it is removed.
    pub state: Option<ApplicationState>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fact_has_its_kind_beside_its_members() {
        let changed = EventFact::DevicesChanged(DevicesChangedFact {
            instance: "IntuneConnector_1".to_owned(),
            count: 501,
        });
        for (fact, json) in [
            (
                changed,
                json!({"kind": "devicesChanged", "instance": "IntuneConnector_1", "count": 501}),
            ),
            (EventFact::Lost, json!({"kind": "lost"})),
            (
                EventFact::KillSwitch(KillSwitchFact { on: true }),
                json!({"kind": "killSwitch", "on": true}),
            ),
        ] {
            assert_eq!(serde_json::to_value(&fact).expect("JSON"), json);
            assert_eq!(serde_json::from_value::<EventFact>(json).expect("a fact"), fact);
        }
    }
}
