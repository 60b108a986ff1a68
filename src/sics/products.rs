//! The catalogue: packages are added, updated and removed; which keys are trusted.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Sics;
use super::audit_recording::PerformedAct;
use super::auth::Caller;
use super::authorization::missing_right_problem;
use super::extract::{JsonBody, PathParams, QueryParams};
use super::operators::delegation::require_rights_covered;
use super::problem::ApiProblem;
use super::product_catalogue::ProductCatalogue;
use crate::actions::guard::account_changes::powerful_rights;
use crate::bus::catalogue::AddOptions;
use crate::bus::package::{PackageSigner, SignaturePolicy};
use crate::bus::{Package, ProductId};
use crate::contract::{
    InstalledView, KeyBody, KeysView, PackageBody, ProductView, ProductsView, RemovalQuery, RemovedView, RoleChange,
    UpdateBody, UpdateView, VersionView,
};
use crate::model::{Right, RightScope};
use crate::store::RoleRow;

impl From<&Package> for VersionView {
    fn from(package: &Package) -> VersionView {
        VersionView {
            version: package.manifest.version.to_string(),
            signed_by: signed_by(&package.signer),
            digest: package.digest(),
        }
    }
}

const BUILT_IN: &str = "builtIn";

pub fn signed_by(signed: &PackageSigner) -> String {
    match signed {
        PackageSigner::BuiltIn => BUILT_IN.to_owned(),
        PackageSigner::Nobody => "nobody".to_owned(),
        PackageSigner::By(fingerprint) => fingerprint.clone(),
    }
}

fn require_catalogue(sics: &Sics) -> Result<&dyn ProductCatalogue, ApiProblem> {
    sics.engine().product_catalogue().ok_or_else(|| {
        ApiProblem::new(
            StatusCode::NOT_IMPLEMENTED,
            "noCatalogue",
            "this bus has no catalogue",
            "Send the request to the bus that runs the instances.",
        )
    })
}

pub async fn list_products(State(sics): State<Sics>, caller: Caller) -> Result<Json<ProductsView>, ApiProblem> {
    let mut products = require_catalogue(&sics)?.list_products().await?;
    for product in &mut products {
        retain_reachable(&caller, &mut product.installed);
    }
    Ok(Json(ProductsView { products }))
}

/// Only what the caller's scope reaches is named.
fn retain_reachable(caller: &Caller, installed: &mut Vec<InstalledView>) {
    installed.retain(|one| one.name.parse().is_ok_and(|name| caller.reaches_instance(&name)));
}

async fn find_product(sics: &Sics, id: &ProductId) -> Result<ProductView, ApiProblem> {
    let all = require_catalogue(sics)?.list_products().await?;
    let found = all.into_iter().find(|product| product.id == id.as_str());
    found.ok_or_else(|| ApiProblem::not_found("product", id))
}

pub async fn show_product(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ProductId>,
) -> Result<Json<ProductView>, ApiProblem> {
    let mut product = find_product(&sics, &id).await?;
    retain_reachable(&caller, &mut product.installed);
    Ok(Json(product))
}

/// A picture: it was looked at when its package was added, and the headers of every answer let nothing in it run.
pub async fn show_icon(
    State(sics): State<Sics>,
    PathParams(id): PathParams<ProductId>,
) -> Result<Response, ApiProblem> {
    let package = require_catalogue(&sics)?.find_package(&id);
    let package = package.ok_or_else(|| ApiProblem::not_found("product", &id))?;
    let (media_type, content) = package
        .icon()
        .ok_or_else(|| ApiProblem::not_found("icon of the product", &id))?;
    Ok(([(header::CONTENT_TYPE, media_type)], content.to_vec()).into_response())
}

pub async fn add_product(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<PackageBody>,
) -> Result<(StatusCode, Json<ProductView>), ApiProblem> {
    let bytes = STANDARD
        .decode(&body.package)
        .map_err(|_| ApiProblem::bad_request("wrongBody", "package is not valid base64", "Send the zip in base64."))?;
    let adding = AddOptions {
        signature_policy: if body.unsigned {
            SignaturePolicy::Nothing
        } else {
            SignaturePolicy::Signature
        },
        allow_downgrade: body.downgrade,
    };
    let act = move |sics: Sics| async move {
        let added = require_catalogue(&sics)?.add_package(bytes, adding).await?;
        let package = &added.package;
        let detail = json!({
            "version": package.manifest.version.to_string(), "digest": package.digest(), "signedBy": signed_by(&package.signer),
            "unsigned": body.unsigned, "downgrade": body.downgrade, "known": added.already_present,
        });
        let id = package.manifest.id.clone();
        Ok(PerformedAct {
            subject: id.to_string(),
            answer: (id, added.already_present),
            detail,
        })
    };
    let (id, already_present) = sics.perform_act(&caller, "product.added", "product", act).await?;
    let status = if already_present {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(find_product(&sics, &id).await?)))
}

pub async fn plan_update(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ProductId>,
) -> Result<Json<UpdateView>, ApiProblem> {
    let mut view = require_catalogue(&sics)?.plan_update(id).await?.update;
    retain_reachable(&caller, &mut view.installed);
    Ok(Json(view))
}

