//! Registering an application in Microsoft Entra for an installation: the bus makes the key and keeps it, people do the
//! rest in Entra.

use chrono::{DateTime, Utc};
use connector_core::model::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::GivenAnswers;

/// What a registration is begun for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistrationBody {
    /// Field to answer, as far as they are known: they decide which permissions are needed, and in which cloud. Of an
    /// installation, over the answers that it stands on.
    #[serde(default)]
    pub answers: GivenAnswers,
    /// Of the steps, and of what its check tells; default: `en`.
    #[serde(default)]
    pub language: Language,
}

/// A registration that is on its way: what there is to do in Entra, as steps in its portal and as scripts that do the
/// same. The private key stays in the bus.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationView {
    /// Its id, a GUID: the answer to the field `registration` of the wizard.
    pub id: String,
    /// Display name of the application.
    pub name: String,
    /// Client id of the application that gets another certificate; null: it is to be registered.
    pub client_id: Option<String>,
    /// The certificate to upload, without its key: PEM, the content of a `.cer` file.
    pub certificate_pem: String,
    /// SHA-1 of the certificate in upper-case hexadecimal, as the portal shows it.
    pub thumbprint: String,
    /// SHA-256 of the certificate in upper-case hexadecimal.
    pub thumbprint_sha256: String,
    /// When the certificate expires.
    pub not_after: DateTime<Utc>,
    /// What the application needs for what the answers switch on, and nothing else.
    pub permissions: Vec<RegistrationPermission>,
    /// What to do in the Microsoft Entra admin center, in this order.
    pub steps: Vec<RegistrationStep>,
    /// The same as a script of the Azure CLI, for bash; it prints tenant id and client id at its end.
    pub az_script: String,
    /// The same as a script of Microsoft Graph PowerShell.
    pub powershell_script: String,
}

/// A permission of Microsoft Graph that an application needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationPermission {
    /// `DeviceManagementManagedDevices.Read.All`.
    pub name: String,
    /// `application`: it holds without a signed-in user.
    pub kind: String,
    /// What it is for, and what will not work without it.
    pub reason: String,
}

/// One step in the Microsoft Entra admin center.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationStep {
    /// In a few words.
    pub title: String,
    /// In whole sentences, with the words of the portal.
    pub text: String,
    /// The page of the portal where it is done; null: the page that is open.
    pub link: Option<String>,
}

/// What an administrator has registered, to be looked at.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistrationCheckBody {
    /// Directory (tenant) id; omitted: as answered, or as the installation has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Application (client) id; omitted: as answered, or as the installation has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Field to answer; of an installation, over the answers that it stands on.
    #[serde(default)]
    pub answers: GivenAnswers,
}
