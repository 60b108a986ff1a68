//! What is known of a device beyond itself: the apps that were found on it, and how it stands to each compliance policy.
//!
//! Both follow from the device (its hardware, its system, its compliance state), so a state that a test sets brings
//! policies that explain it, and nothing is kept for a fleet of 400,000. What a test puts in their place is kept in
//! [`Told`] and wins.
//!
//! | file | what |
//! |---|---|
//! | apps | which apps, under which ids |
//! | policies | which policies for which system, and which settings fail |
//! | told | what a test says instead |

mod apps;
mod policies;
mod told;

pub use apps::{DetectedApp, MAX_APPS};
pub use policies::{PolicyState, SettingState, TenantPolicy, tenant_policies};
pub use told::{Told, ToldApp, ToldPolicy, ToldSetting};

use super::world::Device;

/// The apps found on a device.
pub fn apps_of(device: &Device, told: Option<&Told>) -> Vec<DetectedApp> {
    match told.and_then(|told| told.apps.as_ref()) {
        Some(apps) => apps.iter().map(|app| apps::told(app, device)).collect(),
        None => apps::found(device),
    }
}

/// How a device stands to each policy that is assigned to it.
pub fn policies_of(device: &Device, told: Option<&Told>) -> Vec<PolicyState> {
    match told.and_then(|told| told.policies.as_ref()) {
        Some(policies) => policies.iter().map(|policy| policies::told(policy, device)).collect(),
        None => policies::assigned(device),
    }
}

#[cfg(test)]
mod tests;
