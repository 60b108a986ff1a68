//! What runs before every handler: who is the caller, do they have the right, and does it apply there? The row of the
//! table says what is required; this is the one place that decides it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use super::Sics;
use super::auth::{Caller, SignInMethod};
use super::connection_limit::Peer;
use super::origin::{HostNames, require_own_page};
use super::problem::ApiProblem;
use super::server_visibility::{self, ServerVisibility};
use crate::model::{InstanceName, RelaxationRule, ResourceRef, ServerId};
use crate::store::{OperatorRow, ServerRow};

/// The right with which a management server announces itself.
const ANNOUNCES: &str = "Servers_Announce";
/// The right with which others change it.
const MANAGES: &str = "Servers_Manage";

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessRule {
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
pub enum AccessScope {
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

impl AccessRule {
    /// Of which one is enough.
    fn accepted_rights(self) -> Vec<&'static str> {
        match self {
            AccessRule::Open | AccessRule::SignedIn | AccessRule::Person(_) => Vec::new(),
            AccessRule::Right(right) | AccessRule::Own(right) | AccessRule::SelfOr(right) => vec![right],
            AccessRule::OwnOr { own, any } => vec![own, any],
            AccessRule::OneOf(rights) => rights.to_vec(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct RouteAuthorizer {
    pub sics: Sics,
    pub access_rule: AccessRule,
    pub access_scope: AccessScope,
    /// What the row says of it; `None`: it changes nothing.
    pub relaxation_rule: Option<RelaxationRule>,
    /// Open to who has to set a password of their own first.
    pub allowed_before_password: bool,
}

/// The management server in the path, where the guard had to look at it.
#[derive(Clone)]
pub(crate) struct PathServer(pub ServerRow);

impl<S: Send + Sync> FromRequestParts<S> for PathServer {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiProblem> {
        parts
            .extensions
            .get::<PathServer>()
            .cloned()
            .ok_or_else(super::auth::not_signed_in_problem)
    }
}

pub(crate) async fn authorize_request(
    State(guard): State<RouteAuthorizer>,
    request: Request,
    next: Next,
) -> Result<Response, ApiProblem> {
    let is_open = guard.access_rule == AccessRule::Open;
    // What only tells the same to everybody may be asked from anywhere.
    if is_open && guard.relaxation_rule.is_none() {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    if let Some(names) = parts.extensions.get::<Arc<HostNames>>() {
        require_own_page(names, &parts)?;
    }
    if is_open {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let peer = Peer::from_parts(&parts);
    let mut caller = guard.sics.auth().sign_in(&parts.headers, &peer).await?;
    if let Some(loosens) = guard.relaxation_rule {
        caller = Caller {
            relaxation_rule: loosens,
            ..guard.sics.refresh_caller(caller).await?
        };
    }
    let names = PathNames::from_parts(&mut parts).await?;
    let own_account = matches!(guard.access_rule, AccessRule::SelfOr(_))
        && names.is_account_of(&caller)
        && is_whole_account(&guard.sics, &caller).await?;
    if caller.operator.password_given
        && !(guard.allowed_before_password && (own_account || guard.access_rule == AccessRule::SignedIn))
    {
        return Err(password_change_problem());
    }
    if !own_account {
        require_right(&caller, guard.access_rule)?;
        caller.asked_rights = guard.access_rule.accepted_rights();
        names.require_scope(&caller, guard.access_scope)?;
    }
    if let Some(server) = &names.server {
        match guard.sics.store().find_server(server.clone()).await? {
            Some(row) => {
                require_server_visible(&guard, &caller, &row).await?;
                parts.extensions.insert(PathServer(row));
            }
            None if matches!(guard.access_rule, AccessRule::Own(_) | AccessRule::OwnOr { .. }) => {
                return Err(ApiProblem::not_found("server", server));
            }
            // The handler makes it, or says that there is none.
            None => (),
        }
    }
    parts.extensions.insert(caller);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Whoever set the password may still know it (A9).
pub(crate) fn password_change_problem() -> ApiProblem {
    forbidden_problem(
        "passwordChangeNeeded",
        "the password of this account was set by somebody else".to_owned(),
        "Set your own password first: intune-connector operators password --url URL --user NAME, \
         or PATCH /sics/v1/operators/{name} with \
         password and currentPassword.",
    )
}

/// Whether the caller stands for the whole account: a token that holds for a part of what the account reaches is not the
/// account, and neither sees nor withdraws its other tokens.
pub(crate) async fn is_whole_account(sics: &Sics, caller: &Caller) -> Result<bool, ApiProblem> {
    match caller.by {
        SignInMethod::Password { .. } | SignInMethod::Session { .. } => return Ok(true),
        SignInMethod::Token(_) => (),
    }
    let account = sics.store().load_operator(caller.operator.id).await?;
    let scopes = |row: &OperatorRow| row.grants().map(|grant| grant.scope.clone()).collect::<Vec<_>>();
    Ok(scopes(&caller.operator) == scopes(&account))
}

fn require_right(caller: &Caller, need: AccessRule) -> Result<(), ApiProblem> {
    let rights = need.accepted_rights();
    if rights.is_empty() || rights.iter().any(|right| caller.has_right(right)) {
        return Ok(());
    }
    Err(missing_right_problem(caller.name(), &rights.join(" or ")))
}

pub(crate) fn missing_right_problem(operator: &str, right: &str) -> ApiProblem {
    forbidden_problem(
        "missingRight",
        format!("operator {operator} lacks the right {right}"),
        "An operator with Operators_Manage can grant it.",
    )
    .with_member("right", right)
}

/// A server outside of a caller's visibility does not exist for them, whatever they request. Only announcing one cannot
/// hide that the id is taken.
async fn require_server_visible(guard: &RouteAuthorizer, caller: &Caller, row: &ServerRow) -> Result<(), ApiProblem> {
    let need = guard.access_rule;
    if need == AccessRule::Right(ANNOUNCES) {
        return Ok(());
    }
    match server_visibility::visibility_of(&guard.sics, caller, row).await? {
        ServerVisibility::Nothing => return Err(ApiProblem::not_found("server", &row.id)),
        ServerVisibility::Part if need.accepted_rights().contains(&MANAGES) => {
            return Err(out_of_scope_problem(caller));
        }
        ServerVisibility::Part | ServerVisibility::Whole => (),
    }
    match need {
        AccessRule::Own(_) | AccessRule::OwnOr { .. } => require_server_owner(caller, need, row),
        _ => Ok(()),
    }
}

fn require_server_owner(caller: &Caller, need: AccessRule, server: &ServerRow) -> Result<(), ApiProblem> {
    let has_right = |right: &str| caller.operator.has_right(right, ResourceRef::for_server(&server.id));
    let any = matches!(need, AccessRule::OwnOr { any, .. } if has_right(any));
    let own = match need {
        AccessRule::Own(right) | AccessRule::OwnOr { own: right, .. } => {
            has_right(right) && server.owner == caller.operator.id
        }
        _ => false,
    };
    if any {
        return Ok(());
    }
    if !own {
        return Err(foreign_server_problem("notYours", server));
    }
    require_allowed_address(server, caller.address)
}

/// The server is another account's: who can give it to this one. That of a target is nobody's to have.
pub(crate) fn foreign_server_problem(code: &str, server: &ServerRow) -> ApiProblem {
    let id = &server.id;
    if server.is_of_target() {
        return forbidden_problem(
            code,
            format!("server {id} is a target of this bus, which reads its changes itself"),
            &format!("Choose another server id; to see the target: intune-connector targets show {id}"),
        );
    }
    forbidden_problem(
        code,
        format!("server {id} belongs to another operator"),
        &format!(
            "A server id belongs to the operator that announced it first. Choose another one; or an operator with \
             Servers_Manage removes the server (intune-connector servers remove {id}), and then the account that is to read \
             announces it."
        ),
    )
}

/// A server may be limited to address ranges.
pub(crate) fn require_allowed_address(server: &ServerRow, address: IpAddr) -> Result<(), ApiProblem> {
    if server.ranges.is_empty() || server.ranges.iter().any(|range| range.contains(&address)) {
        return Ok(());
    }
    Err(forbidden_problem(
        "wrongAddress",
        format!("server {} may not connect from {address}", server.id),
        "An operator with Servers_Manage can change its address ranges.",
    ))
}

fn forbidden_problem(code: &str, detail: String, advice: &str) -> ApiProblem {
    ApiProblem::new(StatusCode::FORBIDDEN, code, detail, advice)
}

#[derive(Default)]
struct PathNames {
    instance: Option<InstanceName>,
    server: Option<ServerId>,
    operator: Option<String>,
}

impl PathNames {
    fn is_account_of(&self, caller: &Caller) -> bool {
        let operator = self.operator.as_ref();
        operator.is_some_and(|name| name.eq_ignore_ascii_case(caller.name()))
    }

    async fn from_parts(parts: &mut Parts) -> Result<Self, ApiProblem> {
        let wrong = |text: String| ApiProblem::bad_request("wrongPath", text, "Check the names in the path.");
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

    fn require_scope(&self, caller: &Caller, access_scope: AccessScope) -> Result<(), ApiProblem> {
        let inside = match access_scope {
            AccessScope::Everywhere | AccessScope::Filtered => true,
            AccessScope::Instance => self.instance.as_ref().is_some_and(|name| caller.reaches_instance(name)),
            AccessScope::Server => self.server.as_ref().is_some_and(|id| caller.reaches_server(id)),
            AccessScope::Unscoped => caller.reaches_everything(),
        };
        if inside {
            return Ok(());
        }
        Err(out_of_scope_problem(caller))
    }
}

pub(crate) fn out_of_scope_problem(caller: &Caller) -> ApiProblem {
    forbidden_problem(
        "outOfScope",
        format!("the rights of operator {} do not apply there", caller.name()),
        "An operator with Operators_Manage can widen the scope.",
    )
}
