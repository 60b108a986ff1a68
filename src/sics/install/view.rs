//! What these routes give.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::bus::wizard::Wizard;
use crate::bus::{FieldFinding, Language};
use crate::model::Timestamp;
use crate::sics::Sics;
use crate::sics::problem::Problem;
use crate::store::{InstallProblem, InstallationRow, InstallationState, MemberRow, MemberState, StoreError, WORKFLOW};

/// What is wrong in one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FindingView {
    pub field: String,
    pub code: String,
    pub problem: String,
    pub advice: String,
}

impl FindingView {
    pub fn of(finding: &FieldFinding, language: Language) -> FindingView {
        FindingView {
            field: finding.field.clone(),
            code: finding.code.clone(),
            problem: finding.problem.say(language).to_owned(),
            advice: finding.advice.say(language).to_owned(),
        }
    }
}

/// Answers that can't be taken, each finding at its field.
pub fn refused(findings: &[FieldFinding], language: Language) -> Problem {
    let views: Vec<FindingView> = findings
        .iter()
        .map(|finding| FindingView::of(finding, language))
        .collect();
    let first = views
        .first()
        .map_or(String::new(), |first| format!("{}: {}", first.field, first.problem));
    let advice = views.first().map_or(String::new(), |first| first.advice.clone());
    Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "answers", first, advice)
        .with("findings", serde_json::to_value(&views).unwrap_or_default())
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageFindings {
    pub name: String,
    pub shown: bool,
    /// The check that has to pass before anything can be answered on this page.
    pub locked_by: Option<String>,
    /// Names of the fields that are asked.
    pub asked: Vec<String>,
    pub actions: Vec<String>,
    pub findings: Vec<FindingView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidateView {
    /// Nothing is wrong; checks may still have to be run.
    pub ok: bool,
    pub pages: Vec<PageFindings>,
    /// Checks that have passed over these answers.
    pub passed: Vec<String>,
    /// Checks without which an installation is refused, unless one goes on anyway.
    pub missing: Vec<String>,
}

impl ValidateView {
    /// `more`: what was found beside the wizard.
    pub fn of(wizard: &Wizard, more: &[FieldFinding], language: Language) -> ValidateView {
        let look = wizard.look();
        let template = wizard.template();
        let mut pages: Vec<PageFindings> = Vec::new();
        for (page, seen) in template.pages.iter().zip(&look.pages) {
            let own = more
                .iter()
                .filter(|finding| page.fields.iter().any(|field| field.name == finding.field));
            let findings = seen.findings.iter().chain(own);
            pages.push(PageFindings {
                name: page.name.clone(),
                shown: seen.is_shown,
                locked_by: seen.locked_by.clone(),
                asked: seen.asked.clone(),
                actions: seen.actions.clone(),
                findings: findings.map(|finding| FindingView::of(finding, language)).collect(),
            });
        }
        // What no field has stands on the first page.
        let strange = more.iter().filter(|finding| template.field(&finding.field).is_none());
        if let Some(first) = pages.first_mut() {
            first
                .findings
                .extend(strange.map(|finding| FindingView::of(finding, language)));
        }
        let actions: Vec<String> = template.actions().map(|action| action.name.clone()).collect();
        let (passed, rest): (Vec<_>, Vec<_>) = actions.into_iter().partition(|action| wizard.has_passed(action));
        let required = |action: &String| look.pages.iter().any(|page| page.required.contains(action));
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
pub struct MemberView {
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
pub struct InstallationView {
    pub number: i64,
    /// Of its first member.
    pub name: String,
    pub product: String,
    pub version: String,
    pub profile: String,
    pub state: InstallationState,
    #[schema(value_type = Option<Object>)]
    pub problem: Option<InstallProblem>,
    /// Checks that had not passed when somebody went on anyway.
    pub anyway: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub members: Vec<MemberView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InstallationsView {
    pub installations: Vec<InstallationView>,
}

impl InstallationView {
    pub fn of(row: InstallationRow, members: &[MemberRow]) -> InstallationView {
        let own = members.iter().filter(|member| member.installation == row.number);
        let members: Vec<MemberView> = own.map(|member| member_view(member, &row.version)).collect();
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
            anyway: row.anyway,
            created_at: row.created_at,
            updated_at: row.updated_at,
            members,
        }
    }

    pub async fn read(sics: &Sics, number: i64) -> Result<InstallationView, StoreError> {
        let row = sics.store().installation(number).await?;
        let members = sics.store().members(Some(number)).await?;
        Ok(InstallationView::of(row, &members))
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
