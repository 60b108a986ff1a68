//! Webhooks of management servers: the bus posts what a server would read, changes and results, page by page, and acknowledges
//! each page once the address has taken it. Who lives on webhooks alone ends with the same view as one that reads: pages come
//! from the same feed ([`composed_message`]), in its order, one at a time, with the marks of snapshots.
//!
//! No message is kept. A page is read anew for each try, by the rights and limits of that moment, and its id is made of its
//! content: sent twice with the same content it has the same id, also where the bus died between the answer of the address
//! and the acknowledgement. So what waits for an address that hangs stays in the store: of it, one page of at most half a
//! megabyte is in memory, as it was composed and as it is being sent, however much there is to tell (E2).
//!
//! Each server has a task of its own ([`poster_tasks`], [`server_poster`]), so one slow address slows nobody else. What sends is
//! [`crate::webhooks`], as for orders: signature, rule of addresses, pauses over a day. Then the address is set aside and shown;
//! a test message that is taken ends that. [`settings`] is for people: another address gets another key (E7).

mod composed_message;
mod poster_tasks;
mod server_poster;
pub(crate) mod settings;
mod webhook_secrets;

pub use poster_tasks::post_for_servers;

use crate::contract::ServerWebhookView;
use crate::model::Timestamp;
use crate::net::HttpTimeouts;
use crate::store::ServerWebhookRow;

/// Of one try. A page may be half a megabyte, and its receiver stores it before it answers.
const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: std::time::Duration::from_secs(5),
    request: std::time::Duration::from_secs(30),
};

/// Of a test message: a person waits for it.
const TEST_TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: std::time::Duration::from_secs(5),
    request: std::time::Duration::from_secs(10),
};

/// As it is shown, without its secrets.
pub(super) fn webhook_view(row: &ServerWebhookRow, now: Timestamp) -> ServerWebhookView {
    let two_keys_until = row.old_key.as_ref().map(|key| key.until);
    ServerWebhookView {
        address: row.address.clone(),
        allow_private_addresses: row.allow_private,
        set_at: row.set_at,
        two_keys_until: two_keys_until.filter(|until| *until > now),
        delivered_at: row.delivered_at,
        failing_since: row.failing_since,
        attempts: row.attempts,
        next_attempt_at: row.next_attempt_at,
        set_aside_at: row.set_aside_at,
        last_error: row.last_error.clone(),
    }
}
