//! Management servers and what they read: changes, acknowledgements, rewinding.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    AckBody, AckView, AnnounceBody, ChangesQuery, ChangesView, ConfirmQuery, LimitsBody, RejectsBody, RejectsReceipt,
    RejectsView, ResendBody, ResentView, RewindBody, ServerView, ServerWebhookBody, ServerWebhookChanged,
    ServerWebhookTest, ServersView,
};

operations! {
    /// Management servers: all, or your own
    list_servers() GET "/sics/v1/servers" => 200 ServersView;
    /// Announce a management server, or update its announcement
    announce_server(server) PUT "/sics/v1/servers/{server}" body AnnounceBody, => 201 | 200 ServerView;
    /// One management server and its progress
    show_server(server) GET "/sics/v1/servers/{server}" => 200 ServerView;
    /// Limit a management server to address ranges, fields, a filter; allow it to send jobs
    limit_server(server) PATCH "/sics/v1/servers/{server}" query ConfirmQuery, body LimitsBody, => 200 ServerView;
    /// Remove a management server
    remove_server(server) DELETE "/sics/v1/servers/{server}" query ConfirmQuery, => 204;
    /// Allow a management server to receive changes
    accept_server(server) POST "/sics/v1/servers/{server}/accept" => 200 ServerView;
    /// Changes in the order in which to apply them; waits, or streams (text/event-stream)
    ///
    /// **Reading.** Read a page, store its changes in their order, acknowledge its `cursor`, and read the next page with
    /// that `cursor`. Reading moves nothing: only the acknowledgement does, so after a crash the server reads without a
    /// cursor and gets again what it had not acknowledged. A change may come twice, so apply it by `instance` and
    /// `deviceId`: `upsert` stores the whole device, `gone` deletes it.
    ///
    /// **Paging.** A page has at most `limit` changes. `more` says that further changes are there now: read on at once. If
    /// it is false, read with `wait_ms`: the answer comes when there is a change, or empty after that time. With
    /// `Accept: text/event-stream` each event is one change, and its id the cursor behind it: reconnect with
    /// `Last-Event-ID`. Silence is broken by a comment every 15 seconds; reconnect after a minute without anything.
    ///
    /// **Snapshots.** For each instance a server starts with a snapshot: `snapshotBegin`, every device as an `upsert`,
    /// `snapshotEnd`; changes that happen meanwhile stand between the marks as well. At `snapshotEnd`, and only then,
    /// delete every device of this instance that the server holds and that had no `upsert` since `snapshotBegin`, except
    /// those in `setAside`: these exist, but could not be read. Until the fleet is proven whole the end mark does not come,
    /// and nothing may be deleted because it is absent. A second `snapshotBegin` of the instance before the end mark starts
    /// the snapshot anew.
    ///
    /// **Cursor.** It is opaque; send it exactly as received. 410 `cursorOutdated`: the store was restored, or the server
    /// was resynchronised, rewound or announced anew; read without a cursor.
    read_changes(server) GET "/sics/v1/servers/{server}/changes" query ChangesQuery, => 200 ChangesView;
    /// Acknowledge changes: the server has stored everything up to this cursor
    acknowledge_changes(server) POST "/sics/v1/servers/{server}/changes/ack" body AckBody, => 200 AckView;
    /// Report changes that the server cannot process; its feed goes on
    ///
    /// A server that cannot store a change (a value that its database refuses, an error in its import) reports it here and
    /// acknowledges as usual, so that one device holds up no other. People see it (`servers`, sign-in notices, audit
    /// trail). It is done with when the server acknowledges a later change of that device: when the device changes, or
    /// when it was sent again (`POST …/changes/resend`), or everything (`POST …/resync`).
    reject_changes(server) POST "/sics/v1/servers/{server}/changes/rejects" body RejectsBody, => 200 RejectsReceipt;
    /// Changes that a management server could not process
    list_rejects(server) GET "/sics/v1/servers/{server}/changes/rejects" => 200 RejectsView;
    /// Send one device again: it moves to the end of the feed, where every server reads it once more
    resend_device(server) POST "/sics/v1/servers/{server}/changes/resend" body ResendBody, => 200 ResentView;
    /// Send changes after a position in the feed again
    rewind_server(server) POST "/sics/v1/servers/{server}/rewind" body RewindBody, => 200 ServerView;
    /// Send everything again, as snapshots
    resync_server(server) POST "/sics/v1/servers/{server}/resync" => 200 ServerView;
    /// Post changes and results of a management server to an address
    ///
    /// From then on the bus posts what the server would read (`readChanges`, `readResults`) page by page, signed as in
    /// Standard Webhooks, and acknowledges each page once the address has answered with a status of the 200s. Whoever sets
    /// it needs the rights to read what is posted. Another address gets another key, which this answer shows and no other;
    /// the rights of the account of the server decide what is posted. The webhook of a server is in its view.
    set_server_webhook(server) PUT "/sics/v1/servers/{server}/webhook" body ServerWebhookBody, => 200 ServerWebhookChanged;
    /// Stop posting to the address of a management server
    remove_server_webhook(server) DELETE "/sics/v1/servers/{server}/webhook" => 204;
    /// New key for the webhook of a management server; the present one signs as well for a day
    roll_server_webhook(server) POST "/sics/v1/servers/{server}/webhook/roll" => 200 ServerWebhookChanged;
    /// Post a test message; if it is taken, an address that was set aside is in use again
    test_server_webhook(server) POST "/sics/v1/servers/{server}/webhook/test" => 200 ServerWebhookTest;
}
