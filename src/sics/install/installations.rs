//! Installations: requested, carried out in the background, watched, removed.

use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use tokio::sync::watch;

use super::view::{installation_view, invalid_answers_problem, read_installation};
use super::{find_installable_product, form, resolve_registration};
use crate::bus::wizard::{Wizard, WizardError, WizardEvent};
use crate::contract::{ConfirmQuery, InstallBody, InstallationView, InstallationsView, LanguageQuery};
use crate::model::{EffectConfirmation, InstallationState, InstanceName, Language};
use crate::sics::Sics;
use crate::sics::audit_recording::PerformedAct;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::{InstallationRow, MemberRow};

/// Accepted when its plan is durable; it is carried out behind the answer.
pub(crate) async fn install_product(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(product): PathParams<String>,
    QueryParams(asked): QueryParams<LanguageQuery>,
    JsonBody(body): JsonBody<InstallBody>,
) -> Result<(StatusCode, Json<InstallationView>), ApiProblem> {
    let offer = find_installable_product(&sics, &product)?;
    let wizard = form::build_valid_wizard(&offer, &body.answers, asked.lang)?;
    let wizard = form::with_passed_checks(sics.install_context(), wizard, caller.operator.id, sics.now());
    let wizard = complete_wizard(wizard, &body.anyway, asked.lang)?;
    let mut wanted = wizard.desired_settings();
    wanted.product = offer.id();
    wanted.by = Some(caller.relaxation_requester()?.id());
    let wanted = resolve_registration(&sics, wanted, None, asked.lang).await?;
    let installer = sics.install_context().installer.clone();
    let findings = installer.host().check_settings(&wanted, None).await.findings;
    if !findings.is_empty() {
        return Err(invalid_answers_problem(&findings, asked.lang));
    }
    let skipped_actions = wizard.skipped_actions();
    let answered: Vec<&str> = wizard.answers().field_names().collect();
    let base_entry = caller.entry(
        "installation.planned",
        "",
        json!({"anyway": skipped_actions, "answered": answered, "registration": wanted.registration}),
    );
    let first = offer.members.first().map(|member| member.name.clone());
    let audit_entry = move |row: &InstallationRow| {
        let mut entry = base_entry.clone();
        let number = row.number;
        entry.subject = first
            .as_ref()
            .map_or_else(|| number.to_string(), |first| format!("{first}_{number}"));
        for (key, value) in [
            ("product", &row.product),
            ("version", &row.version),
            ("profile", &row.profile),
        ] {
            entry.detail[key] = value.as_str().into();
        }
        Some(entry)
    };
    let planned = sics.clone();
    // What is planned is carried out, whether or not somebody waits for the answer.
    let view = sics.run_to_end(async move {
        let number = installer
            .plan_installation(&offer, &wanted, skipped_actions, audit_entry)
            .await?;
        let view = read_installation(&planned, number).await;
        tokio::spawn(carry_out_installation(planned, number));
        Ok(view?)
    });
    Ok((StatusCode::ACCEPTED, Json(view.await?)))
}

async fn carry_out_installation(sics: Sics, number: i64) {
    if let Err(error) = sics.install_context().installer.run_installation(number).await {
        tracing::error!(number, error = %error, "an installation is stuck");
    }
}

/// Nothing is wrong, and every check has passed or is skipped. Problems are made here, as they are in the language of the
/// request.
pub(crate) fn complete_wizard(
    mut wizard: Wizard,
    skipped_actions: &[String],
    language: Language,
) -> Result<Wizard, ApiProblem> {
    for action in skipped_actions {
        let action = action.clone();
        let unknown = |_| ApiProblem::bad_request("unknownAction", "no such check", "See the template.");
        wizard.apply_event(WizardEvent::Anyway { action }).map_err(unknown)?;
    }
    match wizard.check_complete() {
        Ok(()) => Ok(wizard),
        Err(WizardError::Findings(findings)) => Err(invalid_answers_problem(&findings, language)),
        Err(WizardError::NotPassed(action)) => Err(ApiProblem::conflict(
            "notPassed",
            format!("{action} has not passed for these answers"),
            format!("Run {action} first, or skip it (\"anyway\": [\"{action}\"]); that is recorded."),
        )
        .with_member("action", action)),
        Err(other) => Err(ApiProblem::conflict("notReady", other.to_string(), "See the template.")),
    }
}

