//! Roles: rights under a name, and which account holds them for where.
//!
//! Those of the system and of products are protected. Making one grants nothing yet, but nobody puts into a role
//! what they do not have, and nobody changes one so that its holders get more than they have.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::extract::{Asked, Body, Confirm, Named};
use super::operators::judge::{complete, covers_account, covers_rights};
use super::operators::{Settled, find, narrow, not_the_bus_own, settle, view, yourself};
use super::problem::Problem;
use super::view::ScopeView;
use crate::model::{AccountChange, RIGHTS, Right, RoleName, Scope, is_unfit};
use crate::store::{AccountMade, NewRole, OperatorRow, RoleRow, with_system};

#[derive(Debug, Serialize, ToSchema)]
pub struct RolesView {
    pub roles: Vec<RoleView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleView {
    pub name: String,
    pub summary: String,
    /// `system`, `product` or `own`; only the last can be changed.
    pub origin: String,
    /// Of a product's: its id.
    pub product: Option<String>,
    /// As they were granted: `Servers_*`.
    #[schema(value_type = Vec<String>)]
    pub rights: Vec<Right>,
    /// Each main right with the sub rights that this comes to.
    pub tree: Vec<MainRight>,
    pub holders: Vec<HolderView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MainRight {
    pub main: String,
    pub sub: Vec<String>,
    /// It is all there are.
    pub all: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HolderView {
    pub operator: String,
    #[schema(value_type = ScopeView)]
    pub scope: Scope,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRoleBody {
    pub name: String,
    #[serde(default)]
    pub summary: String,
    #[schema(value_type = Vec<String>)]
    pub rights: Vec<Right>,
    /// Adds the rights without which others are of no use, instead of refusing.
    #[serde(default)]
    pub add_dependencies: bool,
}

/// What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleBody {
    pub summary: Option<String>,
    #[schema(value_type = Option<Vec<String>>)]
    pub rights: Option<Vec<Right>>,
    #[serde(default)]
    pub add_dependencies: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GiveBody {
    /// Left out: everywhere.
    #[serde(default)]
    #[schema(value_type = Option<ScopeView>)]
    pub scope: Scope,
}

/// Longest summary, in characters.
const SUMMARY_CHARS: usize = 200;

fn tree(rights: &[Right]) -> Vec<MainRight> {
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
        match rights.iter().any(|right| right.covers(name)) {
            true => one.sub.push(sub.to_owned()),
            false => one.all = false,
        }
    }
    mains.retain(|one| !one.sub.is_empty());
    mains
}

fn role_view(row: RoleRow, origin: &str, operators: &[OperatorRow]) -> RoleView {
    let holders = operators.iter().flat_map(|operator| {
        let held = operator.roles.iter().filter(|held| held.role.is(&row.name));
        held.map(|held| HolderView {
            operator: operator.name.clone(),
            scope: held.scope.clone(),
        })
    });
    RoleView {
        holders: holders.collect(),
        tree: tree(&row.rights),
        name: row.name.to_string(),
        summary: row.summary,
        origin: origin.to_owned(),
        product: row.product,
        rights: row.rights,
    }
}

async fn every(sics: &Sics) -> Result<Vec<RoleView>, Problem> {
    let operators = sics.store().operators().await?;
    let rows = with_system(sics.store().roles().await?).into_iter();
    Ok(rows.map(|(row, origin)| role_view(row, origin, &operators)).collect())
}

async fn one(sics: &Sics, name: &str) -> Result<RoleView, Problem> {
    let mut roles = every(sics).await?.into_iter();
    let found = roles.find(|role| role.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| Problem::unknown("role", name))
}

pub async fn list(State(sics): State<Sics>) -> Result<Json<RolesView>, Problem> {
    Ok(Json(RolesView {
        roles: every(&sics).await?,
    }))
}

pub async fn show(State(sics): State<Sics>, Named(name): Named<String>) -> Result<Json<RoleView>, Problem> {
    Ok(Json(one(&sics, &name).await?))
}

pub async fn add(
    State(sics): State<Sics>,
    caller: Caller,
    Body(body): Body<NewRoleBody>,
) -> Result<(StatusCode, Json<RoleView>), Problem> {
    let name: RoleName = body.name.parse().map_err(|error| {
        let detail = format!("invalid {error}");
        let advice = "Up to 48 letters, digits, '-' or '_', beginning with a letter.";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "nameNotValid", detail, advice).with("result", "NameNotValid")
    })?;
    if let Ok(there) = one(&sics, name.as_str()).await {
        let detail = format!("there is a role {} already ({})", there.name, there.origin);
        return Err(Problem::conflict("nameNotUnique", detail, "Take another name.").with("result", "NameNotUnique"));
    }
    summary_fits(&body.summary)?;
    let rights = complete(&caller, body.rights, &Scope::default(), body.add_dependencies)?;
    let detail = json!({"rights": rights});
    let new = NewRole {
        name: name.clone(),
        rights,
        summary: body.summary,
    };
    let told = move |(): &()| Some(detail.clone());
    sics.recording(&caller, "role.added", name.as_str(), told)
        .add_role(new)
        .await?;
    Ok((StatusCode::CREATED, Json(one(&sics, name.as_str()).await?)))
}

pub async fn change(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
    Asked(confirm): Asked<Confirm>,
    Body(body): Body<RoleBody>,
) -> Result<Response, Problem> {
    let before = one(&sics, &name).await?;
    let role = not_protected(&before)?;
    body.summary.as_deref().map_or(Ok(()), summary_fits)?;
    covers_rights(&caller, &before.rights, &Scope::default())?;
    let rights = match body.rights {
        Some(rights) => Some(complete(&caller, rights, &Scope::default(), body.add_dependencies)?),
        None => None,
    };
    if rights.is_some() && before.holders.iter().any(|holder| holder.operator == caller.name()) {
        return Err(yourself());
    }
    narrow::confirmed(&sics, &confirm, |row| {
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
    let told = move |_: &AccountMade| Some(detail.clone());
    match settle(&sics, &caller, change, None, told).await? {
        Settled::Waits(answer) => Ok(answer),
        Settled::Made(_) => Ok(Json(one(&sics, &name).await?).into_response()),
    }
}

pub async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
    Asked(confirm): Asked<Confirm>,
) -> Result<Response, Problem> {
    let before = one(&sics, &name).await?;
    let role = not_protected(&before)?;
    covers_rights(&caller, &before.rights, &Scope::default())?;
    if before.holders.iter().any(|holder| holder.operator == caller.name()) {
        return Err(yourself());
    }
    narrow::confirmed(&sics, &confirm, |row| row.roles.retain(|held| held.role != role)).await?;
    let holders: Vec<&str> = before.holders.iter().map(|holder| holder.operator.as_str()).collect();
    let detail = json!({"holders": holders});
    let told = move |_: &AccountMade| Some(detail.clone());
    match settle(&sics, &caller, AccountChange::RemoveRole { role }, None, told).await? {
        Settled::Waits(answer) => Ok(answer),
        Settled::Made(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

pub async fn give(
    State(sics): State<Sics>,
    caller: Caller,
    Named((operator, role)): Named<(String, String)>,
    Asked(confirm): Asked<Confirm>,
    Body(body): Body<GiveBody>,
) -> Result<Response, Problem> {
    let row = others(&sics, &caller, &operator).await?;
    let role = one(&sics, &role).await?;
    covers_rights(&caller, &role.rights, &body.scope)?;
    let name = named(&role)?;
    narrow::confirmed(&sics, &confirm, |other| {
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
    let told = move |_: &AccountMade| Some(detail.clone());
    match settle(&sics, &caller, change, None, told).await? {
        Settled::Waits(answer) => Ok(answer),
        Settled::Made(_) => Ok(view(&sics, &find(&sics, &operator).await?).await?.into_response()),
    }
}

pub async fn take(
    State(sics): State<Sics>,
    caller: Caller,
    Named((operator, role)): Named<(String, String)>,
    Asked(confirm): Asked<Confirm>,
) -> Result<Response, Problem> {
    let row = others(&sics, &caller, &operator).await?;
    let role: RoleName = role.parse().map_err(|_| Problem::unknown("role", &role))?;
    narrow::confirmed(&sics, &confirm, |other| {
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
    let taken = role.clone();
    let told = move |made: &AccountMade| match made {
        AccountMade::Changed(false) => None,
        AccountMade::Changed(true) | AccountMade::Operator(_) | AccountMade::Token(_) => Some(json!({"role": taken})),
    };
    match settle(&sics, &caller, change, None, told).await? {
        Settled::Waits(answer) => Ok(answer),
        Settled::Made(AccountMade::Changed(false)) => Err(Problem::unknown("role of this operator", role)),
        Settled::Made(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// An account that the caller may change.
async fn others(sics: &Sics, caller: &Caller, name: &str) -> Result<OperatorRow, Problem> {
    let row = find(sics, name).await?;
    not_the_bus_own(&row)?;
    covers_account(caller, &row)?;
    match row.id == caller.operator.id {
        true => Err(yourself()),
        false => Ok(row),
    }
}

fn named(role: &RoleView) -> Result<RoleName, Problem> {
    role.name.parse().map_err(|_| Problem::unknown("role", &role.name))
}

fn not_protected(role: &RoleView) -> Result<RoleName, Problem> {
    let (code, result, whose) = match role.origin.as_str() {
        "system" => ("roleIsSystemRole", "RoleIsSystemRole", "the system"),
        "product" => ("roleIsProductRole", "RoleIsPluginRole", "a product"),
        _ => return named(role),
    };
    let advice = "Make a role of your own with the rights that you want.";
    let detail = format!("the role {} belongs to {whose}", role.name);
    Err(Problem::conflict(code, detail, advice).with("result", result))
}

fn summary_fits(summary: &str) -> Result<(), Problem> {
    match summary.chars().count() <= SUMMARY_CHARS && !summary.chars().any(is_unfit) {
        true => Ok(()),
        false => Err(Problem::bad_request(
            "wrongBody",
            format!("a summary has at most {SUMMARY_CHARS} characters, in one line"),
            "Say it shorter.",
        )),
    }
}
