//! The catalogue: packages come, are updated and go; whose packages are taken.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::engine::Answer;
use super::extract::{Asked, Body, Named};
use super::guard::lacks;
use super::operators::judge::covers_rights;
use super::problem::Problem;
use crate::actions::guard::accounts::powers;
use crate::bus::catalogue::{Added, Adding, Changes, LeftOut};
use crate::bus::package::{Demand, Signed};
use crate::bus::{Manifest, Package, ProductId, ProductState};
use crate::model::{Confirmation, LooseningAsker, Right, RoleName, Scope};
use crate::store::{AsSeen, RoleRow};

/// What the API needs of the catalogue and of whoever installs from it.
pub trait Products: Send + Sync {
    fn list(&self) -> Answer<'_, Vec<ProductView>>;
    fn add(&self, bytes: Vec<u8>, adding: Adding) -> Answer<'_, Added>;
    /// For each version that is installed, what changes to the newest.
    fn plan(&self, id: ProductId) -> Answer<'_, UpdatePlan>;
    /// Carries out exactly this plan, or nothing where something else is installed by now (A10). `seen`: how the accounts
    /// stood when it was judged; `by`: who asks for it.
    fn update(&self, plan: UpdatePlan, seen: AsSeen, by: LooseningAsker) -> Answer<'_, ()>;
    /// `instances`: what is installed goes, too; `confirm` as when an instance is removed (F7).
    /// `seen`: how the accounts stood when the roles that go with it were looked at.
    fn remove(
        &self,
        id: ProductId,
        instances: bool,
        confirm: Option<Confirmation>,
        seen: AsSeen,
    ) -> Answer<'_, RemovedView>;
    fn keys(&self) -> Answer<'_, Vec<String>>;
    fn trust(&self, pem: String) -> Answer<'_, String>;
    fn distrust(&self, fingerprint: String) -> Answer<'_, ()>;
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProductsView {
    pub products: Vec<ProductView>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductView {
    #[schema(value_type = String)]
    pub id: ProductId,
    pub state: ProductState,
    /// The newest.
    #[schema(value_type = String)]
    pub version: Version,
    pub versions: Vec<VersionView>,
    pub installed: Vec<InstalledView>,
    /// Of the newest version.
    #[schema(value_type = Object)]
    pub manifest: Manifest,
    /// Versions that lie in the data folder and are not used, with the reason.
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    #[schema(value_type = String)]
    pub version: Version,
    /// `builtIn`, `nobody`, or the fingerprint of the key.
    pub signed_by: String,
    /// SHA-256 over all its files.
    pub digest: String,
}

impl VersionView {
    pub fn of(package: &crate::bus::Package) -> Self {
        VersionView {
            version: package.manifest.version.clone(),
            signed_by: signed_by(&package.signed),
            digest: package.digest(),
        }
    }
}

const BUILT_IN: &str = "builtIn";

pub fn signed_by(signed: &Signed) -> String {
    match signed {
        Signed::BuiltIn => BUILT_IN.to_owned(),
        Signed::Nobody => "nobody".to_owned(),
        Signed::By(fingerprint) => fingerprint.clone(),
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstalledView {
    /// The number in the names of its parts.
    pub number: i64,
    /// `IntuneConnector_1`.
    pub name: String,
    /// The name that people gave it.
    pub profile: String,
    #[schema(value_type = String)]
    pub version: Version,
}

/// An update as it was judged: what is shown of it, and the very package that it takes things over to.
#[derive(Debug, Clone)]
pub struct UpdatePlan {
    pub view: UpdateView,
    pub package: Arc<Package>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateView {
    #[schema(value_type = String)]
    pub id: ProductId,
    /// The newest version.
    #[schema(value_type = String)]
    pub to: Version,
    /// `builtIn`, `nobody`, or the fingerprint of the key that signed it.
    pub signed_by: String,
    /// SHA-256 of all that is shown here and of the files of the new version; the update is asked for with it (A10).
    pub digest: String,
    /// Roles of the product whose rights change.
    pub roles: Vec<RoleChange>,
    /// What is installed in an older version.
    pub installed: Vec<InstalledView>,
    /// For each version that is left behind.
    pub changes: Vec<Changes>,
}

/// What an update makes of a role that is known already.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoleChange {
    #[schema(value_type = String)]
    pub role: RoleName,
    #[schema(value_type = Vec<String>)]
    pub from: Vec<Right>,
    #[schema(value_type = Vec<String>)]
    pub to: Vec<Right>,
    /// Accounts that hold it.
    pub holders: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedView {
    /// Versions that were removed; what comes with the program stays.
    pub versions: u64,
    /// Installations that were removed.
    pub instances: u64,
    /// Devices that were told gone.
    pub gone: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackageBody {
    /// The zip, in base64.
    pub package: String,
    /// Take it though nobody vouches for it.
    #[serde(default)]
    pub unsigned: bool,
    /// Take it though a newer version is there.
    #[serde(default)]
    pub downgrade: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateBody {
    /// As `GET …/update` showed it.
    pub digest: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeysView {
    /// SHA-256 of the public key, hex.
    pub keys: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// The public key, Ed25519, PEM.
    pub pem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    #[serde(default)]
    pub instances: bool,
    pub confirm: Option<Confirmation>,
}

fn products(sics: &Sics) -> Result<&dyn Products, Problem> {
    sics.engine().products().ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "noCatalogue",
            "this bus has no catalogue",
            "Ask the bus that runs the instances.",
        )
    })
}

pub async fn list(State(sics): State<Sics>, caller: Caller) -> Result<Json<ProductsView>, Problem> {
    let mut products = products(&sics)?.list().await?;
    for product in &mut products {
        reached(&caller, &mut product.installed);
    }
    Ok(Json(ProductsView { products }))
}

/// Only what the caller's scope reaches is named.
fn reached(caller: &Caller, installed: &mut Vec<InstalledView>) {
    installed.retain(|one| one.name.parse().is_ok_and(|name| caller.reaches_instance(&name)));
}

async fn one(sics: &Sics, id: &ProductId) -> Result<ProductView, Problem> {
    let all = products(sics)?.list().await?;
    let found = all.into_iter().find(|product| product.id == *id);
    found.ok_or_else(|| Problem::unknown("product", id))
}

pub async fn show(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<ProductId>,
) -> Result<Json<ProductView>, Problem> {
    let mut product = one(&sics, &id).await?;
    reached(&caller, &mut product.installed);
    Ok(Json(product))
}

pub async fn add(
    State(sics): State<Sics>,
    caller: Caller,
    Body(body): Body<PackageBody>,
) -> Result<(StatusCode, Json<ProductView>), Problem> {
    let bytes = STANDARD
        .decode(&body.package)
        .map_err(|_| Problem::bad_request("wrongBody", "package is no base64", "Send the zip in base64."))?;
    let adding = Adding {
        demand: match body.unsigned {
            true => Demand::Nothing,
            false => Demand::Signature,
        },
        downgrade: body.downgrade,
    };
    let intent = sics.intend(&caller, "product.added", "product").await?;
    let added = products(&sics)?.add(bytes, adding).await?;
    let package = &added.package;
    let detail = json!({
        "version": package.manifest.version, "digest": package.digest(), "signedBy": signed_by(&package.signed),
        "unsigned": body.unsigned, "downgrade": body.downgrade, "known": added.known,
    });
    let id = package.manifest.id.clone();
    intent.done(&id, detail).await;
    let status = if added.known {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(one(&sics, &id).await?)))
}

pub async fn plan(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<ProductId>,
) -> Result<Json<UpdateView>, Problem> {
    let mut view = products(&sics)?.plan(id).await?.view;
    reached(&caller, &mut view.installed);
    Ok(Json(view))
}

pub async fn update(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<ProductId>,
    Body(body): Body<UpdateBody>,
) -> Result<Json<UpdateView>, Problem> {
    let plan = products(&sics)?.plan(id.clone()).await?;
    if plan.view.digest != body.digest {
        return Err(Problem::conflict(
            "planChanged",
            "the update would do something else than what was shown",
            "Look at what it would change, and ask for that with its digest.",
        )
        .with("digest", plan.view.digest));
    }
    // Whoever holds a role of the product gets what this version says.
    for change in &plan.view.roles {
        covers_rights(&caller, &change.to, &Scope::default())?;
    }
    powers_stay(&plan.view.roles)?;
    let intent = sics.intend(&caller, "product.updated", &id).await?;
    let done = plan.view.clone();
    products(&sics)?.update(plan, caller.seen, caller.loosening()?).await?;
    let names: Vec<&str> = done.installed.iter().map(|one| one.name.as_str()).collect();
    let detail = json!({"to": done.to, "installed": names, "changes": done.changes, "digest": done.digest});
    intent.done(&id, detail).await;
    Ok(Json(done))
}

/// A product moves no right to approve, to destroy or to manage accounts under those who hold its roles: that is given
/// and taken account by account, where a second person has a say (A9).
fn powers_stay(roles: &[RoleChange]) -> Result<(), Problem> {
    let has = |rights: &[Right], power: &str| rights.iter().any(|right| right.covers(power));
    let moved = roles.iter().filter(|role| !role.holders.is_empty()).find_map(|role| {
        let power = powers().find(|power| has(&role.from, power) != has(&role.to, power))?;
        Some((role, power))
    });
    let Some((role, power)) = moved else { return Ok(()) };
    let holders = role.holders.join(", ");
    Err(Problem::conflict(
        "roleHeld",
        format!(
            "the right {power} would come or go with the role {}, which is held by {holders}",
            role.role
        ),
        format!(
            "Take the role from them, do this, and give it again: intune-connector operators take {} {}",
            role.holders.first().map_or("NAME", String::as_str),
            role.role
        ),
    )
    .with("role", role.role.as_str()))
}

/// The roles that go with the last version of a product.
async fn roles_that_go(sics: &Sics, id: &ProductId) -> Result<Vec<RoleChange>, Problem> {
    let product = one(sics, id).await?;
    if product.versions.iter().any(|version| version.signed_by == BUILT_IN) {
        return Ok(Vec::new());
    }
    let operators = sics.store().operators().await?;
    let rows = sics.store().roles().await?.into_iter();
    let own = rows.filter(|row| row.product.as_deref() == Some(id.as_str()));
    let change = |row: RoleRow| RoleChange {
        holders: operators
            .iter()
            .filter(|operator| operator.roles.iter().any(|held| held.role.is(&row.name)))
            .map(|operator| operator.name.clone())
            .collect(),
        role: row.name,
        from: row.rights,
        to: Vec::new(),
    };
    Ok(own.map(change).collect())
}

pub async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<ProductId>,
    Asked(removal): Asked<Removal>,
) -> Result<Json<RemovedView>, Problem> {
    if removal.instances && !caller.operator.may_everywhere("Instances_Manage") {
        return Err(lacks(caller.name(), "Instances_Manage"));
    }
    powers_stay(&roles_that_go(&sics, &id).await?)?;
    let intent = sics.intend(&caller, "product.removed", &id).await?;
    let removed = products(&sics)?
        .remove(id.clone(), removal.instances, removal.confirm, caller.seen)
        .await?;
    intent.done(&id, json!(removed)).await;
    Ok(Json(removed))
}

pub async fn keys(State(sics): State<Sics>) -> Result<Json<KeysView>, Problem> {
    let keys = products(&sics)?.keys().await?;
    Ok(Json(KeysView { keys }))
}

pub async fn trust(
    State(sics): State<Sics>,
    caller: Caller,
    Body(body): Body<KeyBody>,
) -> Result<(StatusCode, Json<KeysView>), Problem> {
    let intent = sics.intend(&caller, "key.trusted", "key").await?;
    let key = products(&sics)?.trust(body.pem).await?;
    intent.done(&key, json!({})).await;
    let keys = products(&sics)?.keys().await?;
    Ok((StatusCode::CREATED, Json(KeysView { keys })))
}

pub async fn distrust(
    State(sics): State<Sics>,
    caller: Caller,
    Named(key): Named<String>,
) -> Result<StatusCode, Problem> {
    let intent = sics.intend(&caller, "key.distrusted", &key).await?;
    products(&sics)?.distrust(key.clone()).await?;
    intent.done(&key, json!({})).await;
    Ok(StatusCode::NO_CONTENT)
}
