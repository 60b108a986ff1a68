//! Roles: rights under a name, and which account holds them for where.
//!
//! Those of the system and of products are protected. Making one grants nothing yet, but nobody puts into a role
//! what they do not have, and nobody changes one so that its holders get more than they have.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Sics;
use super::auth::Caller;
use super::extract::{JsonBody, PathParams, QueryParams};
use super::operators::delegation::{complete_rights, require_account_covered, require_rights_covered};
use super::operators::{
    AccountChangeReply, find_operator, operator_view, own_account_problem, request_account_change, require_not_system,
    revocation,
};
use super::problem::ApiProblem;
use crate::contract::{
    ConfirmQuery, GiveBody, HolderView, MainRight, NewRoleBody, RoleBody, RoleOrigin, RoleView, RolesView,
};
use crate::model::{AccountChange, RIGHTS, Right, RightScope, RoleName, is_unprintable};
use crate::store::{AppliedAccountChange, NewRole, OperatorRow, RoleRow, with_system_roles};

/// Longest summary, in characters.
const SUMMARY_CHARS: usize = 200;

fn right_tree(rights: &[Right]) -> Vec<MainRight> {
    let mut mains: Vec<MainRight> = Vec::new();
    for (name, _) in RIGHTS {
        let Some((main, sub)) = name.split_once('_') else {
            continue;
        };
        if !mains.iter().any(|one| one.main == main) {
            mains.push(MainRight {
                main: main.to_owned(),
                sub: Vec::new(),
                all: true,
            });
        }
        let Some(one) = mains.iter_mut().find(|one| one.main == main) else {
            continue;
        };
        if rights.iter().any(|right| right.covers(name)) {
            one.sub.push(sub.to_owned())
        } else {
            one.all = false
        }
    }
    mains.retain(|one| !one.sub.is_empty());
    mains
}

fn role_view(row: RoleRow, origin: RoleOrigin, operators: &[OperatorRow]) -> RoleView {
    let holders = operators.iter().flat_map(|operator| {
        let held = operator.roles.iter().filter(|held| held.role.is_same_role(&row.name));
        held.map(|held| HolderView {
            operator: operator.name.clone(),
            scope: held.scope.clone(),
        })
    });
    RoleView {
        holders: holders.collect(),
        tree: right_tree(&row.rights),
        name: row.name.to_string(),
        summary: row.summary,
        origin,
        product: row.product,
        rights: row.rights,
    }
}

/// The roles that every bus has, without their holders.
pub fn built_in_roles() -> Vec<RoleView> {
    let rows = with_system_roles(Vec::new()).into_iter();
    rows.map(|(row, origin)| role_view(row, origin, &[])).collect()
}

async fn all_roles(sics: &Sics) -> Result<Vec<RoleView>, ApiProblem> {
    let operators = sics.store().list_operators().await?;
    let rows = with_system_roles(sics.store().list_roles().await?).into_iter();
    Ok(rows.map(|(row, origin)| role_view(row, origin, &operators)).collect())
}

async fn find_role(sics: &Sics, name: &str) -> Result<RoleView, ApiProblem> {
    let mut roles = all_roles(sics).await?.into_iter();
    let found = roles.find(|role| role.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| ApiProblem::not_found("role", name))
}

pub(crate) async fn list_roles(State(sics): State<Sics>) -> Result<Json<RolesView>, ApiProblem> {
    Ok(Json(RolesView {
        roles: all_roles(&sics).await?,
    }))
}

pub(crate) async fn show_role(
    State(sics): State<Sics>,
    PathParams(name): PathParams<String>,
) -> Result<Json<RoleView>, ApiProblem> {
    Ok(Json(find_role(&sics, &name).await?))
}

