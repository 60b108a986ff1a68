//! What these routes give.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::bus::wizard::Wizard;
use crate::bus::{FieldFinding, Language};
use crate::model::Timestamp;
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{InstallProblem, InstallationRow, InstallationState, MemberRow, MemberState, StoreError, WORKFLOW};

/// An error in one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FieldDiagnosisView {
    pub field: String,
    pub code: String,
    pub problem: String,
    pub advice: String,
}

impl FieldDiagnosisView {
    pub(crate) fn from_finding(finding: &FieldFinding, language: Language) -> FieldDiagnosisView {
        FieldDiagnosisView {
            field: finding.field.clone(),
            code: finding.code.clone(),
            problem: finding.problem.in_language(language).to_owned(),
            advice: finding.advice.in_language(language).to_owned(),
        }
    }
}

/// Answers that are not valid, each finding at its field.
pub(crate) fn invalid_answers_problem(findings: &[FieldFinding], language: Language) -> ApiProblem {
    let views: Vec<FieldDiagnosisView> = findings
        .iter()
        .map(|finding| FieldDiagnosisView::from_finding(finding, language))
        .collect();
    let first = views
        .first()
        .map_or(String::new(), |first| format!("{}: {}", first.field, first.problem));
    let advice = views.first().map_or(String::new(), |first| first.advice.clone());
    ApiProblem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "answers", first, advice)
        .with_member("findings", serde_json::to_value(&views).unwrap_or_default())
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageDiagnosis {
    pub name: String,
    pub shown: bool,
    /// The check that must pass before this page can be answered.
    pub locked_by: Option<String>,
    /// Names of the fields on this page.
    pub asked: Vec<String>,
    pub actions: Vec<String>,
    pub findings: Vec<FieldDiagnosisView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidateView {
    /// No errors; checks may still have to be run.
    pub ok: bool,
    pub pages: Vec<PageDiagnosis>,
    /// Checks that have passed for these answers.
    pub passed: Vec<String>,
    /// Checks that an installation requires, unless they are skipped.
    pub missing: Vec<String>,
}

impl ValidateView {
    /// `more`: what was found beside the wizard.
    pub(crate) fn from_wizard(wizard: &Wizard, more: &[FieldFinding], language: Language) -> ValidateView {
        let wizard_state = wizard.current_state();
        let template = wizard.template();
        let mut pages: Vec<PageDiagnosis> = Vec::new();
        for (page, seen) in template.pages.iter().zip(&wizard_state.pages) {
            let own = more
                .iter()
                .filter(|finding| page.fields.iter().any(|field| field.name == finding.field));
            // An answer that cannot be read is reported as that, and not as missing as well.
            let unread = |field: &str| more.iter().any(|finding| finding.field == field);
            let seen_there = seen.findings.iter();
            let seen_there = seen_there.filter(|finding| finding.code != "missing" || !unread(&finding.field));
            let findings = seen_there.chain(own);
            pages.push(PageDiagnosis {
                name: page.name.clone(),
                shown: seen.is_shown,
                locked_by: seen.locked_by.clone(),
                asked: seen.asked_fields.clone(),
                actions: seen.actions.clone(),
                findings: findings
                    .map(|finding| FieldDiagnosisView::from_finding(finding, language))
                    .collect(),
            });
        }
        // Findings without a field are shown on the first page.
        let strange = more
            .iter()
            .filter(|finding| template.find_field(&finding.field).is_none());
        if let Some(first) = pages.first_mut() {
            first
                .findings
                .extend(strange.map(|finding| FieldDiagnosisView::from_finding(finding, language)));
        }
        let actions: Vec<String> = template.actions().map(|action| action.name.clone()).collect();
        let (passed, rest): (Vec<_>, Vec<_>) = actions.into_iter().partition(|action| wizard.has_passed(action));
        let required = |action: &String| wizard_state.pages.iter().any(|page| page.required.contains(action));
        ValidateView {
            ok: pages.iter().all(|page| page.findings.is_empty()),
            pages,
            passed,
            missing: rest.into_iter().filter(required).collect(),
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberView {
    pub name: String,
    pub kind: String,
    /// `microservices` or `workflows`.
    pub area: &'static str,
    /// Of a workflow: the engine that runs it.
    pub engine: Option<String>,
    pub version: String,
    pub state: MemberState,
    #[schema(value_type = Option<Object>)]
    pub problem: Option<InstallProblem>,
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstallationView {
    pub number: i64,
    /// Name of its first member.
    pub name: String,
    pub product: String,
    pub version: String,
    pub profile: String,
    pub state: InstallationState,
    #[schema(value_type = Option<Object>)]
    pub problem: Option<InstallProblem>,
    /// Checks that were skipped although they had not passed.
    pub anyway: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub members: Vec<MemberView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstallationsView {
    pub installations: Vec<InstallationView>,
}

impl InstallationView {
    pub(crate) fn from_row(row: InstallationRow, members: &[MemberRow]) -> InstallationView {
        let own_members = members.iter().filter(|member| member.installation == row.number);
        let members: Vec<MemberView> = own_members.map(|member| member_view(member, &row.version)).collect();
        InstallationView {
            number: row.number,
            name: members
                .first()
                .map_or_else(|| row.number.to_string(), |first| first.name.clone()),
            product: row.product,
            version: row.version,
            profile: row.profile,
            state: row.state,
            problem: row.problem,
            anyway: row.overridden_checks,
            created_at: row.created_at,
            updated_at: row.updated_at,
            members,
        }
    }

    pub(crate) async fn read_installation(sics: &Sics, number: i64) -> Result<InstallationView, StoreError> {
        let row = sics.store().load_installation(number).await?;
        let members = sics.store().list_members(Some(number)).await?;
        Ok(InstallationView::from_row(row, &members))
    }
}

fn member_view(member: &MemberRow, version: &str) -> MemberView {
    let is_workflow = member.kind == WORKFLOW;
    MemberView {
        name: member.name.clone(),
        kind: member.kind.clone(),
        area: if is_workflow { "workflows" } else { "microservices" },
        engine: member
            .engine
            .as_ref()
            .map(|engine| format!("{engine}_{}", member.installation)),
        version: version.to_owned(),
        state: member.state,
        problem: member.problem.clone(),
        settings: member.settings.clone(),
    }
}
