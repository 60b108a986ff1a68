//! What stands before every handler: who is asking, may he, and there? The row of the table says what is needed; this is
//! the one place that decides it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use super::Sics;
use super::auth::{By, Caller};
use super::gate::Peer;
use super::origin::{HostNames, own_page};
use super::problem::Problem;
use super::reach::{self, Sight};
use crate::model::{At, InstanceName, Loosens, ServerId};
use crate::store::{OperatorRow, ServerRow};

/// By which a management server makes itself known.
const ANNOUNCES: &str = "Servers_Announce";
/// By which it is changed by others.
const MANAGES: &str = "Servers_Manage";

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it tells no details.
    Open,
    /// Any account.
    SignedIn,
    /// This right.
    Right(&'static str),
    /// This right, and the management server in the path is the caller's own (F7).
    Own(&'static str),
    /// `own` for one's own management server, or `any` for every one.
    OwnOr { own: &'static str, any: &'static str },
    /// This right, or the account in the path (`{operator}`) is the caller's own, and they signed in for the whole of it.
    SelfOr(&'static str),
    /// One of these rights; the handler shows by which of them how much.
    OneOf(&'static [&'static str]),
    /// Any account may open the door; the body has name and password of the person who has this right.
    Person(&'static str),
}

/// Where the right must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The route is about nothing that a scope could name.
    Everywhere,
    /// `{instance}` in the path.
    Instance,
    /// `{server}` in the path.
    Server,
    /// The handler leaves out what the scope does not reach.
    Filtered,
    /// An account whose rights are limited to some instances or servers may not use it.
    Unscoped,
}

impl Need {
    /// Of which one is enough.
    fn rights(self) -> Vec<&'static str> {
        match self {
            Need::Open | Need::SignedIn | Need::Person(_) => Vec::new(),
            Need::Right(right) | Need::Own(right) | Need::SelfOr(right) => vec![right],
            Need::OwnOr { own, any } => vec![own, any],
            Need::OneOf(rights) => rights.to_vec(),
        }
    }
}

#[derive(Clone)]
pub struct Guard {
    pub sics: Sics,
    pub need: Need,
    pub place: Place,
    /// What the row says of it; `None`: it changes nothing.
    pub loosens: Option<Loosens>,
    /// Open to who has to set a password of their own first.
    pub before_password: bool,
}

/// The management server in the path, where the guard had to look at it.
#[derive(Clone)]
pub struct Addressed(pub ServerRow);

impl<S: Send + Sync> FromRequestParts<S> for Addressed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Addressed>()
            .cloned()
            .ok_or_else(super::auth::not_signed_in)
    }
}

