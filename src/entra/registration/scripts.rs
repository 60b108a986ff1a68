//! The scripts that do what the steps say: `register` for an application that is to be, `renew` for one that gets another
//! certificate. They carry the public certificate alone.

use super::plan::RegistrationPlan;
use super::quoting::{fill_template, quote_bash, quote_powershell};
use crate::config::NationalCloud;
use crate::entra::authority::cloud_hosts;
use crate::entra::new_certificate::PublicCertificate;

const REGISTER_AZ: &str = include_str!("register.sh");
const RENEW_AZ: &str = include_str!("renew.sh");
const REGISTER_POWERSHELL: &str = include_str!("register.ps1");
const RENEW_POWERSHELL: &str = include_str!("renew.ps1");

pub(super) fn write_az(plan: &RegistrationPlan, certificate: &PublicCertificate, certificate_pem: &str) -> String {
    let template = match plan.client_id {
        None => REGISTER_AZ,
        Some(_) => RENEW_AZ,
    };
    let permissions: Vec<String> = plan
        .permissions
        .iter()
        .map(|permission| quote_bash(&permission.name))
        .collect();
    let values = [
        ("name", quote_bash(&plan.name)),
        ("tenant", quote_bash(&known_tenant_id(plan))),
        ("client", quote_bash(plan.client_id.as_deref().unwrap_or_default())),
        ("cloud", quote_bash(az_cloud(plan.cloud))),
        ("graph_url", quote_bash(cloud_hosts(plan.cloud).1)),
        ("permissions", permissions.join(" ")),
        ("thumbprint", quote_bash(&certificate.thumbprint)),
        ("certificate", certificate_pem.trim().to_owned()),
    ];
    fill_template(template, &values)
}

pub(super) fn write_powershell(plan: &RegistrationPlan, certificate: &PublicCertificate) -> String {
    let template = match plan.client_id {
        None => REGISTER_POWERSHELL,
        Some(_) => RENEW_POWERSHELL,
    };
    let permissions: Vec<String> = plan
        .permissions
        .iter()
        .map(|permission| quote_powershell(&permission.name))
        .collect();
    let values = [
        ("name", quote_powershell(&plan.name)),
        ("tenant", quote_powershell(&known_tenant_id(plan))),
        (
            "client",
            quote_powershell(plan.client_id.as_deref().unwrap_or_default()),
        ),
        ("environment", quote_powershell(powershell_environment(plan.cloud))),
        ("permissions", permissions.join(", ")),
        ("thumbprint", quote_powershell(&certificate.thumbprint)),
        ("certificate", quote_powershell(&certificate.base64)),
    ];
    fill_template(template, &values)
}

/// A domain stands for the tenant as well, but the tools tell its GUID alone.
fn known_tenant_id(plan: &RegistrationPlan) -> String {
    let tenant = plan.tenant_id.as_deref().unwrap_or_default();
    match uuid::Uuid::try_parse(tenant) {
        Ok(id) => id.to_string(),
        Err(_) => String::new(),
    }
}

/// As `az cloud list` names them; the two of the US government are one there.
fn az_cloud(cloud: NationalCloud) -> &'static str {
    match cloud {
        NationalCloud::Global => "AzureCloud",
        NationalCloud::UsGovL4 | NationalCloud::UsGovL5 => "AzureUSGovernment",
        NationalCloud::China => "AzureChinaCloud",
    }
}

/// As `Get-MgEnvironment` names them.
fn powershell_environment(cloud: NationalCloud) -> &'static str {
    match cloud {
        NationalCloud::Global => "Global",
        NationalCloud::UsGovL4 => "USGov",
        NationalCloud::UsGovL5 => "USGovDoD",
        NationalCloud::China => "China",
    }
}
