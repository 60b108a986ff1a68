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
use serde_json::json;
use tokio::sync::mpsc;

use super::body::{ActBody, Lang};
use super::{change, form, offer};
use crate::bus::wizard::{Digest, Wizard};
use crate::bus::{Step, StepState};
use crate::model::{At, InstanceName};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{Asked, Body, Named};
use crate::sics::guard::lacks;
use crate::sics::problem::Problem;
use crate::sics::reach;

/// Steps of one action that are gathered at most.
const STEPS: usize = 10_000;

/// For a product that is to be installed.
pub async fn run(
    State(sics): State<Sics>,
    caller: Caller,
    Named((product, action)): Named<(String, String)>,
    Asked(asked): Asked<Lang>,
    headers: HeaderMap,
    Body(body): Body<ActBody>,
) -> Result<Response, Problem> {
    let offer = offer(&sics, &product)?;
    let wizard = form::strict(&offer, &body.answers, asked.lang)?;
    act(&sics, &caller, &headers, wizard, &action, None).await
}

/// For an installation that is to be changed, or was just made.
pub async fn run_for_installed(
    State(sics): State<Sics>,
    caller: Caller,
    Named((instance, action)): Named<(InstanceName, String)>,
    Asked(asked): Asked<Lang>,
    headers: HeaderMap,
    Body(body): Body<ActBody>,
) -> Result<Response, Problem> {
    let standing = change::standing(&sics, &instance).await?;
    let wizard = standing.wizard(&body.answers, body.mode(), asked.lang)?;
    let installed = Some((standing.number, &instance));
    act(&sics, &caller, &headers, wizard, &action, installed).await
}

async fn act(
    sics: &Sics,
    caller: &Caller,
    headers: &HeaderMap,
    wizard: Wizard,
    action: &str,
    installed: Option<(i64, &InstanceName)>,
) -> Result<Response, Problem> {
    let template = wizard.template();
    let is_look = template.fields().any(|field| field.look.as_deref() == Some(action));
    if !is_look && !template.actions().any(|known| known.name == action) {
        return Err(Problem::unknown("action", action));
    }
    let operator = &caller.operator;
    let may = match installed {
        Some((_, name)) => operator.may("Verify_Run", At::instance(name)),
        None => operator.may_everywhere("Verify_Run"),
    };
    if !may {
        return Err(lacks(caller.name(), "Verify_Run"));
    }
    // Each reads hosts of the caller's choice, or a whole tenant.
    let place = sics.act_place()?;
    let mut wanted = wizard.wanted();
    wanted.by = Some(caller.operator.id);
    let about = wizard.about(action);
    let number = installed.map(|(number, _)| number);
    let steps = sics.installing().installer.host().act(action, wanted, number).await?;
    let watched = Watched {
        sics: sics.clone(),
        caller: caller.clone(),
        hidden: reach::hidden(sics, caller).await?,
        about,
        steps,
        good: 0,
        failed: 0,
        _place: place,
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
    let mut taken = Vec::new();
    while taken.len() < STEPS
        && let Some(step) = watched.next().await
    {
        taken.push(step);
    }
    let ok = taken.iter().all(|step| step.state != StepState::Failed);
    Ok(Json(json!({"ok": ok, "steps": taken})).into_response())
}

/// Steps that the bus sees go by: what it vouches for later is what it saw itself, to the end.
struct Watched {
    sics: Sics,
    caller: Caller,
    /// Servers that the caller knows nothing of.
    hidden: BTreeSet<String>,
    about: Option<Digest>,
    steps: mpsc::Receiver<Step>,
    good: usize,
    failed: usize,
    _place: tokio::sync::OwnedSemaphorePermit,
}

impl Watched {
    async fn next(&mut self) -> Option<Step> {
        let mut next = self.steps.recv().await;
        while next
            .as_ref()
            .is_some_and(|step| reach::hides(&self.hidden, &step.step, &step.subject))
        {
            next = self.steps.recv().await;
        }
        match next {
            Some(step) => {
                self.good += usize::from(step.state == StepState::Ok);
                self.failed += usize::from(step.state == StepState::Failed);
                Some(step)
            }
            None => {
                if let Some(about) = self.about.filter(|_| self.good > 0 && self.failed == 0) {
                    let proofs = &self.sics.installing().proofs;
                    proofs.note(self.caller.operator.id, about, self.sics.now());
                }
                None
            }
        }
    }
}
