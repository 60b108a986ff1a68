//! What a person sees first: the fleets in numbers, what needs somebody, and what happens.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use connector_core::model::{DeviceId, RunState, ScanId, ScanState, Seq, TaskState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApplicationState, InstanceState, OrderState};

/// The fleets in numbers, as far as the caller's scope reaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryView {
    /// Devices of all visible instances.
    pub devices: u64,
    /// Devices per operating system, as Intune names it; `unknown`: the device has none. The largest first.
    pub by_platform: Vec<CountView>,
    /// Devices per compliance state, as Intune names it; `unknown`: the device has none. The largest first.
    pub by_compliance: Vec<CountView>,
    /// Devices per ownership, as Intune names it; `unknown`: the device has none. The largest first.
    pub by_ownership: Vec<CountView>,
    /// Devices per age of their last check-in, always these five: `today` (24 hours), `week` (7 days), `month` (30 days),
    /// `quarter` (90 days), `older` (longer ago, or never).
    pub by_check_in_age: Vec<CountView>,
    /// The last 30 days in UTC, oldest first; today is the last.
    pub days: Vec<DayView>,
    /// What is under way: scans, jobs, installations, runs of workflows.
    pub running: Vec<RunningWorkView>,
    /// When credentials end, those of which it is known; the next first.
    pub credentials: Vec<CredentialEndView>,
    /// How much of its budget of requests each running instance uses.
    pub budgets: Vec<BudgetView>,
}

/// How many there are of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountView {
    /// The kind.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// What a day brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayView {
    /// The day in UTC: `2026-11-21`.
    pub date: NaiveDate,
    /// Devices that scans met for the first time.
    pub added: u64,
    /// Devices that scans found to be other than before.
    pub changed: u64,
    /// Devices that scans reported as gone.
    pub gone: u64,
    /// Actions on single devices that ended on this day.
    pub actions: u64,
    /// Of these, the ones that ended as `failed`, `notSupported`, `refused` or `expired`.
    pub actions_failed: u64,
}

/// Something that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunningWorkView {
    /// What it is.
    pub kind: RunningWorkKind,
    /// By which it is asked for: name of the instance that scans, number of the job, name of the installation, number of
    /// the run.
    pub subject: String,
    /// For people: kind of the scan, name of the action, profile of the installation, name of the workflow.
    pub title: String,
    /// When it began.
    pub since: DateTime<Utc>,
    /// Devices read, devices of which nothing more is expected, members installed; 0 for a run.
    pub done: u64,
    /// Of how many; null: not known.
    pub total: Option<u64>,
}

/// Kinds of what may be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunningWorkKind {
    /// A scan of an instance.
    Scan,
    /// A job with devices of which something is still expected.
    Job,
    /// A product that is being installed or removed.
    Installation,
    /// A run of a workflow.
    Run,
}

/// When a credential ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialEndView {
    /// Name of the instance.
    pub instance: String,
    /// What it is for: `scan`, `next` (takes the place of the one for scans), `actions`, `orders`.
    pub kind: String,
    /// When it ends; of a secret the beginning of the day that the settings name.
    pub ends_at: DateTime<Utc>,
    /// Whole days left; negative: it has ended.
    pub days_left: i64,
}

/// How much of its budget of requests to Graph an instance uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BudgetView {
    /// Name of the instance.
    pub instance: String,
    /// Requests of the last 20 seconds, percent of what it may send. Instances of one app registration share it.
    pub used_percent: u32,
    /// Until when Microsoft asked to be left alone; null: it did not.
    pub slowed_until: Option<DateTime<Utc>>,
}

/// Everything that waits for a person, as far as the caller may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttentionItemsView {
    /// Those that need somebody first, then those to watch; the longest waiting first within both.
    pub items: Vec<AttentionItemView>,
    /// One per visible instance.
    pub instances: Vec<LightView>,
    /// One per visible management server.
    pub servers: Vec<LightView>,
}

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttentionItemView {
    /// Stable, for machines and translations: `brakeOn`, `serverToAccept` …
    pub code: String,
    /// Whether somebody has to do something.
    pub severity: AttentionSeverity,
    /// What it is about.
    pub subject_kind: AttentionSubject,
    /// Its name, id or number.
    pub subject: String,
    /// Since when; null: not known.
    pub since: Option<DateTime<Utc>>,
    /// What is the matter, in English.
    pub message: String,
    /// What to do about it, in English.
    pub advice: String,
    /// Path of the page of the console on which it is mended: `/servers/cmdb1`.
    pub fix: String,
    /// What stands in the message, by name: a translation is made of the code and these.
    pub arguments: BTreeMap<String, String>,
}

/// Whether somebody has to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AttentionSeverity {
    /// Somebody has to.
    Act,
    /// It passes by itself, or is meant; somebody should know.
    Watch,
}

/// What something that waits is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AttentionSubject {
    /// The bus as a whole.
    Bus,
    /// The store of the bus.
    Store,
    /// An instance, by name.
    Instance,
    /// A credential of an instance, by the instance's name.
    Credential,
    /// A compliance node, as `INSTANCE/NODE`.
    Node,
    /// A microservice, by name.
    Member,
    /// An installation, by name.
    Installation,
    /// A management server, by id.
    Server,
    /// A job, by number.
    Job,
    /// A change that loosens the guard, by number.
    Loosening,
    /// An emergency action, by number.
    BrokenGlass,
    /// A kill switch, by tenant; `*`: all.
    KillSwitch,
    /// An operator, by name.
    Operator,
    /// A notice, by number.
    Notice,
    /// A workflow, by name.
    Workflow,
    /// A product, by id.
    Product,
    /// An application that can be ordered, by id.
    Application,
    /// Orders of an orders instance, by the instance's name.
    Orders,
}

/// How an instance or a management server is, at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LightView {
    /// Name of the instance, or id of the server.
    pub name: String,
    /// How it is.
    pub light: Light,
    /// Code of the reason: that of an item, `disabled` or `stopped`; null: nothing is the matter.
    pub cause: Option<String>,
    /// Since when; null: not known, or nothing is the matter.
    pub since: Option<DateTime<Utc>>,
}

/// How something is, at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Light {
    /// Nothing is the matter.
    Good,
    /// Something to watch.
    Warning,
    /// Somebody has to do something.
    Bad,
    /// It is not meant to work: stopped, disabled, not accepted.
    Off,
}

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
