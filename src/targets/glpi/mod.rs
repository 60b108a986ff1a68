//! GLPI 10 and 11: one computer or phone for each device, written as the agents of GLPI write, by the native inventory.
//!
//! | file | what |
//! |---|---|
//! | [`profile`] | what this kind can do, and the default mapping |
//! | [`fields`], [`inventory`] | translating, pure: from values to an inventory |
//! | [`answer`], [`rows`], [`record_name`] | reading, pure: what an answer means |
//! | [`client`], [`http`] | one request, within bounds; tokens |
//! | [`search`] | finding computers, phones, agents, users, states |
//! | [`write`], [`user_part`] | writing one device, with what has to be looked at before and after |
//! | [`verify`] | the check of a connection |
//!
//! *Two ways in.* Inventories are posted to `front/inventory.php`, in both versions. All else (looking up, users, states, the
//! trash) is done by the high-level API of GLPI 11, where the settings have a user for it. Without it nothing is read back.
//!
//! *The link over there* is the agent: each inventory names one, `INTUNE-` and the Intune id, and GLPI keeps with an agent which
//! computer it wrote. But what an inventory writes into is chosen by rules, which do not ask for the agent: by serial number,
//! then *by name*.
//!
//! *Traps of it*, and where each is dealt with: a UUID makes a double (none is ever sent, [`inventory`]); a name that another
//! computer has is taken for that one, so a new device whose name is not free is sent under a name of its own first ([`write`]);
//! a device that rules refuse is answered as well as one that is kept, so who makes one looks for it ([`write`]); HP's serial
//! numbers lose their first S ([`inventory`], [`search`]); an inventory takes a computer out of the trash, so nothing is sent for
//! what has gone ([`write`]); lists that a whole inventory lacks are emptied, so only a new device gets a whole one
//! ([`inventory`]).
//!
//! *Never:* users are made, records are purged, a UUID or an asset tag is written unless a mapping names the tag.

mod adapter;
mod answer;
mod client;
mod fields;
mod http;
mod inventory;
mod profile;
mod record_name;
mod rows;
mod search;
mod user_part;
mod verify;
mod write;

use std::sync::Arc;

use super::{KindProfile, RequestPace, TargetAdapter, TargetFault};
use crate::config::{KindSettings, TargetSettings};
use adapter::GlpiAdapter;
use client::GlpiClient;

/// What this kind can do.
pub fn glpi_profile() -> &'static KindProfile {
    &profile::PROFILE
}

/// Nothing is sent yet.
pub fn build_adapter(settings: &TargetSettings, pace: RequestPace) -> Result<Arc<dyn TargetAdapter>, TargetFault> {
    let KindSettings::Glpi(own) = &settings.own else {
        return Err(TargetFault::Misconfigured {
            problem: "these are no settings of a target for GLPI".to_owned(),
            advice: "install the target again".to_owned(),
        });
    };
    Ok(Arc::new(GlpiAdapter {
        client: GlpiClient::build(settings, own, pace)?,
        own: own.clone(),
        assign_users: settings.assign_users,
    }))
}
