//! What a product declares of itself (`plugin.toml`).

use connector_core::model::{ActionDanger, Right, RoleName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The manifest of one version of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestView {
    /// Of the product.
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// Versions of the bus that it works with: `^0.1`.
    pub bus: String,
    /// What people call it.
    pub name: ManifestText,
    /// What it does, one sentence.
    pub summary: ManifestText,
    /// The file of the wizard that installs it.
    pub template: String,
    /// The file of its icon; null: it has none.
    pub icon: Option<String>,
    /// What runs; at least one, and the first gives an installation its name.
    pub microservices: Vec<MicroserviceView>,
    /// What its engines run.
    pub workflows: Vec<ManifestWorkflowView>,
    /// Network ports that it uses.
    pub ports: Vec<ManifestPort>,
    /// Permissions that it needs in other services.
    pub permissions: Vec<ManifestPermission>,
    /// How dangerous it rates actions.
    pub dangers: Vec<ManifestDanger>,
    /// Roles for its users.
    pub roles: Vec<ProductRole>,
}

/// The same in the languages of the bus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestText {
    /// In English.
    pub en: String,
    /// In German.
    pub de: String,
}

impl ManifestText {
    /// English where there is no such language.
    pub fn in_language(&self, language: &str) -> &str {
        match language {
            "de" => &self.de,
            _ => &self.en,
        }
    }
}

/// A part that runs: `IntuneConnector` becomes `IntuneConnector_1` with the first installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MicroserviceView {
    /// Its name, without the number of an installation.
    pub name: String,
    /// Which code it is.
    pub kind: String,
}

/// A workflow that comes with a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestWorkflowView {
    /// Its name, without the number of an installation.
    pub name: String,
    /// The file of its definition.
    pub file: String,
    /// Name of the microservice that runs it.
    pub engine: String,
}

/// A network port that a product uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestPort {
    /// Its number.
    pub number: u16,
    /// What it is for.
    pub purpose: String,
}

/// A permission that the product needs in another service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestPermission {
    /// Its name there.
    pub name: String,
    /// The feature that needs it.
    pub feature: String,
    /// What it is for, and what will not work without it.
    pub reason: String,
    /// Nothing works without it; else only the feature.
    pub required: bool,
    /// Broader ones that include it.
    pub also: Vec<String>,
}

/// How much harm one action does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestDanger {
    /// Name of the action.
    pub action: String,
    /// How dangerous it is.
    pub class: ActionDanger,
}

/// A role for the users of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductRole {
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub summary: String,
    /// What it grants.
    pub rights: Vec<Right>,
}
