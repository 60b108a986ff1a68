//! Installing a product by its wizard.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::{EffectConfirmation, InstallationState, InstanceName, Language, MemberState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{Diagnosis, GivenAnswers, MemberArea};

/// In which language the bus tells people what is wrong.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LanguageQuery {
    /// `en` or `de`; default: `en`.
    #[serde(default)]
    #[param(inline)]
    pub lang: Language,
}

/// For a change: `?confirm=N-DIGEST` as well.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LanguageConfirmQuery {
    /// `en` or `de`; default: `en`.
    #[serde(default)]
    #[param(inline)]
    pub lang: Language,
    /// `confirm` of the refusal without it: number of devices that servers lose, and digest.
    #[param(inline)]
    pub confirm: Option<EffectConfirmation>,
}

/// Answers to be looked at.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswersBody {
    /// Field to answer.
    pub answers: GivenAnswers,
    /// Name of the installation that they are to change. Omitted: they are for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<InstanceName>,
}

/// Answers that a check of the wizard is run with.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActBody {
    /// Field to answer; of an installation, over the answers that it stands on.
    #[serde(default)]
    pub answers: GivenAnswers,
    /// Only the sign-in answers are given again.
    #[serde(default)]
    pub sign_in: bool,
}

/// A new installation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstallBody {
    /// Field to answer.
    pub answers: GivenAnswers,
    /// Names of checks to skip; recorded in the audit trail.
    #[serde(default)]
    pub anyway: Vec<String>,
}

/// A change of an installation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeBody {
    /// Field to answer; omitted ones stay, `null` takes one away.
    pub answers: GivenAnswers,
    /// Only the sign-in answers are given again.
    #[serde(default)]
    pub sign_in: bool,
    /// Names of checks to skip; recorded in the audit trail.
    #[serde(default)]
    pub anyway: Vec<String>,
}

/// When something is to run.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunsBody {
    /// `every 15m`, or a cron expression of five or six fields.
    pub trigger: String,
    /// IANA time zone; default: UTC.
    pub zone: Option<String>,
}

/// The next runs of a trigger.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextRunsView {
    /// IANA time zone.
    pub zone: String,
    /// RFC 3339 with the zone's offset at that time; the next five.
    pub runs: Vec<String>,
}

/// What is wrong with answers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidateView {
    /// No errors; checks may still have to be run.
    pub ok: bool,
    /// All pages of the wizard, in their order.
    pub pages: Vec<PageDiagnosis>,
    /// Checks that have passed for these answers.
    pub passed: Vec<String>,
    /// Checks that an installation requires, unless they are skipped.
    pub missing: Vec<String>,
}

/// What is wrong on one page of the wizard.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageDiagnosis {
    /// Name of the page.
    pub name: String,
    /// Whether it is shown with these answers.
    pub shown: bool,
    /// The check that must pass before this page can be answered.
    pub locked_by: Option<String>,
    /// Names of the fields on this page.
    pub asked: Vec<String>,
    /// Names of the checks on this page.
    pub actions: Vec<String>,
    /// Each with `field` and `code`.
    pub findings: Vec<Diagnosis>,
}

/// A member of an installation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    /// `IntuneConnector_1`.
    pub name: String,
    /// Kind of the microservice, or `workflow`.
    pub kind: String,
    /// Where it is shown.
    pub area: MemberArea,
    /// Of a workflow: the engine that runs it.
    pub engine: Option<String>,
    /// Version of the product.
    pub version: String,
    /// How far its installation is.
    pub state: MemberState,
    /// Why it failed, with `code`; null: it did not.
    pub problem: Option<Diagnosis>,
    /// What was answered for it, by setting; without secrets.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
}

/// An installation with its members.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallationView {
    /// The number in the names of its members.
    pub number: i64,
    /// Name of its first member.
    pub name: String,
    /// Id of the product.
    pub product: String,
    /// Version of the product.
    pub version: String,
    /// Its display name.
    pub profile: String,
    /// How far it is.
    pub state: InstallationState,
    /// Why it failed, with `code`; null: it did not.
    pub problem: Option<Diagnosis>,
    /// Checks that were skipped although they had not passed.
    pub anyway: Vec<String>,
    /// When it was requested.
    pub created_at: DateTime<Utc>,
    /// When it last moved.
    pub updated_at: DateTime<Utc>,
    /// What it consists of, in the order of the manifest.
    pub members: Vec<MemberView>,
    /// In the answer to a change: what was wrong with other answers before and still is, each with `field` and `code`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Diagnosis>,
}

/// All installations.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstallationsView {
    /// By number, within the caller's scope.
    pub installations: Vec<InstallationView>,
}

/// One step of an action, reported as it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckStep {
    /// What is done: `name`, `tls`, `token`, `right` …
    pub step: String,
    /// What the step checks: a host, a right, a file.
    pub subject: String,
    /// How it went.
    pub state: CheckStepState,
    /// What was found.
    pub detail: String,
    /// Stable code of the cause, if the step failed.
    pub cause: Option<String>,
    /// What to do about it, if the step failed.
    pub cure: Option<String>,
    /// The field whose answer caused the failure.
    pub field: Option<String>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckStepState {
    /// In progress; the same step is reported again.
    Running,
    /// It went well.
    Ok,
    /// It did not; see `cause` and `cure`.
    Failed,
    /// It was not done.
    Skipped,
    /// It went well; `cure` says what could be better.
    Note,
    /// What it looks for is not there yet: somebody has to do it first, see `cure`, or it takes effect in a moment.
    Waiting,
}

/// What a check of the wizard found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChecksView {
    /// No step failed, and none waits.
    pub ok: bool,
    /// The steps, in their order.
    pub steps: Vec<CheckStep>,
}

/// The answers that an installation stands on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AnswersView {
    /// Id of the product.
    pub product: String,
    /// Field to answer, as text; without secrets.
    pub answers: BTreeMap<String, String>,
}
