//! NetBox 4.2 to 4.6, over its REST API: one device of NetBox for each device of Intune, in the name of one API token.
//!
//! | file | what |
//! |---|---|
//! | [`profile`] | what this kind can do, and the default mapping |
//! | [`body`], [`field_table`], [`page_rows`], [`known_names`] | translating: from planned writes to the rows of a request |
//! | [`answer`], [`device_row`], [`list_rows`], [`token_end`] | reading, pure: what an answer means |
//! | [`client`] | one request, within bounds |
//! | [`search`] | finding devices, listing all |
//! | [`name_lists`], [`kept_list`] | sites, roles, types, custom fields: what has to be there first |
//! | [`page_writer`], [`failing_records`] | writing a page, and a device that the server fails at |
//! | [`verify`], [`judge_steps`] | the check of a connection |
//!
//! *The link over there* is one custom field of text, by default `intune_id`, with the Intune device id. NetBox can be told
//! that it is unique, but looks only before it writes: two creates at the same moment double it. So there is one writer, and
//! a device is looked for before one is made.
//!
//! *Many devices go in one request*, all or none. The error of such a request names the field and not the row, so a page
//! that is refused is sent in halves ([`page_writer`]). A row whose device is not there is left out in silence, so the
//! answer is counted.
//!
//! *Never:* tags of devices that exist are changed (a change replaces all of them), contacts or tenants are made, interfaces
//! or other components are written, and a field is sent that NetBox does not know: it would leave it out in silence.

mod adapter;
mod answer;
mod body;
mod client;
mod device_row;
mod failing_records;
mod field_table;
mod judge_steps;
mod kept_list;
mod known_names;
mod list_rows;
mod memory;
mod name_lists;
mod page_rows;
mod page_writer;
mod profile;
mod search;
mod token_end;
mod verify;

use std::sync::Arc;

use tokio::sync::Mutex;

use super::{KindProfile, RequestPace, TargetAdapter, TargetFault};
use crate::config::{KindSettings, TargetSettings};
use adapter::NetBoxAdapter;
use client::NetBoxClient;
use memory::NetBoxMemory;

/// What this kind can do.
pub fn net_box_profile() -> &'static KindProfile {
    &profile::PROFILE
}

/// Nothing is sent yet.
pub fn build_adapter(settings: &TargetSettings, pace: RequestPace) -> Result<Arc<dyn TargetAdapter>, TargetFault> {
    let KindSettings::NetBox(own) = &settings.own else {
        return Err(TargetFault::Misconfigured {
            problem: "these are no settings of a target for NetBox".to_owned(),
            advice: "install the target again".to_owned(),
        });
    };
    Ok(Arc::new(NetBoxAdapter {
        client: NetBoxClient::build(settings, &own.token, pace)?,
        own: own.clone(),
        memory: Mutex::new(NetBoxMemory::default()),
    }))
}
