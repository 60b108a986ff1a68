//! What the API needs of the catalogue and of whoever installs from it. `app` implements this once for the running bus.

use std::sync::Arc;

use super::engine_error::EngineFuture;
use crate::bus::catalogue::{AddOptions, AddedPackage};
use crate::bus::{Package, ProductId};
use crate::contract::{ProductView, RemovedView, UpdateView};
use crate::model::{EffectConfirmation, RelaxationRequester};
use crate::store::AccountsVersion;

/// The products of this bus, and what is done with them.
pub trait ProductCatalogue: Send + Sync {
    fn list_products(&self) -> EngineFuture<'_, Vec<ProductView>>;
    /// The newest version of a product, with its files; `None`: there is no such product.
    fn find_package(&self, id: &ProductId) -> Option<Arc<Package>>;
    fn add_package(&self, bytes: Vec<u8>, adding: AddOptions) -> EngineFuture<'_, AddedPackage>;
    /// For each version that is installed, what changes to the newest.
    fn plan_update(&self, id: ProductId) -> EngineFuture<'_, UpdatePlan>;
    /// Carries out exactly this plan, or nothing where something else is installed by now (A10). `seen`: how the accounts
    /// stood when it was judged; `by`: who asks for it.
    fn apply_update(&self, plan: UpdatePlan, seen: AccountsVersion, by: RelaxationRequester) -> EngineFuture<'_, ()>;
    /// `instances`: what is installed goes, too; `confirm` as when an instance is removed (F7).
    /// `seen`: how the accounts stood when the roles that go with it were looked at.
    fn remove(
        &self,
        id: ProductId,
        instances: bool,
        confirm: Option<EffectConfirmation>,
        seen: AccountsVersion,
    ) -> EngineFuture<'_, RemovedView>;
    fn list_trusted_keys(&self) -> EngineFuture<'_, Vec<String>>;
    fn trust_key(&self, pem: String) -> EngineFuture<'_, String>;
    fn distrust_key(&self, fingerprint: String) -> EngineFuture<'_, ()>;
}

/// An update as it was judged: what is shown of it, and the exact package that it updates to.
#[derive(Debug, Clone)]
pub struct UpdatePlan {
    pub update: UpdateView,
    pub package: Arc<Package>,
}