pub async fn update_product(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ProductId>,
    JsonBody(body): JsonBody<UpdateBody>,
) -> Result<Json<UpdateView>, ApiProblem> {
    let plan = require_catalogue(&sics)?.plan_update(id.clone()).await?;
    if plan.update.digest != body.digest {
        return Err(ApiProblem::conflict(
            "planChanged",
            "the update no longer matches what was shown",
            "Check what it would change, and request that with its digest.",
        )
        .with_member("digest", plan.update.digest));
    }
    // Whoever holds a role of the product gets what this version says.
    for change in &plan.update.roles {
        require_rights_covered(&caller, &change.to, &RightScope::default())?;
    }
    require_unmoved_powers(&plan.update.roles)?;
    let (subject, seen, by) = (id.to_string(), caller.accounts_version, caller.relaxation_requester()?);
    let act = move |sics: Sics| async move {
        let done = plan.update.clone();
        require_catalogue(&sics)?.apply_update(plan, seen, by).await?;
        let names: Vec<&str> = done.installed.iter().map(|one| one.name.as_str()).collect();
        Ok(PerformedAct {
            detail: json!({"to": done.to, "installed": names, "changes": done.changes, "digest": done.digest}),
            subject: id.to_string(),
            answer: Json(done),
        })
    };
    sics.perform_act(&caller, "product.updated", subject, act).await
}

/// A product moves no right to approve, to destroy or to manage accounts under those who hold its roles: that is given
/// and taken account by account, where a second person has a say (A9).
fn require_unmoved_powers(roles: &[RoleChange]) -> Result<(), ApiProblem> {
    let has = |rights: &[Right], power: &str| rights.iter().any(|right| right.covers(power));
    let moved_right = roles.iter().filter(|role| !role.holders.is_empty()).find_map(|role| {
        let power = powerful_rights().find(|power| has(&role.from, power) != has(&role.to, power))?;
        Some((role, power))
    });
    let Some((role, power)) = moved_right else {
        return Ok(());
    };
    let holders = role.holders.join(", ");
    Err(ApiProblem::conflict(
        "roleHeld",
        format!(
            "this would add or remove the right {power} in the role {}, which is held by {holders}",
            role.role
        ),
        format!(
            "Take the role from them, repeat this, and give it again: intune-connector operators take {} {}",
            role.holders.first().map_or("NAME", String::as_str),
            role.role
        ),
    )
    .with_member("role", role.role.as_str()))
}

/// The roles that go with the last version of a product.
async fn roles_removed_with(sics: &Sics, id: &ProductId) -> Result<Vec<RoleChange>, ApiProblem> {
    let product = find_product(sics, id).await?;
    if product.versions.iter().any(|version| version.signed_by == BUILT_IN) {
        return Ok(Vec::new());
    }
    let operators = sics.store().list_operators().await?;
    let rows = sics.store().list_roles().await?.into_iter();
    let product_roles = rows.filter(|row| row.product.as_deref() == Some(id.as_str()));
    let change = |row: RoleRow| RoleChange {
        holders: operators
            .iter()
            .filter(|operator| operator.roles.iter().any(|held| held.role.is_same_role(&row.name)))
            .map(|operator| operator.name.clone())
            .collect(),
        role: row.name,
        from: row.rights,
        to: Vec::new(),
    };
    Ok(product_roles.map(change).collect())
}

pub async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ProductId>,
    QueryParams(removal): QueryParams<RemovalQuery>,
) -> Result<Json<RemovedView>, ApiProblem> {
    if removal.instances && !caller.operator.has_right_everywhere("Instances_Manage") {
        return Err(missing_right_problem(caller.name(), "Instances_Manage"));
    }
    require_unmoved_powers(&roles_removed_with(&sics, &id).await?)?;
    let (subject, seen) = (id.to_string(), caller.accounts_version);
    let act = move |sics: Sics| async move {
        let removed = require_catalogue(&sics)?
            .remove(id.clone(), removal.instances, removal.confirm, seen)
            .await?;
        Ok(PerformedAct {
            detail: json!(removed),
            subject: id.to_string(),
            answer: Json(removed),
        })
    };
    sics.perform_act(&caller, "product.removed", subject, act).await
}

pub async fn list_trusted_keys(State(sics): State<Sics>) -> Result<Json<KeysView>, ApiProblem> {
    let keys = require_catalogue(&sics)?.list_trusted_keys().await?;
    Ok(Json(KeysView { keys }))
}

pub async fn trust_key(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<KeyBody>,
) -> Result<(StatusCode, Json<KeysView>), ApiProblem> {
    let act = move |sics: Sics| async move {
        let key = require_catalogue(&sics)?.trust_key(body.pem).await?;
        Ok(PerformedAct {
            answer: (),
            subject: key,
            detail: json!({}),
        })
    };
    sics.perform_act(&caller, "key.trusted", "key", act).await?;
    let keys = require_catalogue(&sics)?.list_trusted_keys().await?;
    Ok((StatusCode::CREATED, Json(KeysView { keys })))
}

pub async fn distrust_key(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(key): PathParams<String>,
) -> Result<StatusCode, ApiProblem> {
    let subject = key.clone();
    let act = move |sics: Sics| async move {
        require_catalogue(&sics)?.distrust_key(key.clone()).await?;
        Ok(PerformedAct {
            answer: StatusCode::NO_CONTENT,
            subject: key,
            detail: json!({}),
        })
    };
    sics.perform_act(&caller, "key.distrusted", subject, act).await
}
