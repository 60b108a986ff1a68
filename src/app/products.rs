//! The catalogue and what is installed from it, put together for the API.

use std::sync::Arc;

use openssl::sha::sha256;
use semver::Version;
use serde_json::json;

use super::engine::require_confirmation;
use super::instances::{Instances, new_members};
use super::removal::removal_effect;
use crate::bus::catalogue::{AddOptions, AddedPackage, CatalogueError, changes, state};
use crate::bus::package::PackageSigner;
use crate::bus::{Manifest, Package, ProductId};
use crate::contract::{
    InstalledView, ManifestView, ProductRole, ProductView, RemovedView, RoleChange, UpdateView, VersionView,
};
use crate::model::{
    ConfirmableEffect, EffectConfirmation, InstallationState, InstanceId, RelaxationRequester, RoleName,
};
use crate::sics::products::signed_by;
use crate::sics::{EngineError, EngineFuture, InstanceEngine, ProductCatalogue, UpdatePlan};
use crate::store::{AccountsVersion, InstallationRow, NewRole, OperatorRow, ProductUpdate, RoleRow, StoreError};

/// As the store keeps them.
fn to_new_roles(manifest: &Manifest) -> Vec<NewRole> {
    let role = |role: &ProductRole| NewRole {
        name: role.name.clone(),
        rights: role.rights.clone(),
        summary: role.summary.clone(),
    };
    manifest.roles.iter().map(role).collect()
}

impl Instances {
    /// The roles of products that are not known yet; what is known changes with an update only.
    pub(in crate::app) async fn store_product_roles(&self) -> Result<(), StoreError> {
        for package in self.catalogue.newest_packages() {
            let (id, roles) = (package.manifest.id.to_string(), to_new_roles(&package.manifest));
            self.store.set_product_roles(id, roles, false).await?;
        }
        Ok(())
    }
}

