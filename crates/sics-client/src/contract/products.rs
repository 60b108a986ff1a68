//! Products, their versions, and whose packages are trusted.

use connector_core::model::{EffectConfirmation, Right, RoleName};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ManifestView;

/// How a product is removed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RemovalQuery {
    /// Remove its installations as well; else a product that is installed is not removed. Default: false.
    #[serde(default)]
    pub instances: bool,
    /// `confirm` of the refusal without it: number of devices that are reported as gone, and digest.
    #[param(inline)]
    pub confirm: Option<EffectConfirmation>,
}

/// The catalogue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductsView {
    /// By id.
    pub products: Vec<ProductView>,
}

/// A product: its versions, and where it is installed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductView {
    /// Such as `intune-connector`.
    pub id: String,
    /// Whether it is installed, and in its newest version.
    pub state: ProductState,
    /// The newest.
    pub version: String,
    /// All that can be installed or are installed, oldest first.
    pub versions: Vec<VersionView>,
    /// Its installations, within the caller's scope.
    pub installed: Vec<InstalledView>,
    /// Of the newest version.
    pub manifest: ManifestView,
    /// Versions in the data folder that are not used, with the reason.
    pub left_out: Vec<UnusedVersion>,
}

/// A version of a product.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    /// Semantic version.
    pub version: String,
    /// `builtIn`, `nobody`, or the fingerprint of the key.
    pub signed_by: String,
    /// SHA-256 over all its files.
    pub digest: String,
}

/// An installation of a product.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstalledView {
    /// The number in the names of its members.
    pub number: i64,
    /// `IntuneConnector_1`.
    pub name: String,
    /// Its display name.
    pub profile: String,
    /// The version that it runs with.
    pub version: String,
}

/// What an update changes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateView {
    /// Of the product.
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
    /// Name of the role.
    pub role: RoleName,
    /// Its rights so far.
    pub from: Vec<Right>,
    /// Its rights from then on; empty: the role is removed.
    pub to: Vec<Right>,
    /// Accounts that hold it.
    pub holders: Vec<String>,
}

/// What was removed with a product.
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

/// A package to be added.
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

/// Which update is wanted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateBody {
    /// As shown by `GET …/update`.
    pub digest: String,
}

/// Whose packages are accepted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct KeysView {
    /// SHA-256 of the public key, hex.
    pub keys: Vec<String>,
}

/// A key to be trusted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// The public key, Ed25519, PEM.
    pub pem: String,
}

/// What is different between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionChanges {
    /// The older version.
    pub from: String,
    /// The newer version.
    pub to: String,
    /// By kind and name.
    pub changes: Vec<ChangedPiece>,
}

/// A piece of a product that is not the same in two versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct ChangedPiece {
    /// What it is.
    pub piece: PieceKind,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub how: PieceChange,
}

/// What a product is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PieceKind {
    /// A part that runs.
    Microservice,
    /// A workflow definition.
    Definition,
    /// A page of the wizard.
    Page,
    /// A permission that it needs elsewhere.
    Permission,
    /// How dangerous it rates an action.
    Danger,
    /// A network port.
    Port,
}

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PieceChange {
    /// Only the newer version has it.
    Added,
    /// Both have it, and it is not the same.
    Changed,
    /// Only the older version has it.
    Removed,
}

/// A version in the folder that is not used; it is reported with the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnusedVersion {
    /// Of the product.
    pub id: String,
    /// The version.
    pub version: String,
    /// Why it is not used.
    pub problem: String,
}

/// What a product is to this bus.
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