pub(crate) async fn add_role(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<NewRoleBody>,
) -> Result<(StatusCode, Json<RoleView>), ApiProblem> {
    let name: RoleName = body.name.parse().map_err(|error| {
        let detail = format!("invalid {error}");
        let advice = "Use up to 48 letters, digits, '-' or '_', starting with a letter.";
        ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "nameNotValid", detail, advice)
            .with_member("result", "NameNotValid")
    })?;
    if let Ok(there) = find_role(&sics, name.as_str()).await {
        let detail = format!("the role {} already exists ({})", there.name, there.origin.name());
        return Err(ApiProblem::conflict("nameNotUnique", detail, "Choose another name.")
            .with_member("result", "NameNotUnique"));
    }
    check_summary(&body.summary)?;
    let rights = complete_rights(&caller, body.rights, &RightScope::default(), body.add_dependencies)?;
    let detail = json!({"rights": rights});
    let new = NewRole {
        name: name.clone(),
        rights,
        summary: body.summary,
    };
    let audit_detail = move |(): &()| Some(detail.clone());
    sics.recording(&caller, "role.added", name.as_str(), audit_detail)
        .add_role(new)
        .await?;
    Ok((StatusCode::CREATED, Json(find_role(&sics, name.as_str()).await?)))
}

pub(crate) async fn change_role(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
    JsonBody(body): JsonBody<RoleBody>,
) -> Result<Response, ApiProblem> {
    let before = find_role(&sics, &name).await?;
    let role = require_unprotected(&before, CHANGE_ADVICE)?;
    body.summary.as_deref().map_or(Ok(()), check_summary)?;
    require_rights_covered(&caller, &before.rights, &RightScope::default())?;
    let rights = match body.rights {
        Some(rights) => Some(complete_rights(
            &caller,
            rights,
            &RightScope::default(),
            body.add_dependencies,
        )?),
        None => None,
    };
    if rights.is_some() && before.holders.iter().any(|holder| holder.operator == caller.name()) {
        return Err(own_account_problem());
    }
    revocation::require_confirmed_loss(&sics, &confirm, |row| {
        for held in row.roles.iter_mut().filter(|held| held.role == role) {
            held.rights.clone_from(rights.as_ref().unwrap_or(&before.rights));
        }
    })
    .await?;
    let detail = json!({"from": before.rights, "rights": rights, "summary": body.summary});
    let change = AccountChange::ChangeRole {
        role,
        rights,
        summary: body.summary,
    };
    let audit_detail = move |_: &AppliedAccountChange| Some(detail.clone());
    match request_account_change(&sics, &caller, change, None, audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(_) => Ok(Json(find_role(&sics, &name).await?).into_response()),
    }
}