impl ProductCatalogue for Instances {
    fn list_products(&self) -> EngineFuture<'_, Vec<ProductView>> {
        Box::pin(async move {
            let mut products = Vec::new();
            for package in self.catalogue.newest_packages() {
                let id = &package.manifest.id;
                let installed = self.list_installed(id).await?;
                let versions: Vec<Version> = installed.iter().map(|one| one.version.clone()).collect();
                products.push(ProductView {
                    id: id.to_string(),
                    state: state::product_state(&package.manifest.version, &versions),
                    version: package.manifest.version.to_string(),
                    versions: self
                        .catalogue
                        .package_versions(id)
                        .iter()
                        .map(|one| VersionView::from(one.as_ref()))
                        .collect(),
                    installed: installed.into_iter().map(InstalledView::from).collect(),
                    manifest: ManifestView::from(&package.manifest),
                    left_out: self.catalogue.unused_versions(id),
                });
            }
            Ok(products)
        })
    }

    fn find_package(&self, id: &ProductId) -> Option<Arc<Package>> {
        self.catalogue.newest_package(id)
    }

    fn add_package(&self, bytes: Vec<u8>, adding: AddOptions) -> EngineFuture<'_, AddedPackage> {
        Box::pin(async move {
            let mut in_use = Vec::new();
            for package in self.catalogue.newest_packages() {
                let installed = self.list_installed(&package.manifest.id).await?;
                in_use.extend(installed.into_iter().map(|one| one.version));
            }
            let catalogue = self.catalogue.clone();
            let added = tokio::task::spawn_blocking(move || catalogue.add_package(&bytes, adding, &in_use)).await;
            let added = added.map_err(std::io::Error::from)??;
            self.store_product_roles().await?;
            Ok(added)
        })
    }

    fn plan_update(&self, id: ProductId) -> EngineFuture<'_, UpdatePlan> {
        Box::pin(self.build_update_plan(id))
    }

    fn apply_update(&self, plan: UpdatePlan, seen: AccountsVersion, by: RelaxationRequester) -> EngineFuture<'_, ()> {
        Box::pin(async move {
            let manifest = &plan.package.manifest;
            let installed = plan.update.installed.iter();
            let update = ProductUpdate {
                product: plan.update.id.clone(),
                version: plan.update.to.clone(),
                installed: installed.map(|one| (one.number, one.version.clone())).collect(),
                members: new_members(manifest),
                roles: to_new_roles(manifest),
            };
            self.store.with_accounts_version(seen).update_product(update).await?;
            for one in &plan.update.installed {
                self.restart_updated_members(one.number, Some(by.id())).await?;
            }
            Ok(())
        })
    }

    fn remove(
        &self,
        id: ProductId,
        instances: bool,
        confirm: Option<EffectConfirmation>,
        seen: AccountsVersion,
    ) -> EngineFuture<'_, RemovedView> {
        Box::pin(async move {
            let known = self.catalogue.newest_package(&id);
            known.ok_or_else(|| CatalogueError::Unknown(id.to_string()))?;
            let installed = self.list_installed(&id).await?;
            if !instances && !installed.is_empty() {
                return Err(product_in_use(&id, &installed));
            }
            let (mut removed, rows) = (
                RemovedView {
                    versions: 0,
                    instances: 0,
                    gone: 0,
                },
                self.store.list_instances().await?,
            );
            let of = |number: i64| rows.iter().find(|row| row.id.0 == number && row.removed_at.is_none());
            let mut count = 0;
            for row in installed.iter().filter_map(|one| of(one.number)) {
                count += self.store.count_devices(row.id).await?;
            }
            let mut what = format!("removing {id} reports the devices of its instances to every server as gone");
            for one in installed.iter().filter(|one| of(one.number).is_none()) {
                let links = self.count_target_links(InstanceId(one.number)).await?;
                count += links;
                if links > 0 {
                    what = format!(
                        "removing {id} forgets which record belongs to which device, and what was there before; the records \
                         stay where they are, and nothing updates them any more"
                    );
                }
                let (open, applications) = self.count_order_effects(InstanceId(one.number)).await?;
                count += open;
                if open > 0 || applications > 0 {
                    what = format!(
                        "removing {id} ends its open orders and forgets its applications; groups and assignments stay in \
                         the tenant; the shop gets no message of it: neither the ends of these orders nor messages that wait \
                         are sent"
                    );
                }
            }
            let numbers: Vec<i64> = installed.iter().map(|one| one.number).collect();
            require_confirmation(ConfirmableEffect::from_content(what, count, &numbers), confirm.as_ref())?;
            let versions = self.catalogue.package_versions(&id);
            if !versions.iter().any(|package| package.signer == PackageSigner::BuiltIn) {
                // First of all: they go only where the accounts are as they were judged. Should the process die behind
                // this, the next start offers them again.
                let store = self.store.with_accounts_version(seen);
                store.set_product_roles(id.to_string(), Vec::new(), true).await?;
            }
            for one in &installed {
                match of(one.number) {
                    Some(row) => {
                        // Its share of what was confirmed; the count is told again where devices came since.
                        let share = removal_effect(row, self.store.count_devices(row.id).await?);
                        let share = EffectConfirmation::try_from(share.confirmation_code().to_owned()).ok();
                        let gone = self.remove_instance(row.name.clone(), share).await?;
                        removed.gone += gone;
                    }
                    None => {
                        self.forget_members(one.number).await?;
                        self.end_orders(InstanceId(one.number)).await?;
                        self.end_target(InstanceId(one.number)).await?;
                    }
                }
                removed.instances += 1;
            }
            let (catalogue, product) = (self.catalogue.clone(), id.clone());
            let versions = tokio::task::spawn_blocking(move || catalogue.remove(&product)).await;
            removed.versions = versions.map_err(std::io::Error::from)?? as u64;
            if removed.versions == 0 && removed.instances == 0 {
                return Err(EngineError::Conflict {
                    code: "builtIn",
                    problem: "the product is built into the program and is not installed".into(),
                    advice: "There is nothing to remove.".into(),
                });
            }
            Ok(removed)
        })
    }

    fn list_trusted_keys(&self) -> EngineFuture<'_, Vec<String>> {
        Box::pin(async move {
            let trusted = self.catalogue.trusted_keys()?;
            Ok(trusted.fingerprints().map(str::to_owned).collect())
        })
    }

    fn trust_key(&self, pem: String) -> EngineFuture<'_, String> {
        Box::pin(async move { Ok(self.catalogue.trust_key(pem.as_bytes())?) })
    }

    fn distrust_key(&self, fingerprint: String) -> EngineFuture<'_, ()> {
        Box::pin(async move { Ok(self.catalogue.distrust_key(&fingerprint)?) })
    }
}

/// What is installed of a product.
struct InstalledVersion {
    number: i64,
    /// Of its first member.
    name: String,
    profile: String,
    version: Version,
}

