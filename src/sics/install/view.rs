//! What these routes give.

use serde_json::json;

use crate::bus::FieldFinding;
use crate::bus::translation::localize_text;
use crate::bus::wizard::Wizard;
use crate::contract::{CheckStep, Diagnosis, InstallationView, MemberArea, MemberView, PageDiagnosis, ValidateView};
use crate::model::Language;
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{InstallationRow, MemberRow, StoreError, WORKFLOW};

/// Answers that are not valid, each finding at its field.
pub(crate) fn invalid_answers_problem(findings: &[FieldFinding], language: Language) -> ApiProblem {
    let views: Vec<Diagnosis> = findings.iter().map(|finding| finding.in_language(language)).collect();
    let first = findings.first().zip(views.first());
    let detail = first.map_or(String::new(), |(finding, view)| {
        format!("{}: {}", finding.field, view.problem)
    });
    let advice = views.first().map_or(String::new(), |first| first.advice.clone());
    ApiProblem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "answers", detail, advice)
        .with_member("findings", json!(views))
        .with_language(language)
}

/// What a step says to people, in this language; its codes and names stay as they are.
pub(crate) fn localized_step(step: CheckStep, language: Language) -> CheckStep {
    let localized = |text: String| localize_text(&text, language).into_owned();
    CheckStep {
        detail: localized(step.detail),
        cure: step.cure.map(localized),
        ..step
    }
}

/// What is wrong, page by page. `more`: what was found beside the wizard.
pub(crate) fn validate_view(wizard: &Wizard, more: &[FieldFinding], language: Language) -> ValidateView {
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
            findings: findings.map(|finding| finding.in_language(language)).collect(),
        });
    }
    // Findings without a field are shown on the first page.
    let strange = more
        .iter()
        .filter(|finding| template.find_field(&finding.field).is_none());
    if let Some(first) = pages.first_mut() {
        first
            .findings
            .extend(strange.map(|finding| finding.in_language(language)));
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

pub(crate) fn installation_view(row: InstallationRow, members: &[MemberRow]) -> InstallationView {
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
        warnings: Vec::new(),
    }
}

pub(crate) async fn read_installation(sics: &Sics, number: i64) -> Result<InstallationView, StoreError> {
    let row = sics.store().load_installation(number).await?;
    let members = sics.store().list_members(Some(number)).await?;
    Ok(installation_view(row, &members))
}

fn member_view(member: &MemberRow, version: &str) -> MemberView {
    let is_workflow = member.kind == WORKFLOW;
    MemberView {
        name: member.name.clone(),
        kind: member.kind.clone(),
        area: if is_workflow {
            MemberArea::Workflows
        } else {
            MemberArea::Microservices
        },
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