pub async fn stand(State(guard): State<Guard>, request: Request, next: Next) -> Result<Response, Problem> {
    if guard.need == Need::Open {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    if let Some(names) = parts.extensions.get::<Arc<HostNames>>() {
        own_page(names, &parts)?;
    }
    let peer = Peer::of(&parts);
    let mut caller = guard.sics.auth().sign_in(&parts.headers, &peer).await?;
    if let Some(loosens) = guard.loosens {
        caller = Caller {
            loosens,
            ..guard.sics.judging(caller).await?
        };
    }
    let names = PathNames::of(&mut parts).await?;
    let own_account =
        matches!(guard.need, Need::SelfOr(_)) && names.is_account_of(&caller) && is_whole(&guard.sics, &caller).await?;
    if caller.operator.password_given && !(guard.before_password && (own_account || guard.need == Need::SignedIn)) {
        return Err(password_change_needed());
    }
    if !own_account {
        right(&caller, guard.need)?;
        caller.asked = guard.need.rights();
        names.within(&caller, guard.place)?;
    }
    if let Some(server) = &names.server {
        match guard.sics.store().server(server.clone()).await? {
            Some(row) => {
                knows(&guard, &caller, &row).await?;
                parts.extensions.insert(Addressed(row));
            }
            None if matches!(guard.need, Need::Own(_) | Need::OwnOr { .. }) => {
                return Err(Problem::unknown("server", server));
            }
            // The handler makes it, or says that there is none.
            None => (),
        }
    }
    parts.extensions.insert(caller);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Whoever set the password may still know it (A9).
pub fn password_change_needed() -> Problem {
    forbidden(
        "passwordChangeNeeded",
        "the password of this account came from somebody else".to_owned(),
        "Set one of your own first: intune-connector operators password, or PATCH /sics/v1/operators/{name} with \
         password and currentPassword.",
    )
}

/// Whether the caller stands for the whole account: a token that holds for a part of what the account reaches is not the
/// account, and neither sees nor withdraws its other tokens.
async fn is_whole(sics: &Sics, caller: &Caller) -> Result<bool, Problem> {
    if caller.by == By::Password {
        return Ok(true);
    }
    let account = sics.store().operator(caller.operator.id).await?;
    let scopes = |row: &OperatorRow| row.grants().map(|grant| grant.scope.clone()).collect::<Vec<_>>();
    Ok(scopes(&caller.operator) == scopes(&account))
}

fn right(caller: &Caller, need: Need) -> Result<(), Problem> {
    let rights = need.rights();
    if rights.is_empty() || rights.iter().any(|right| caller.may(right)) {
        return Ok(());
    }
    Err(lacks(caller.name(), &rights.join(" or ")))
}

pub fn lacks(operator: &str, right: &str) -> Problem {
    forbidden(
        "missingRight",
        format!("operator {operator} lacks the right {right}"),
        "Somebody with Operators_Manage can grant it.",
    )
    .with("right", right)
}

/// A server that somebody knows nothing of does not exist for him, whatever he asks of it. Only announcing one can't hide
/// that the id is taken.
async fn knows(guard: &Guard, caller: &Caller, row: &ServerRow) -> Result<(), Problem> {
    let need = guard.need;
    if need == Need::Right(ANNOUNCES) {
        return Ok(());
    }
    match reach::server(&guard.sics, caller, row).await? {
        Sight::Nothing => return Err(Problem::unknown("server", &row.id)),
        Sight::Part if need.rights().contains(&MANAGES) => return Err(out_of_scope(caller)),
        Sight::Part | Sight::Whole => (),
    }
    match need {
        Need::Own(_) | Need::OwnOr { .. } => owned(caller, need, row),
        _ => Ok(()),
    }
}

fn owned(caller: &Caller, need: Need, server: &ServerRow) -> Result<(), Problem> {
    let may = |right: &str| caller.operator.may(right, At::server(&server.id));
    let any = matches!(need, Need::OwnOr { any, .. } if may(any));
    let own = match need {
        Need::Own(right) | Need::OwnOr { own: right, .. } => may(right) && server.owner == caller.operator.id,
        _ => false,
    };
    if any {
        return Ok(());
    }
    if !own {
        return Err(forbidden(
            "notYours",
            format!("server {} belongs to another operator", server.id),
            "A server id belongs to the operator that announced it first.",
        ));
    }
    from_where(server, caller.address)
}

/// A server may be limited to address ranges.
pub fn from_where(server: &ServerRow, address: IpAddr) -> Result<(), Problem> {
    if server.ranges.is_empty() || server.ranges.iter().any(|range| range.contains(&address)) {
        return Ok(());
    }
    Err(forbidden(
        "wrongAddress",
        format!("server {} may not come from {address}", server.id),
        "Somebody with Servers_Manage can change its address ranges.",
    ))
}

fn forbidden(code: &str, detail: String, advice: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code, detail, advice)
}

#[derive(Default)]
struct PathNames {
    instance: Option<InstanceName>,
    server: Option<ServerId>,
    operator: Option<String>,
}

impl PathNames {
    fn is_account_of(&self, caller: &Caller) -> bool {
        let named = self.operator.as_ref();
        named.is_some_and(|name| name.eq_ignore_ascii_case(caller.name()))
    }

    async fn of(parts: &mut Parts) -> Result<Self, Problem> {
        let wrong = |text: String| Problem::bad_request("wrongPath", text, "Check the names in the path.");
        let params = RawPathParams::from_request_parts(parts, &()).await;
        let params = params.map_err(|error| wrong(error.body_text().to_lowercase()))?;
        let mut names = PathNames::default();
        for (key, value) in &params {
            match key {
                "instance" => names.instance = Some(value.parse().map_err(|error| wrong(format!("invalid {error}")))?),
                "server" => names.server = Some(value.parse().map_err(|error| wrong(format!("invalid {error}")))?),
                "operator" => names.operator = Some(value.to_owned()),
                _ => {}
            }
        }
        Ok(names)
    }

    fn within(&self, caller: &Caller, place: Place) -> Result<(), Problem> {
        let inside = match place {
            Place::Everywhere | Place::Filtered => true,
            Place::Instance => self.instance.as_ref().is_some_and(|name| caller.reaches_instance(name)),
            Place::Server => self.server.as_ref().is_some_and(|id| caller.reaches_server(id)),
            Place::Unscoped => caller.reaches_everything(),
        };
        if inside {
            return Ok(());
        }
        Err(out_of_scope(caller))
    }
}

pub fn out_of_scope(caller: &Caller) -> Problem {
    forbidden(
        "outOfScope",
        format!("the rights of operator {} do not hold there", caller.name()),
        "Somebody with Operators_Manage can widen the scope.",
    )
}