impl From<InstalledVersion> for InstalledView {
    fn from(installed: InstalledVersion) -> InstalledView {
        InstalledView {
            number: installed.number,
            name: installed.name,
            profile: installed.profile,
            version: installed.version.to_string(),
        }
    }
}

fn product_in_use(id: &ProductId, installed: &[InstalledVersion]) -> EngineError {
    let names: Vec<&str> = installed.iter().map(|one| one.name.as_str()).collect();
    EngineError::Conflict {
        code: "productInUse",
        problem: format!("{id} is installed: {}", names.join(", ")),
        advice: "Remove these first, or remove them together with the product (--with-instances).".into(),
    }
}

impl Instances {
    /// What is installed of a product, or is on its way to be or to go.
    async fn list_installed(&self, id: &ProductId) -> Result<Vec<InstalledVersion>, StoreError> {
        let rows = self.store.list_installations().await?;
        let here = |row: &&InstallationRow| {
            row.product == id.as_str() && !matches!(row.state, InstallationState::Failed | InstallationState::Removed)
        };
        let prefix = self
            .catalogue
            .newest_package(id)
            .map(|package| package.manifest.name_prefix().to_owned());
        let prefix = prefix.unwrap_or_default();
        let views = rows.iter().filter(here).map(|row| InstalledVersion {
            number: row.number,
            name: format!("{prefix}_{}", row.number),
            profile: row.profile.clone(),
            version: Version::parse(&row.version).unwrap_or(Version::new(0, 0, 0)),
        });
        Ok(views.collect())
    }

    async fn build_update_plan(&self, id: ProductId) -> Result<UpdatePlan, EngineError> {
        let newest = self.catalogue.newest_package(&id);
        let newest = newest.ok_or_else(|| CatalogueError::Unknown(id.to_string()))?;
        let to = newest.manifest.version.clone();
        let mut installed = self.list_installed(&id).await?;
        installed.retain(|one| one.version < to);
        let mut versions: Vec<&Version> = installed.iter().map(|one| &one.version).collect();
        versions.sort_unstable();
        versions.dedup();
        let before = versions
            .into_iter()
            .filter_map(|version| self.catalogue.get(&id, version));
        let changes = before.map(|old| changes::compare_packages(&old, &newest)).collect();
        let mut view = UpdateView {
            roles: self.changed_roles(&id, &newest.manifest).await?,
            signed_by: signed_by(&newest.signer),
            digest: String::new(),
            id: id.to_string(),
            to: to.to_string(),
            installed: installed.into_iter().map(InstalledView::from).collect(),
            changes,
        };
        let shown = json!({"package": newest.digest(), "shown": view});
        view.digest = hex::encode(sha256(shown.to_string().as_bytes()));
        Ok(UpdatePlan {
            update: view,
            package: newest,
        })
    }

    /// Roles that are known and get other rights, or go.
    async fn changed_roles(&self, id: &ProductId, manifest: &Manifest) -> Result<Vec<RoleChange>, StoreError> {
        let (known, operators) = (self.store.list_roles().await?, self.store.list_operators().await?);
        let change = |role: &ProductRole| {
            let is_its =
                |row: &&RoleRow| row.name.is_same_role(&role.name) && row.product.as_deref() == Some(id.as_str());
            let row = known.iter().find(is_its)?;
            (row.rights != role.rights).then(|| RoleChange {
                role: role.name.clone(),
                from: row.rights.clone(),
                to: role.rights.clone(),
                holders: role_holders(&operators, &role.name),
            })
        };
        let is_gone = |row: &&RoleRow| {
            row.product.as_deref() == Some(id.as_str())
                && !manifest.roles.iter().any(|role| role.name.is_same_role(&row.name))
        };
        let gone = known.iter().filter(is_gone).map(|row| RoleChange {
            role: row.name.clone(),
            from: row.rights.clone(),
            to: Vec::new(),
            holders: role_holders(&operators, &row.name),
        });
        Ok(manifest.roles.iter().filter_map(change).chain(gone).collect())
    }
}

fn role_holders(operators: &[OperatorRow], role: &RoleName) -> Vec<String> {
    let holds = |operator: &&OperatorRow| operator.roles.iter().any(|held| held.role.is_same_role(role));
    operators
        .iter()
        .filter(holds)
        .map(|operator| operator.name.clone())
        .collect()
}
