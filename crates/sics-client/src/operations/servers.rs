//! Management servers and what they read: changes, acknowledgements, rewinding.

use super::{answer_type, operations};
use crate::contract::{
    AckBody, AckView, AnnounceBody, ChangesQuery, ChangesView, ConfirmQuery, LimitsBody, RewindBody, ServerView,
    ServersView,
};

operations! {
    /// Management servers: all, or your own
    list_servers() GET "/sics/v1/servers" => 200 ServersView;
    /// Announce a management server, or update its announcement
    announce_server(server) PUT "/sics/v1/servers/{server}" body AnnounceBody, => 201 ServerView;
    /// One management server and its progress
    show_server(server) GET "/sics/v1/servers/{server}" => 200 ServerView;
    /// Limit a management server to address ranges, fields, a filter; allow it to send jobs
    limit_server(server) PATCH "/sics/v1/servers/{server}" query ConfirmQuery, body LimitsBody, => 200 ServerView;
    /// Remove a management server
    remove_server(server) DELETE "/sics/v1/servers/{server}" query ConfirmQuery, => 204;
    /// Allow a management server to receive changes
    accept_server(server) POST "/sics/v1/servers/{server}/accept" => 200 ServerView;
    /// Changes in the order in which to apply them; waits, or streams (text/event-stream)
    read_changes(server) GET "/sics/v1/servers/{server}/changes" query ChangesQuery, => 200 ChangesView;
    /// Acknowledge changes: the server has stored everything up to this cursor
    acknowledge_changes(server) POST "/sics/v1/servers/{server}/changes/ack" body AckBody, => 200 AckView;
    /// Send changes after a position in the feed again
    rewind_server(server) POST "/sics/v1/servers/{server}/rewind" body RewindBody, => 200 ServerView;
    /// Send everything again, as snapshots
    resync_server(server) POST "/sics/v1/servers/{server}/resync" => 200 ServerView;
}