pub(crate) async fn list_installations(
    State(sics): State<Sics>,
    caller: Caller,
) -> Result<Json<InstallationsView>, ApiProblem> {
    let members = sics.store().list_members(None).await?;
    let rows = sics.store().list_installations().await?;
    let all = rows.into_iter().map(|row| installation_view(row, &members));
    let reaches = |view: &InstallationView| {
        let name = view.name.parse::<InstanceName>();
        name.is_ok_and(|name| caller.reaches_instance(&name))
    };
    let installations = all
        .filter(|view| view.state != InstallationState::Removed)
        .filter(reaches)
        .collect();
    Ok(Json(InstallationsView { installations }))
}

/// The number of an installation that is not gone.
pub(crate) async fn installation_number(sics: &Sics, name: &InstanceName) -> Result<i64, ApiProblem> {
    let members = sics.store().list_members(None).await?;
    let found = members
        .iter()
        .find(|member| member.position == 1 && member.name == name.as_str());
    found
        .map(|member| member.installation)
        .ok_or_else(|| match find_whole(&members, name) {
            Some(whole) => ApiProblem::new(
                StatusCode::NOT_FOUND,
                "unknown",
                format!("{name} is a part of {whole}"),
                format!("Name {whole}: what is done to it is done to its parts."),
            ),
            None => ApiProblem::not_found("installation", name),
        })
}

/// The instance that this is a part of.
fn find_whole<'a>(members: &'a [MemberRow], name: &InstanceName) -> Option<&'a str> {
    let part = members.iter().find(|member| member.name == name.as_str())?;
    let whole = members
        .iter()
        .find(|member| member.position == 1 && member.installation == part.installation)?;
    Some(&whole.name)
}

/// Its current state; as events (`text/event-stream`) with every line of its journal, until it has ended.
pub(crate) async fn show_installation(
    State(sics): State<Sics>,
    PathParams(name): PathParams<InstanceName>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let number = installation_number(&sics, &name).await?;
    // Subscribed to before it is read, so that nothing falls between.
    let moved = sics.install_context().installer.watch_progress();
    let view = read_installation(&sics, number).await?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains("text/event-stream")) {
        return Ok(Json(view).into_response());
    }
    let heartbeat = KeepAlive::new().interval(sics.limits().heartbeat).text("");
    let follow = InstallationStream {
        shutdown_watch: sics.watch_shutdown(),
        sics,
        number,
        progress_watch: moved,
        first: Some(view),
        ended: false,
    };
    let events = stream::unfold(follow, async |mut follow| {
        let view = follow.next().await?;
        let data = serde_json::to_string(&view).expect("a view has only plain fields");
        Some((Ok::<_, Infallible>(Event::default().data(data)), follow))
    });
    Ok(Sse::new(events).keep_alive(heartbeat).into_response())
}

struct InstallationStream {
    sics: Sics,
    number: i64,
    progress_watch: watch::Receiver<u64>,
    shutdown_watch: watch::Receiver<bool>,
    first: Option<InstallationView>,
    ended: bool,
}

impl InstallationStream {
    async fn next(&mut self) -> Option<InstallationView> {
        if self.ended {
            return None;
        }
        let view = match self.first.take() {
            Some(view) => view,
            None => {
                if *self.shutdown_watch.borrow_and_update() {
                    return None;
                }
                tokio::select! {
                    moved = self.progress_watch.changed() => moved.ok()?,
                    _ = self.shutdown_watch.changed() => return None,
                }
                read_installation(&self.sics, self.number).await.ok()?
            }
        };
        self.ended = matches!(
            view.state,
            InstallationState::Installed | InstallationState::Failed | InstallationState::Removed
        );
        Some(view)
    }
}

/// Removes an installation, with all its members; its devices are reported as gone (F7).
pub(crate) async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
) -> Result<Json<InstallationView>, ApiProblem> {
    let number = installation_number(&sics, &name).await?;
    let confirmed = confirm.confirm.as_ref().map(EffectConfirmation::device_count);
    let subject = name.to_string();
    let act = move |sics: Sics| async move {
        let row = sics
            .install_context()
            .installer
            .uninstall(number, confirm.confirm)
            .await?;
        Ok(PerformedAct {
            answer: (),
            subject: name.to_string(),
            detail: json!({"state": row.state, "confirmed": confirmed}),
        })
    };
    sics.perform_act(&caller, "installation.removed", subject, act).await?;
    Ok(Json(read_installation(&sics, number).await?))
}
