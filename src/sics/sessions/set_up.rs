//! The first person of a bus that has nobody yet. Whoever has read the file `console-setup` in the data folder makes them;
//! its token holds for an hour after the start of the bus, and is compared in constant time.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret;
use serde_json::json;

use super::setup_door::{SetupToken, TokenVerdict};
use super::start_session;
use crate::contract::{SessionStartedView, SetupBody, SetupView};
use crate::model::{RoleName, Timestamp};
use crate::sics::Sics;
use crate::sics::auth::SessionOrigin;
use crate::sics::connection_limit::Peer;
use crate::sics::extract::StrangerBody;
use crate::sics::operators::{check_operator_name, hash_given_password};
use crate::sics::problem::ApiProblem;
use crate::store::{AuditEntry, OperatorRow};

/// Name of the file in the data folder.
pub const SETUP_FILE: &str = "console-setup";
/// What the first person may do: everything.
const FIRST_ROLE: &str = "administrator";

impl Sics {
    /// Lets the first person be made by this token, until then. For a start at which there is nobody.
    pub fn open_setup(&self, sha256: [u8; 32], ends_at: Timestamp) {
        self.setup_door().open(SetupToken { sha256, ends_at });
    }

    /// Nobody is to be made any more, and the token is worth nothing.
    fn close_setup(&self) {
        self.setup_door().close();
        let path = self.data_folder().join(SETUP_FILE);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), error = %error, "failed to remove the file of the first set-up");
            }
            Ok(()) | Err(_) => (),
        }
    }
}

pub(crate) async fn show_setup(State(sics): State<Sics>) -> Result<Json<SetupView>, ApiProblem> {
    // Where somebody was there at the start, no stranger has the store asked.
    let needed = sics.setup_door().is_open() && sics.store().needs_first_person().await?;
    Ok(Json(SetupView { needed }))
}

pub(crate) async fn set_up_bus(
    State(sics): State<Sics>,
    peer: Peer,
    headers: HeaderMap,
    StrangerBody(body): StrangerBody<SetupBody>,
) -> Result<(StatusCode, Json<SessionStartedView>), ApiProblem> {
    if !sics.setup_door().is_open() {
        return Err(already_set_up_problem());
    }
    let auth = sics.auth();
    auth.begin_one_time_attempt(&peer).await?;
    // Whoever was made by a command meanwhile: then no token is the right one.
    let needed = auth.throttled_lookup(&peer, sics.store().needs_first_person()).await?;
    if !needed {
        sics.close_setup();
        return Err(already_set_up_problem());
    }
    match sics.setup_door().judge_token(body.token.expose_secret(), sics.now()) {
        TokenVerdict::Wrong => return Err(auth.deny_one_time_token(&peer)),
        TokenVerdict::Over => return Err(setup_over_problem()),
        TokenVerdict::Right => auth.accept_one_time_token(&peer),
    }
    check_operator_name(&body.name)?;
    let password = hash_given_password(&sics, Some(body.password)).await?;
    let password = password.map(|hash| hash.as_str().to_owned()).unwrap_or_default();
    let Some(person) = add_first_person(&sics, body.name, password).await? else {
        sics.close_setup();
        return Err(already_set_up_problem());
    };
    sics.close_setup();
    start_session(&sics, &person, SessionOrigin::SetUp, &headers, &peer).await
}

/// `None`: somebody else was faster.
async fn add_first_person(sics: &Sics, name: String, password_hash: String) -> Result<Option<OperatorRow>, ApiProblem> {
    let role: RoleName = FIRST_ROLE
        .parse()
        .map_err(|_| ApiProblem::not_found("role", FIRST_ROLE))?;
    let store = sics.store().recorded(|added: &Option<OperatorRow>| {
        added.as_ref().map(|person| AuditEntry {
            actor: person.name.clone(),
            action: "setUp",
            subject: person.name.clone(),
            detail: json!({ "role": FIRST_ROLE }),
        })
    });
    let notice = format!("account {name} was created with the role {role} by the first set-up of this bus");
    Ok(store.add_first_person(name, password_hash, role, notice).await?)
}

fn already_set_up_problem() -> ApiProblem {
    ApiProblem::conflict(
        "alreadySetUp",
        "this bus has its first person, or was started when it had one",
        "Sign in. If nobody can: intune-connector operators recover NAME --data DIR",
    )
}

fn setup_over_problem() -> ApiProblem {
    ApiProblem::conflict(
        "setupOver",
        "the token of the first set-up held for an hour after the start of the bus",
        "Restart the bus, and use the new token in the file console-setup of its data folder.",
    )
}
