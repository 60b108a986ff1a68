//! The form of a product, and what is wrong with answers to it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::installations::installation_number;
use super::view::{invalid_answers_problem, validate_view};
use super::{InstallContext, find_installable_product};
use crate::bus::answers::WizardAnswers;
use crate::bus::install::InstallableProduct;
use crate::bus::template::{json_model, schema as json_schema};
use crate::bus::wizard::{Wizard, WizardEvent};
use crate::bus::{DesiredSettings, FieldFinding};
use crate::contract::{AnswersBody, GivenAnswers, LanguageQuery, ValidateView};
use crate::model::{Language, OperatorId, ResourceRef, Timestamp};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::out_of_scope_problem;
use crate::sics::extract::{JsonBody, PathParams, QueryParams};
use crate::sics::problem::ApiProblem;

/// The right with which installations are made and changed.
const MANAGES: &str = "Instances_Manage";

/// As JSON in one language, or (`Accept: application/xml`) the document itself, in both.
pub(crate) async fn show_template(
    State(sics): State<Sics>,
    PathParams(product): PathParams<String>,
    QueryParams(asked): QueryParams<LanguageQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let offer = find_installable_product(&sics, &product)?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("xml")) {
        let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
        return Ok((kind, offer.template.source().to_owned()).into_response());
    }
    Ok(Json(json_model::describe_template(&offer.template, asked.lang)).into_response())
}

pub(crate) async fn show_schema(
    State(sics): State<Sics>,
    PathParams(product): PathParams<String>,
    QueryParams(asked): QueryParams<LanguageQuery>,
) -> Result<Json<Value>, ApiProblem> {
    let offer = find_installable_product(&sics, &product)?;
    Ok(Json(json_schema::json_schema(&offer.template, asked.lang)))
}

pub(crate) async fn validate_answers(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(product): PathParams<String>,
    QueryParams(asked): QueryParams<LanguageQuery>,
    JsonBody(body): JsonBody<AnswersBody>,
) -> Result<Json<ValidateView>, ApiProblem> {
    let offer = find_installable_product(&sics, &product)?;
    let number = match &body.installation {
        Some(name) if !caller.operator.has_right(MANAGES, ResourceRef::for_instance(name)) => {
            return Err(out_of_scope_problem(&caller));
        }
        Some(name) => Some(installation_number(&sics, name).await?),
        None => None,
    };
    let (wizard, mut findings) = build_wizard(&offer, &body.answers);
    let wizard = with_passed_checks(sics.install_context(), wizard, caller.operator.id, sics.now());
    // What depends on answers that are wrong can't be judged.
    if findings.is_empty() && wizard.current_state().all_findings().next().is_none() {
        let host = sics.install_context().installer.host();
        let wanted = DesiredSettings {
            product: offer.id(),
            ..wizard.desired_settings()
        };
        findings = match host.resolve_registration(wanted, number).await {
            Ok(wanted) => host.check_settings(&wanted, number).await.findings,
            Err(finding) => vec![finding],
        };
    }
    Ok(Json(validate_view(&wizard, &findings, asked.lang)))
}

/// A wizard over the answers of a request, and what can't be read of them.
pub(crate) fn build_wizard(offer: &InstallableProduct, given: &GivenAnswers) -> (Wizard, Vec<FieldFinding>) {
    let (answers, findings) = WizardAnswers::from_json(&offer.template, &given.0);
    (Wizard::new(offer.template.clone()).with_answers(answers), findings)
}

/// The same, or the refusal.
pub(crate) fn build_valid_wizard(
    offer: &InstallableProduct,
    given: &GivenAnswers,
    language: Language,
) -> Result<Wizard, ApiProblem> {
    match build_wizard(offer, given) {
        (wizard, findings) if findings.is_empty() => Ok(wizard),
        (_, findings) => Err(invalid_answers_problem(&findings, language)),
    }
}

/// With the checks that the bus saw pass over these answers.
pub(crate) fn with_passed_checks(
    install_context: &InstallContext,
    mut wizard: Wizard,
    by: OperatorId,
    now: Timestamp,
) -> Wizard {
    let actions: Vec<String> = wizard.template().actions().map(|action| action.name.clone()).collect();
    for action in actions {
        if let Some(about) = wizard.action_digest(&action)
            && install_context.passed_checks.has_passed(by, about, now)
        {
            let passed = true;
            // The template has this action.
            let _ = wizard.apply_event(WizardEvent::Judged { action, about, passed });
        }
    }
    wizard
}
