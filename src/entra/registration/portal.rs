//! Addresses in the Microsoft Entra admin center, which each cloud has of its own.

use crate::config::NationalCloud;

fn portal_host(cloud: NationalCloud) -> &'static str {
    match cloud {
        NationalCloud::Global => "https://entra.microsoft.com",
        NationalCloud::UsGovL4 | NationalCloud::UsGovL5 => "https://entra.microsoft.us",
        NationalCloud::China => "https://entra.microsoftonline.cn",
    }
}

/// The list of all app registrations.
pub(super) fn applications_link(cloud: NationalCloud) -> String {
    format!(
        "{}/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
        portal_host(cloud)
    )
}

/// The certificates and secrets of one application. `client_id` is a GUID.
pub(super) fn credentials_link(cloud: NationalCloud, client_id: &str) -> String {
    format!(
        "{}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/{client_id}",
        portal_host(cloud)
    )
}