pub(crate) async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
) -> Result<Response, ApiProblem> {
    let before = find_role(&sics, &name).await?;
    let role = require_unprotected(&before, REMOVE_ADVICE)?;
    require_rights_covered(&caller, &before.rights, &RightScope::default())?;
    if before.holders.iter().any(|holder| holder.operator == caller.name()) {
        return Err(own_account_problem());
    }
    revocation::require_confirmed_loss(&sics, &confirm, |row| row.roles.retain(|held| held.role != role)).await?;
    let holders: Vec<&str> = before.holders.iter().map(|holder| holder.operator.as_str()).collect();
    let detail = json!({"holders": holders});
    let audit_detail = move |_: &AppliedAccountChange| Some(detail.clone());
    match request_account_change(&sics, &caller, AccountChange::RemoveRole { role }, None, audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

pub(crate) async fn grant_role(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((operator, role)): PathParams<(String, String)>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
    JsonBody(body): JsonBody<GiveBody>,
) -> Result<Response, ApiProblem> {
    let row = find_changeable_operator(&sics, &caller, &operator).await?;
    let role = find_role(&sics, &role).await?;
    require_rights_covered(&caller, &role.rights, &body.scope)?;
    let name = role_name(&role)?;
    revocation::require_confirmed_loss(&sics, &confirm, |other| {
        for held in other
            .roles
            .iter_mut()
            .filter(|held| other.id == row.id && held.role == name)
        {
            held.scope.clone_from(&body.scope);
        }
    })
    .await?;
    let detail = json!({"role": role.name, "scope": body.scope});
    let change = AccountChange::GiveRole {
        operator: row.id,
        name: row.name.clone(),
        role: name,
        scope: body.scope,
    };
    let audit_detail = move |_: &AppliedAccountChange| Some(detail.clone());
    match request_account_change(&sics, &caller, change, None, audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(_) => Ok(operator_view(&sics, &find_operator(&sics, &operator).await?)
            .await?
            .into_response()),
    }
}

pub(crate) async fn revoke_role(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((operator, role)): PathParams<(String, String)>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
) -> Result<Response, ApiProblem> {
    let row = find_changeable_operator(&sics, &caller, &operator).await?;
    let role: RoleName = role.parse().map_err(|_| ApiProblem::not_found("role", &role))?;
    revocation::require_confirmed_loss(&sics, &confirm, |other| {
        if other.id == row.id {
            other.roles.retain(|held| held.role != role);
        }
    })
    .await?;
    let change = AccountChange::TakeRole {
        operator: row.id,
        name: row.name.clone(),
        role: role.clone(),
    };
    let (taken, name) = (role.clone(), row.name.clone());
    let audit_detail = move |made: &AppliedAccountChange| match made {
        AppliedAccountChange::Changed(false) => None,
        AppliedAccountChange::Changed(true) | AppliedAccountChange::Operator(_) | AppliedAccountChange::Token(_) => {
            Some(json!({"role": taken}))
        }
    };
    match request_account_change(&sics, &caller, change, None, audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(AppliedAccountChange::Changed(false)) => Err(ApiProblem::new(
            StatusCode::NOT_FOUND,
            "unknown",
            format!("{name} does not have the role {role}"),
            "See which roles each account has: intune-connector operators list.",
        )),
        AccountChangeReply::Made(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// An account that the caller may change.
async fn find_changeable_operator(sics: &Sics, caller: &Caller, name: &str) -> Result<OperatorRow, ApiProblem> {
    let row = find_operator(sics, name).await?;
    require_not_system(&row)?;
    require_account_covered(caller, &row)?;
    if row.id == caller.operator.id {
        Err(own_account_problem())
    } else {
        Ok(row)
    }
}

fn role_name(role: &RoleView) -> Result<RoleName, ApiProblem> {
    role.name.parse().map_err(|_| ApiProblem::not_found("role", &role.name))
}

/// What to do instead of changing a role that is not one's own, and instead of removing it.
const CHANGE_ADVICE: &str = "Create a custom role with the rights that you want.";
const REMOVE_ADVICE: &str = "It cannot be removed: take it from those who have it, with intune-connector operators take NAME ROLE; a role of \
     a product goes with the product.";

fn require_unprotected(role: &RoleView, advice: &str) -> Result<RoleName, ApiProblem> {
    let (code, result, whose) = match role.origin {
        RoleOrigin::System => ("roleIsSystemRole", "RoleIsSystemRole", "the system"),
        RoleOrigin::Product => ("roleIsProductRole", "RoleIsPluginRole", "a product"),
        RoleOrigin::Own => return role_name(role),
    };
    let detail = format!("the role {} belongs to {whose}", role.name);
    Err(ApiProblem::conflict(code, detail, advice).with_member("result", result))
}

fn check_summary(summary: &str) -> Result<(), ApiProblem> {
    if summary.chars().count() <= SUMMARY_CHARS && !summary.chars().any(is_unprintable) {
        Ok(())
    } else {
        Err(ApiProblem::bad_request(
            "wrongBody",
            format!("a summary has at most {SUMMARY_CHARS} characters, in one line"),
            format!("Shorten it to {SUMMARY_CHARS} characters, and write it on one line."),
        ))
    }
}
