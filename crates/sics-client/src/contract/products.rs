//! Products, their versions, and whose packages are trusted.

use connector_core::model::{EffectConfirmation, Right, RoleName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RemovalQuery {
    #[serde(default)]
    pub instances: bool,
    pub confirm: Option<EffectConfirmation>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductsView {
    pub products: Vec<ProductView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductView {
    pub id: String,
    pub state: ProductState,
    /// The newest.
    pub version: String,
    pub versions: Vec<VersionView>,
    pub installed: Vec<InstalledView>,
    /// Of the newest version.
    #[schema(value_type = Object)]
    pub manifest: Value,
    /// Versions in the data folder that are not used, with the reason.
    pub left_out: Vec<UnusedVersion>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    pub version: String,
    /// `builtIn`, `nobody`, or the fingerprint of the key.
    pub signed_by: String,
    /// SHA-256 over all its files.
    pub digest: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstalledView {
    /// The number in the names of its members.
    pub number: i64,
    /// `IntuneConnector_1`.
    pub name: String,
    /// Its display name.
    pub profile: String,
    pub version: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateView {
    pub id: String,
    /// The newest version.
    pub to: String,
    /// `builtIn`, `nobody`, or the fingerprint of the key that signed it.
    pub signed_by: String,
    /// SHA-256 of all that is shown here and of the files of the new version; the update is requested with it (A10).
    pub digest: String,
    /// Roles of the product whose rights change.
    pub roles: Vec<RoleChange>,
    /// What is installed in an older version.
    pub installed: Vec<InstalledView>,
    /// For each older version that is updated.
    pub changes: Vec<VersionChanges>,
}

/// How an update changes an existing role.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RoleChange {
    pub role: RoleName,
    pub from: Vec<Right>,
    pub to: Vec<Right>,
    /// Accounts that hold it.
    pub holders: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedView {
    /// Removed versions; versions built into the program stay.
    pub versions: u64,
    /// Installations that were removed.
    pub instances: u64,
    /// Devices that were reported as gone.
    pub gone: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackageBody {
    /// The zip, in base64.
    pub package: String,
    /// Accept it although it is unsigned or signed with an unknown key.
    #[serde(default)]
    pub unsigned: bool,
    /// Accept it although a newer version exists.
    #[serde(default)]
    pub downgrade: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateBody {
    /// As shown by `GET …/update`.
    pub digest: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct KeysView {
    /// SHA-256 of the public key, hex.
    pub keys: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// The public key, Ed25519, PEM.
    pub pem: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionChanges {
    pub from: String,
    pub to: String,
    pub changes: Vec<ChangedPiece>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct ChangedPiece {
    pub piece: PieceKind,
    pub name: String,
    pub how: PieceChange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PieceKind {
    Microservice,
    /// A workflow definition.
    Definition,
    /// A page of the wizard.
    Page,
    Permission,
    Danger,
    Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PieceChange {
    Added,
    Changed,
    Removed,
}

/// A version in the folder that is not used; it is reported with the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnusedVersion {
    pub id: String,
    pub version: String,
    pub problem: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProductState {
    /// It can be installed.
    Available,
    /// Every installation has the newest version.
    Installed,
    /// At least one installation has an older version.
    UpdateAvailable,
}
