//! Installations: asked for, carried out in the background, watched, taken away.

use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use tokio::sync::watch;

use super::body::{InstallBody, Lang};
use super::view::{InstallationView, InstallationsView, refused};
use super::{form, offer};
use crate::bus::Language;
use crate::bus::wizard::{Event as WizardEvent, Refused, Wizard};
use crate::model::{Confirmation, InstanceName};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{Asked, Body, Confirm, Named};
use crate::sics::problem::Problem;
use crate::store::{InstallationRow, InstallationState};

/// Accepted when its plan is durable; it is carried out behind the answer.
pub async fn install(
    State(sics): State<Sics>,
    caller: Caller,
    Named(product): Named<String>,
    Asked(asked): Asked<Lang>,
    Body(body): Body<InstallBody>,
) -> Result<(StatusCode, Json<InstallationView>), Problem> {
    let offer = offer(&sics, &product)?;
    let wizard = form::strict(&offer, &body.answers, asked.lang)?;
    let wizard = form::with_proofs(sics.installing(), wizard, caller.operator.id, sics.now());
    let wizard = judged(wizard, &body.anyway, asked.lang)?;
    let mut wanted = wizard.wanted();
    wanted.product = offer.id();
    wanted.by = Some(caller.loosening()?.id());
    let installer = sics.installing().installer.clone();
    let findings = installer.host().check(&wanted, None).await;
    if !findings.is_empty() {
        return Err(refused(&findings, asked.lang));
    }
    let anyway = wizard.anyway();
    let answered: Vec<&str> = wizard.answers().names().collect();
    let named = caller.entry(
        "installation.planned",
        "",
        json!({"anyway": anyway, "answered": answered}),
    );
    let first = offer.members.first().map(|member| member.name.clone());
    let told = move |row: &InstallationRow| {
        let mut entry = named.clone();
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
    let number = installer.plan(&offer, &wanted, anyway, told).await?;
    let view = InstallationView::read(&sics, number).await?;
    tokio::spawn(carried_out(sics, number));
    Ok((StatusCode::ACCEPTED, Json(view)))
}

async fn carried_out(sics: Sics, number: i64) {
    if let Err(error) = sics.installing().installer.carry_out(number).await {
        tracing::error!(number, error = %error, "an installation is stuck");
    }
}

/// Nothing is wrong, and every check has passed or is gone on without.
pub fn judged(mut wizard: Wizard, anyway: &[String], language: Language) -> Result<Wizard, Problem> {
    for action in anyway {
        let action = action.clone();
        let unknown = |_| Problem::bad_request("unknownAction", "there is no such check", "See the template.");
        wizard.step(WizardEvent::Anyway { action }).map_err(unknown)?;
    }
    match wizard.complete() {
        Ok(()) => Ok(wizard),
        Err(Refused::Findings(findings)) => Err(refused(&findings, language)),
        Err(Refused::NotPassed(action)) => Err(Problem::conflict(
            "notPassed",
            format!("{action} has not passed over these answers"),
            format!("Run {action} first, or go on anyway (\"anyway\": [\"{action}\"]); that is recorded."),
        )
        .with("action", action)),
        Err(other) => Err(Problem::conflict("notReady", other.to_string(), "See the template.")),
    }
}

pub async fn list(State(sics): State<Sics>, caller: Caller) -> Result<Json<InstallationsView>, Problem> {
    let members = sics.store().members(None).await?;
    let rows = sics.store().installations().await?;
    let all = rows.into_iter().map(|row| InstallationView::of(row, &members));
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
pub async fn number_of(sics: &Sics, name: &InstanceName) -> Result<i64, Problem> {
    let members = sics.store().members(None).await?;
    let found = members
        .iter()
        .find(|member| member.place == 1 && member.name == name.as_str());
    found
        .map(|member| member.installation)
        .ok_or_else(|| Problem::unknown("installation", name))
}

/// As it stands; as events (`text/event-stream`) with every line of its journal, until it has come to an end.
pub async fn show(
    State(sics): State<Sics>,
    Named(name): Named<InstanceName>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let number = number_of(&sics, &name).await?;
    // Subscribed to before it is read, so that nothing falls between.
    let moved = sics.installing().installer.moved();
    let view = InstallationView::read(&sics, number).await?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains("text/event-stream")) {
        return Ok(Json(view).into_response());
    }
    let heartbeat = KeepAlive::new().interval(sics.limits().heartbeat).text("");
    let follow = Follow {
        closing: sics.closing(),
        sics,
        number,
        moved,
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

struct Follow {
    sics: Sics,
    number: i64,
    moved: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    first: Option<InstallationView>,
    ended: bool,
}

impl Follow {
    async fn next(&mut self) -> Option<InstallationView> {
        if self.ended {
            return None;
        }
        let view = match self.first.take() {
            Some(view) => view,
            None => {
                if *self.closing.borrow_and_update() {
                    return None;
                }
                tokio::select! {
                    moved = self.moved.changed() => moved.ok()?,
                    _ = self.closing.changed() => return None,
                }
                InstallationView::read(&self.sics, self.number).await.ok()?
            }
        };
        self.ended = matches!(
            view.state,
            InstallationState::Installed | InstallationState::Failed | InstallationState::Removed
        );
        Some(view)
    }
}

/// Takes an installation away, every member of it; its devices are told gone (F7).
pub async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
    Asked(confirm): Asked<Confirm>,
) -> Result<Json<InstallationView>, Problem> {
    let number = number_of(&sics, &name).await?;
    let confirmed = confirm.confirm.as_ref().map(Confirmation::count);
    let intent = sics.intend(&caller, "installation.removed", &name).await?;
    let row = sics.installing().installer.uninstall(number, confirm.confirm).await?;
    let detail = json!({"state": row.state, "confirmed": confirmed});
    intent.done(&name, detail).await;
    Ok(Json(InstallationView::read(&sics, number).await?))
}
