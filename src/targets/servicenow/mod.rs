//! ServiceNow, over its Identification and Reconciliation API (IRE): one configuration item (CI) for each device, in the
//! name of one data source.
//!
//! | file | what |
//! |---|---|
//! | [`profile`], [`field_table`] | what this kind can do, the default mapping, the fields that it knows |
//! | [`ci_item`] | translating, pure: from a planned write to an item of a payload |
//! | [`item_answer`], [`batch_form`] | reading, pure: what became of each item, in one answer or in a batch of them |
//! | [`answer`], [`ci_row`], [`list_position`], [`query_text`] | reading and asking of tables, pure |
//! | [`client`], [`sign_in`] | one request, within bounds, and in whose name |
//! | [`search`] | finding CIs, users and what fields refer to; listing all CIs |
//! | [`page_writer`], [`reconcile_calls`], [`names_read`] | writing a page of CIs |
//! | [`verify`] | the check of a connection |
//!
//! *The link over there* is a column of the CI (`correlation_id` unless set otherwise) with the Intune device id. The same
//! id is the native key of the data source with each item: by it IRE finds the CI again, whatever else has changed.
//!
//! *Traps of this API*, and where each is dealt with: IRE takes a CI of the same *name* for the device where no serial number
//! fits, and the oldest of several that fit, so whatever makes or takes over a CI is tried without effect first
//! ([`page_writer`]); errors of items with HTTP 200 ([`item_answer`]); partial payloads that are kept for 90 days and merged
//! later, so they are switched off ([`reconcile_calls`]); an unknown column in a query, which is passed over and finds
//! everything ([`search`]); the limit of a page that counts before rights do, so an empty page is not the last one
//! ([`list_position`]); signs that mean something in a query ([`query_text`]); a read of a table that shows no columns of the
//! classes below it ([`search`]); references that take ids ([`names_read`]); a class that changes with a payload (never, by
//! the settings of each item: [`ci_item`]); requests of a batch that were not served ([`batch_form`]).
//!
//! *Never:* CIs are deleted, users, companies or models are made, classes are changed, a value of a CI is written past IRE (but
//! for emptying a field, where a setting says so).

mod adapter;
mod answer;
mod batch_form;
mod ci_item;
mod ci_row;
mod client;
mod field_table;
mod item_answer;
mod list_position;
mod names_read;
mod page_writer;
mod profile;
mod query_text;
mod reconcile_calls;
mod search;
mod sign_in;
mod verify;

use std::sync::Arc;

use tokio::sync::Mutex;

use super::{KindProfile, RequestPace, TargetAdapter, TargetFault};
use crate::config::{KindSettings, TargetSettings};
use adapter::ServiceNowAdapter;
use client::ServiceNowClient;
use names_read::KnownTables;

/// What this kind can do.
pub fn servicenow_profile() -> &'static KindProfile {
    &profile::PROFILE
}

/// Nothing is sent yet.
pub fn build_adapter(settings: &TargetSettings, pace: RequestPace) -> Result<Arc<dyn TargetAdapter>, TargetFault> {
    let KindSettings::ServiceNow(own) = &settings.own else {
        return Err(TargetFault::Misconfigured {
            problem: "these are no settings of a target for ServiceNow".to_owned(),
            advice: "install the target again".to_owned(),
        });
    };
    Ok(Arc::new(ServiceNowAdapter {
        client: ServiceNowClient::build(settings, own, pace)?,
        own: own.clone(),
        assign_users: settings.assign_users,
        known: Mutex::new(KnownTables::default()),
    }))
}
