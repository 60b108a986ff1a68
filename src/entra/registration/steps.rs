//! The steps in the portal, in its words; one thing to do in each. Their German stands in `locale/de.po`.

use super::plan::RegistrationPlan;
use super::portal::{applications_link, credentials_link};
use crate::contract::{RegistrationPermission, RegistrationStep};
use crate::entra::new_certificate::PublicCertificate;

pub(super) fn list_steps(plan: &RegistrationPlan, certificate: &PublicCertificate) -> Vec<RegistrationStep> {
    match &plan.client_id {
        None => registration_steps(plan, certificate),
        Some(client_id) => renewal_steps(plan, certificate, client_id),
    }
}

fn registration_steps(plan: &RegistrationPlan, certificate: &PublicCertificate) -> Vec<RegistrationStep> {
    let mut steps = vec![
        linked_step(
            "Open the app registrations",
            "Sign in as somebody who may register applications and grant admin consent.",
            applications_link(plan.cloud),
        ),
        new_step("Choose New registration", "It is above the list of applications."),
        new_step(
            "Give it a name and choose Register",
            format!(
                "Name: {}. Leave the account types at this organizational directory only, and the redirect URI empty.",
                plan.name
            ),
        ),
        new_step(
            "Open Certificates & secrets, then Certificates",
            "Certificates & secrets is in the menu of the application, under Manage.",
        ),
        upload_step(certificate),
        new_step(
            "Open API permissions and choose Add a permission",
            "API permissions is in the same menu.",
        ),
        new_step(
            "Choose Microsoft Graph, then Application permissions",
            "Not Delegated permissions: the connector works without a signed-in user.",
        ),
    ];
    steps.extend(plan.permissions.iter().map(permission_step));
    steps.extend([
        new_step(
            "Choose Add permissions",
            "It is below the list; it adds all that are ticked.",
        ),
        new_step(
            "Choose Grant admin consent, then Yes",
            "The state of each application permission is then Granted. It can take a minute to take effect.",
        ),
        new_step(
            "Open Overview and copy the two ids",
            "The wizard needs the Directory (tenant) ID and the Application (client) ID, not the Object ID.",
        ),
    ]);
    steps
}

fn permission_step(permission: &RegistrationPermission) -> RegistrationStep {
    new_step(format!("Tick {}", permission.name), permission.reason.as_str())
}

fn upload_step(certificate: &PublicCertificate) -> RegistrationStep {
    new_step(
        "Choose Upload certificate, select the .cer file, and choose Add",
        format!("The list then shows this thumbprint: {}.", certificate.thumbprint),
    )
}

fn renewal_steps(plan: &RegistrationPlan, certificate: &PublicCertificate, client_id: &str) -> Vec<RegistrationStep> {
    vec![
        linked_step(
            "Open the certificates of the application",
            "Sign in as an owner of the application or an administrator of applications.",
            credentials_link(plan.cloud, client_id),
        ),
        upload_step(certificate),
        new_step(
            "Leave the old certificate where it is",
            "It is in use until the check has passed and the installation is changed. Delete it after that.",
        ),
    ]
}

/// On the page that is open.
fn new_step(title: impl Into<String>, text: impl Into<String>) -> RegistrationStep {
    RegistrationStep {
        title: title.into(),
        text: text.into(),
        link: None,
    }
}

fn linked_step(title: &str, text: &str, link: String) -> RegistrationStep {
    RegistrationStep {
        link: Some(link),
        ..new_step(title, text)
    }
}
