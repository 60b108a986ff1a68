//! The expiry of every credential: a gauge, and one log message each 30, 7 and 1 days ahead and after expiry.

use crate::app::instances::Instances;
use crate::config::CredentialUse;
use crate::entra::{CredentialExpiry, ExpiryLevel, ExpiryWarnings, credential_expiry};
use crate::model::InstanceName;
use crate::observe::metric;

/// What the credential of app orders is for.
const ORDERS: &str = "orders";

/// Each mark is told at the time it is passed, or at the start behind it.
pub(crate) fn check_expiries(instances: &Instances, warned: &mut ExpiryWarnings) {
    let now = instances.clock.now();
    check_order_expiries(instances, warned);
    let all = instances.read_all_slots(|name, slot| {
        let settings = slot.settings.clone()?;
        Some((name.clone(), settings))
    });
    for (name, settings) in all.into_iter().flatten() {
        for which in CredentialUse::ALL {
            let labels = [name.as_str(), which.name()];
            let credential = settings.all_credentials().find(|(of, _)| *of == which);
            let Some(expiry) = credential.and_then(|(_, credential)| credential_expiry(credential, now)) else {
                instances.metrics.remove_series(&metric::CREDENTIAL_DAYS, &labels);
                continue;
            };
            instances
                .metrics
                .set(&metric::CREDENTIAL_DAYS, &labels, expiry.days_left as f64);
            if warned.is_warning_due(&name, which, &expiry) {
                log_expiry(&name, which, &expiry);
            }
        }
    }
}

/// Of installations of app orders that run.
fn check_order_expiries(instances: &Instances, warned: &mut ExpiryWarnings) {
    let now = instances.clock.now();
    let all = instances
        .order_leases()
        .read_all_running(|orders| (orders.name.clone(), orders.settings.clone()));
    for (name, settings) in all {
        let labels = [name.as_str(), ORDERS];
        let Some(expiry) = credential_expiry(&settings.tenant.credential, now) else {
            instances.metrics.remove_series(&metric::CREDENTIAL_DAYS, &labels);
            continue;
        };
        instances
            .metrics
            .set(&metric::CREDENTIAL_DAYS, &labels, expiry.days_left as f64);
        if warned.is_warning_due(&name, CredentialUse::Main, &expiry) {
            let cure = format!("create a new credential: intune-connector instances reauthenticate {name}");
            log_end(&name, ORDERS, &cure, &expiry);
        }
    }
}

fn log_expiry(name: &InstanceName, which: CredentialUse, expiry: &CredentialExpiry) {
    let cure = match which {
        CredentialUse::Main => "create a new credential and set it as next_secret_file or next_pfx_file",
        CredentialUse::Next => "replace it with a new credential",
        CredentialUse::Actions => "create a new credential and set it as actions_secret_file or actions_pfx_file",
    };
    log_end(name, which.name(), cure, expiry);
}

fn log_end(name: &InstanceName, purpose: &str, cure: &str, expiry: &CredentialExpiry) {
    let days_left = expiry.days_left;
    match expiry.level {
        ExpiryLevel::Expired => tracing::error!(instance.name = %name, credential.purpose = purpose,
            credential.days_left = days_left, advice = cure, "the credential has expired"),
        _ => tracing::warn!(instance.name = %name, credential.purpose = purpose,
            credential.days_left = days_left, advice = cure, "the credential expires soon"),
    }
}
