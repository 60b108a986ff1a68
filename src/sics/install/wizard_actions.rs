//! Checks and looks of a template, run by the host over the answers so far; all steps at once, or one by one as they are
//! taken (server-sent events).

use std::collections::BTreeSet;
use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::view::localized_step;
use super::{find_installable_product, form, reconfigure, resolve_registration};
use crate::bus::wizard::{AnswersDigest, Wizard};
use crate::contract::{ActBody, CheckStep, CheckStepState, ChecksView, LanguageQuery};
use crate::model::{InstanceName, Language, ResourceRef};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::missing_right_problem;
use crate::sics::extract::{JsonBody, PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::sics::server_visibility;

/// Steps of one action that are gathered at most.
const STEPS: usize = 10_000;

/// For a product that is to be installed.
pub(crate) async fn run(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((product, action)): PathParams<(String, String)>,
    QueryParams(asked): QueryParams<LanguageQuery>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ActBody>,
) -> Result<Response, ApiProblem> {
    let offer = find_installable_product(&sics, &product)?;
    let wizard = form::build_valid_wizard(&offer, &body.answers, asked.lang)?;
    let wizard = form::with_passed_checks(sics.install_context(), wizard, caller.operator.id, sics.now());
    let checked = (wizard, offer.id(), asked.lang);
    run_action(&sics, &caller, &headers, checked, &action, None).await
}

/// For an installation that is to be changed, or was just made.
pub(crate) async fn run_installed_action(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((instance, action)): PathParams<(InstanceName, String)>,
    QueryParams(asked): QueryParams<LanguageQuery>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ActBody>,
) -> Result<Response, ApiProblem> {
    let installed_product = reconfigure::load_installed_product(&sics, &instance).await?;
    let wizard = installed_product.build_wizard(&body.answers, reconfigure::change_mode(body.sign_in), asked.lang)?;
    let wizard = form::with_passed_checks(sics.install_context(), wizard, caller.operator.id, sics.now());
    let installed = Some((installed_product.number, &instance));
    let checked = (wizard, installed_product.product_id(), asked.lang);
    run_action(&sics, &caller, &headers, checked, &action, installed).await
}

async fn run_action(
    sics: &Sics,
    caller: &Caller,
    headers: &HeaderMap,
    (wizard, product, language): (Wizard, String, Language),
    action: &str,
    installed: Option<(i64, &InstanceName)>,
) -> Result<Response, ApiProblem> {
    let template = wizard.template();
    let is_lookup = template
        .fields()
        .any(|field| field.check_action.as_deref() == Some(action));
    if !is_lookup && !template.actions().any(|known| known.name == action) {
        return Err(ApiProblem::not_found("action", action));
    }
    require_check_right(caller, installed.map(|(_, name)| name))?;
    // Each reads hosts of the caller's choice, or a whole tenant.
    let permit = sics.acquire_check_permit()?;
    let mut wanted = wizard.settings_for_action(action);
    wanted.product = product;
    wanted.by = Some(caller.operator.id);
    let about = wizard.action_digest(action);
    let number = installed.map(|(number, _)| number);
    let wanted = resolve_registration(sics, wanted, number, language).await?;
    let steps = sics
        .install_context()
        .installer
        .host()
        .run_action(action, wanted, number)
        .await?;
    respond_with_steps(sics, caller, headers, language, about, (steps, permit)).await
}

/// Checks speak to hosts of the caller's choice. `installed`: the installation that they are about.
pub(super) fn require_check_right(caller: &Caller, installed: Option<&InstanceName>) -> Result<(), ApiProblem> {
    let operator = &caller.operator;
    let may_run = match installed {
        Some(name) => operator.has_right("Verify_Run", ResourceRef::for_instance(name)),
        None => operator.has_right_everywhere("Verify_Run"),
    };
    if may_run {
        Ok(())
    } else {
        Err(missing_right_problem(caller.name(), "Verify_Run"))
    }
}

/// The steps one by one as they are taken, or all at once. `about`: the answers that the bus vouches for where they pass.
pub(super) async fn respond_with_steps(
    sics: &Sics,
    caller: &Caller,
    headers: &HeaderMap,
    language: Language,
    about: Option<AnswersDigest>,
    (steps, permit): (mpsc::Receiver<CheckStep>, OwnedSemaphorePermit),
) -> Result<Response, ApiProblem> {
    let watched = WatchedSteps {
        sics: sics.clone(),
        caller: caller.clone(),
        language,
        hidden_servers: server_visibility::hidden_servers(sics, caller).await?,
        answers_digest: about,
        steps,
        passed: 0,
        failed: 0,
        _permit: permit,
    };
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/event-stream")) {
        let heartbeat = KeepAlive::new().interval(sics.limits().heartbeat).text("");
        let events = stream::unfold(watched, async |mut watched| {
            let step = watched.next().await?;
            let data = serde_json::to_string(&step).expect("a step has only plain fields");
            Some((Ok::<_, Infallible>(Event::default().data(data)), watched))
        });
        return Ok(Sse::new(events).keep_alive(heartbeat).into_response());
    }
    let mut watched = watched;
    let mut finished_steps = Vec::new();
    while finished_steps.len() < STEPS
        && let Some(step) = watched.next().await
    {
        finished_steps.push(step);
    }
    let ok = !finished_steps.iter().any(|step| is_in_the_way(step.state));
    Ok(Json(ChecksView {
        ok,
        steps: finished_steps,
    })
    .into_response())
}

fn is_in_the_way(state: CheckStepState) -> bool {
    matches!(state, CheckStepState::Failed | CheckStepState::Waiting)
}

/// Steps that the bus sees go by: what it vouches for later is what it saw itself, to the end.
struct WatchedSteps {
    sics: Sics,
    caller: Caller,
    language: Language,
    /// Servers that the caller knows nothing of.
    hidden_servers: BTreeSet<String>,
    answers_digest: Option<AnswersDigest>,
    steps: mpsc::Receiver<CheckStep>,
    passed: usize,
    failed: usize,
    _permit: OwnedSemaphorePermit,
}

impl WatchedSteps {
    async fn next(&mut self) -> Option<CheckStep> {
        let mut next = self.steps.recv().await;
        while next
            .as_ref()
            .is_some_and(|step| server_visibility::hides_step(&self.hidden_servers, &step.step, &step.subject))
        {
            next = self.steps.recv().await;
        }
        match next {
            Some(step) => {
                self.passed += usize::from(step.state == CheckStepState::Ok);
                self.failed += usize::from(is_in_the_way(step.state));
                Some(localized_step(step, self.language))
            }
            None => {
                if let Some(about) = self.answers_digest.filter(|_| self.passed > 0 && self.failed == 0) {
                    let proofs = &self.sics.install_context().passed_checks;
                    proofs.record_pass(self.caller.operator.id, about, self.sics.now());
                }
                None
            }
        }
    }
}
