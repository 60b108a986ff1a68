//! The end of every credential: shown as a number, and told 30, 7 and 1 days ahead, once each, and when it is over.

use crate::app::instances::Instances;
use crate::config::CredentialUse;
use crate::entra::{Expiry, Level, Warned, expiry};
use crate::model::InstanceName;
use crate::observe::metric;

/// Each mark is told at the time it is passed, or at the start behind it.
pub fn look(instances: &Instances, warned: &mut Warned) {
    let now = instances.clock.now();
    let all = instances.look_at_all(|name, slot| {
        let settings = slot.settings.clone()?;
        Some((name.clone(), slot.id.to_string(), settings))
    });
    for (name, id, settings) in all.into_iter().flatten() {
        for which in CredentialUse::ALL {
            let labels = [id.as_str(), which.word()];
            let credential = settings.credentials().find(|(of, _)| *of == which);
            let Some(expiry) = credential.and_then(|(_, credential)| expiry(credential, now)) else {
                instances.metrics.clear(&metric::CREDENTIAL_DAYS, &labels);
                continue;
            };
            instances
                .metrics
                .set(&metric::CREDENTIAL_DAYS, &labels, expiry.days_left as f64);
            if warned.is_due(&name, which, &expiry) {
                tell(&name, which, &expiry);
            }
        }
    }
}

fn tell(name: &InstanceName, which: CredentialUse, expiry: &Expiry) {
    let (purpose, days_left) = (which.word(), expiry.days_left);
    let cure = match which {
        CredentialUse::Main => "make a new one and give it as next_secret_file or next_pfx_file",
        CredentialUse::Next => "make a new one and give it in its place",
        CredentialUse::Actions => "make a new one and give it as actions_secret_file or actions_pfx_file",
        CredentialUse::Orders => "make a new one and give it as orders_secret_file or orders_pfx_file",
    };
    match expiry.level {
        Level::Expired => tracing::error!(instance.name = %name, credential.purpose = purpose,
            credential.days_left = days_left, advice = cure, "the credential has ended"),
        _ => tracing::warn!(instance.name = %name, credential.purpose = purpose,
            credential.days_left = days_left, advice = cure, "the credential ends soon"),
    }
}
