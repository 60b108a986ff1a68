//! Installing a product by its wizard.

use super::GivenAnswers;
use chrono::{DateTime, Utc};
use connector_core::model::{EffectConfirmation, InstallationState, Language, MemberState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LanguageQuery {
    #[serde(default)]
    pub lang: Language,
}

/// For a change: `?confirm=N-DIGEST` as well.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LanguageConfirmQuery {
    #[serde(default)]
    pub lang: Language,
    pub confirm: Option<EffectConfirmation>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswersBody {
    pub answers: GivenAnswers,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActBody {
    #[serde(default)]
    pub answers: GivenAnswers,
    /// Only the sign-in answers are given again.
    #[serde(default)]
    pub sign_in: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstallBody {
    pub answers: GivenAnswers,
    /// Names of checks to skip; recorded in the audit trail.
    #[serde(default)]
    pub anyway: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeBody {
    pub answers: GivenAnswers,
    #[serde(default)]
    pub sign_in: bool,
    #[serde(default)]
    pub anyway: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunsBody {
    /// `every 15m`, or a cron expression of five or six fields.
    pub trigger: String,
    /// IANA time zone; default: UTC.
    pub zone: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextRunsView {
    pub zone: String,
    /// RFC 3339 with the zone's offset at that time.
    pub runs: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidateView {
    /// No errors; checks may still have to be run.
    pub ok: bool,
    pub pages: Vec<PageDiagnosis>,
    /// Checks that have passed for these answers.
    pub passed: Vec<String>,
    /// Checks that an installation requires, unless they are skipped.
    pub missing: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageDiagnosis {
    pub name: String,
    pub shown: bool,
    /// The check that must pass before this page can be answered.
    pub locked_by: Option<String>,
    /// Names of the fields on this page.
    pub asked: Vec<String>,
    pub actions: Vec<String>,
    pub findings: Vec<FieldDiagnosisView>,
}

/// An error in one field.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FieldDiagnosisView {
    pub field: String,
    pub code: String,
    pub problem: String,
    pub advice: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    pub name: String,
    pub kind: String,
    /// `microservices` or `workflows`.
    pub area: String,
    /// Of a workflow: the engine that runs it.
    pub engine: Option<String>,
    pub version: String,
    pub state: MemberState,
    pub problem: Option<InstallProblem>,
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallationView {
    pub number: i64,
    /// Name of its first member.
    pub name: String,
    pub product: String,
    pub version: String,
    pub profile: String,
    pub state: InstallationState,
    pub problem: Option<InstallProblem>,
    /// Checks that were skipped although they had not passed.
    pub anyway: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub members: Vec<MemberView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstallationsView {
    pub installations: Vec<InstallationView>,
}

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallProblem {
    pub code: String,
    pub problem: String,
    pub advice: String,
}

/// One step of an action, reported as it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckStep {
    pub step: String,
    /// What the step checks: a host, a right, a file.
    pub subject: String,
    pub state: CheckStepState,
    /// What was found.
    pub detail: String,
    /// Stable code of the cause, if the step failed.
    pub cause: Option<String>,
    pub cure: Option<String>,
    /// The field whose answer caused the failure.
    pub field: Option<String>,
    pub took_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckStepState {
    /// In progress; the same step is reported again.
    Running,
    Ok,
    Failed,
    Skipped,
}

/// What a check of the wizard found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChecksView {
    /// No step failed.
    pub ok: bool,
    /// The steps, in their order.
    pub steps: Vec<CheckStep>,
}

/// The answers that an installation stands on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AnswersView {
    /// Field to answer; of a secret that it is set.
    pub answers: GivenAnswers,
}
