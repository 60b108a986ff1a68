//! What an administrator does in Microsoft Entra so that an instance can sign in with a key that the bus has made: as
//! steps in the portal, as a script of the Azure CLI, as one of Microsoft Graph PowerShell. Pure: a plan and a certificate
//! in, texts out; the private key is nowhere in here.
//!
//! The scripts are files of their own ([`scripts`]) with places for values, and each value is quoted for its shell
//! ([`quoting`]): names come from people. Ids of permissions are looked up in the tenant rather than written down.

mod plan;
mod portal;
mod quoting;
mod scripts;
mod steps;

use super::new_certificate::PublicCertificate;
use super::permissions::{self, InstanceFeature};
use crate::contract::{RegistrationPermission, RegistrationStep};
pub use plan::RegistrationPlan;

/// Longest display name of an application that we give, characters.
const NAME_MAX: usize = 60;
/// The kind of permission that holds without a signed-in user.
const APPLICATION: &str = "application";

/// The scripts of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationScripts {
    pub az: String,
    pub powershell: String,
}

impl RegistrationPlan {
    /// What is to be done in the portal, in English.
    pub fn list_steps(&self, certificate: &PublicCertificate) -> Vec<RegistrationStep> {
        steps::list_steps(self, certificate)
    }

    pub fn write_scripts(&self, certificate: &PublicCertificate, certificate_pem: &str) -> RegistrationScripts {
        RegistrationScripts {
            az: scripts::write_az(self, certificate, certificate_pem),
            powershell: scripts::write_powershell(self, certificate),
        }
    }
}

/// The permissions of these features, with what each is for.
pub fn plan_permissions(features: &[InstanceFeature]) -> Vec<RegistrationPermission> {
    let needed = permissions::list_needed_permissions(features).into_iter();
    let planned = needed.map(|permission| RegistrationPermission {
        name: permission.name.to_owned(),
        kind: APPLICATION.to_owned(),
        reason: permissions::permission_reasons(permission.name, features),
    });
    planned.collect()
}

/// The display name of an application for an installation of this name. What means something to a filter of Microsoft
/// Graph, or to a shell, is replaced, whatever is quoted later.
pub fn application_name(profile: &str) -> String {
    let plain = |letter: char| {
        if letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_' | '.' | '(' | ')') {
            letter
        } else {
            '-'
        }
    };
    let name: String = profile.trim().chars().map(plain).collect();
    let name = format!("intune-connector {name}");
    let name: String = name.chars().take(NAME_MAX).collect();
    name.trim_end().to_owned()
}

#[cfg(test)]
mod tests;
