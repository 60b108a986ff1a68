//! What a person sees first: the fleets in numbers, and what needs somebody.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// A target, by name.
    Target,
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
