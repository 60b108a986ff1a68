//! Snipe-IT 7 and 8, over its REST API: one asset for each device, in the name of one API token.
//!
//! | file | what |
//! |---|---|
//! | [`profile`] | what this kind can do, and the default mapping |
//! | [`body`], [`model_choice`], [`user_step`], [`field_table`] | translating, pure: from values to a request |
//! | [`answer`], [`asset_row`], [`list_rows`], [`html_text`] | reading, pure: what an answer means |
//! | [`client`] | one request, within bounds |
//! | [`search`], [`list_place`] | finding assets and users, listing all |
//! | [`name_lists`], [`fieldsets`], [`kept_list`] | models, labels, fields: what has to be there first |
//! | [`write`], [`asset_calls`], [`failing_assets`] | writing one asset, and one that the server fails at |
//! | [`verify`] | the check of a connection |
//!
//! *The link over there* is one custom field of text, by default `Intune ID`, with the Intune device id. Snipe-IT has no
//! unique key for foreign ids, so an asset is looked for by it before one is made.
//!
//! *Traps of this API*, and where each is dealt with: errors with HTTP 200 and a 401 in another shape ([`answer`]); answers
//! escaped for HTML ([`html_text`]); archived assets and those in the trash in lists of their own ([`list_place`]); a
//! serial number in the path only ([`search`]); a value that is left out in silence because the model shows no such field
//! ([`asset_calls`]); a name that a check-out takes away or spoils ([`user_step`]); a place that moves with the place it
//! returns to (neither is ever sent); no tag without auto-increment, and mail that fails after the write ([`asset_calls`]).
//!
//! *Never:* users are made, assets are purged, places are written, an asset tag is changed.
//!
//! The adapter of Snipe-IT itself, from 8.8 on, keeps its links where no API shows them. So whether it writes the same
//! tenant is asked for (`built_in_sync`): then assets that bear no id of ours are taken for its own.

mod adapter;
mod answer;
mod asset_calls;
mod asset_row;
mod body;
mod client;
mod failing_assets;
mod field_table;
mod fieldsets;
mod html_text;
mod kept_list;
mod list_place;
mod list_rows;
mod model_choice;
mod name_lists;
mod profile;
mod search;
mod user_step;
mod verify;
mod write;

use std::sync::Arc;

use tokio::sync::Mutex;

use super::{KindProfile, RequestPace, TargetAdapter, TargetFault};
use crate::config::{KindSettings, TargetSettings};
use adapter::SnipeAdapter;
use client::SnipeClient;
use failing_assets::FailingAssets;
use name_lists::NameLists;
use search::KnownUsers;

/// What this kind can do.
pub fn snipe_it_profile() -> &'static KindProfile {
    &profile::PROFILE
}

/// Nothing is sent yet.
pub fn build_adapter(settings: &TargetSettings, pace: RequestPace) -> Result<Arc<dyn TargetAdapter>, TargetFault> {
    let KindSettings::SnipeIt(own) = &settings.own else {
        return Err(TargetFault::Misconfigured {
            problem: "these are no settings of a target for Snipe-IT".to_owned(),
            advice: "install the target again".to_owned(),
        });
    };
    Ok(Arc::new(SnipeAdapter {
        client: SnipeClient::build(settings, &own.token, pace)?,
        own: own.clone(),
        assign_users: settings.assign_users,
        lists: Mutex::new(NameLists::default()),
        users: Mutex::new(KnownUsers::default()),
        failing: Mutex::new(FailingAssets::default()),
    }))
}
