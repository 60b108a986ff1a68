//! The form of a product, and what is wrong with answers to it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::body::{AnswersBody, Given, Lang};
use super::view::{ValidateView, refused};
use super::{Installing, offer};
use crate::bus::answers::Answers;
use crate::bus::install::Offer;
use crate::bus::template::{model, schema as json_schema};
use crate::bus::wizard::{Event, Wizard};
use crate::bus::{FieldFinding, Language};
use crate::model::{OperatorId, Timestamp};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{Asked, Body, Named};
use crate::sics::problem::Problem;

/// As JSON in one language, or (`Accept: application/xml`) the document itself, in both.
pub async fn template(
    State(sics): State<Sics>,
    Named(product): Named<String>,
    Asked(asked): Asked<Lang>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let offer = offer(&sics, &product)?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("xml")) {
        let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
        return Ok((kind, offer.template.source().to_owned()).into_response());
    }
    Ok(Json(model::describe(&offer.template, asked.lang)).into_response())
}

pub async fn schema(
    State(sics): State<Sics>,
    Named(product): Named<String>,
    Asked(asked): Asked<Lang>,
) -> Result<Json<Value>, Problem> {
    let offer = offer(&sics, &product)?;
    Ok(Json(json_schema::schema(&offer.template, asked.lang)))
}

pub async fn validate(
    State(sics): State<Sics>,
    caller: Caller,
    Named(product): Named<String>,
    Asked(asked): Asked<Lang>,
    Body(body): Body<AnswersBody>,
) -> Result<Json<ValidateView>, Problem> {
    let offer = offer(&sics, &product)?;
    let (wizard, mut findings) = wizard(&offer, &body.answers);
    let wizard = with_proofs(sics.installing(), wizard, caller.operator.id, sics.now());
    // What depends on answers that are wrong can't be judged.
    if findings.is_empty() && wizard.look().findings().next().is_none() {
        findings = sics.installing().installer.host().check(&wizard.wanted(), None).await;
    }
    Ok(Json(ValidateView::of(&wizard, &findings, asked.lang)))
}

/// A wizard over the answers of a request, and what can't be read of them.
pub fn wizard(offer: &Offer, given: &Given) -> (Wizard, Vec<FieldFinding>) {
    let (answers, findings) = Answers::from_json(&offer.template, &given.0);
    (Wizard::new(offer.template.clone()).with_answers(answers), findings)
}

/// The same, or the refusal.
pub fn strict(offer: &Offer, given: &Given, language: Language) -> Result<Wizard, Problem> {
    match wizard(offer, given) {
        (wizard, findings) if findings.is_empty() => Ok(wizard),
        (_, findings) => Err(refused(&findings, language)),
    }
}

/// With the checks that the bus saw pass over these answers.
pub fn with_proofs(installing: &Installing, mut wizard: Wizard, by: OperatorId, now: Timestamp) -> Wizard {
    let actions: Vec<String> = wizard.template().actions().map(|action| action.name.clone()).collect();
    for action in actions {
        if let Some(about) = wizard.about(&action)
            && installing.proofs.holds(by, about, now)
        {
            let passed = true;
            // The template has this action.
            let _ = wizard.step(Event::Judged { action, about, passed });
        }
    }
    wizard
}
