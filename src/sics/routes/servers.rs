//! Routes of management servers and of what they read: changes, acknowledgements, rewinding.

use super::AccessRule::{Own, OwnOr, Right};
use super::AccessScope::{Filtered, Server};
use super::CONFIRM;
use super::route::{RouteEntry, delete, get, patch, post, put};
use crate::model::RelaxationRule;
use crate::sics::{changes, server_limits, servers};

#[rustfmt::skip]
pub(super) fn server_routes() -> Vec<RouteEntry> {
    let read_or_own = OwnOr { own: "Servers_Announce", any: "Servers_Read" };
    let manage_or_own = OwnOr { own: "Changes_Read", any: "Servers_Manage" };
    vec![
        get("/sics/v1/servers", read_or_own, Filtered, servers::list_servers)
            .operation("listServers", "Management servers: all, or your own").response("ServersView"),
        put("/sics/v1/servers/{server}", Right("Servers_Announce"), Server, servers::announce_server)
            .relaxation_rule(RelaxationRule::Never).operation("announceServer", "Announce a management server, or update its announcement")
            .body("AnnounceBody").response("ServerView"),
        get("/sics/v1/servers/{server}", read_or_own, Server, servers::show_server)
            .operation("showServer", "One management server and its progress").response("ServerView"),
        patch("/sics/v1/servers/{server}", Right("Servers_Manage"), Server, server_limits::limit_server)
            .relaxation_rule(RelaxationRule::Never).operation("limitServer", "Limit a management server to address ranges, fields, a filter; allow it to send jobs").query(CONFIRM)
            .body("LimitsBody").response("ServerView"),
        delete("/sics/v1/servers/{server}", Right("Servers_Manage"), Server, servers::remove)
            .relaxation_rule(RelaxationRule::Never).operation("removeServer", "Remove a management server").query(CONFIRM),
        post("/sics/v1/servers/{server}/accept", Right("Servers_Manage"), Server, servers::accept_server)
            .relaxation_rule(RelaxationRule::Never).operation("acceptServer", "Allow a management server to receive changes").response("ServerView"),
        get("/sics/v1/servers/{server}/changes", Own("Changes_Read"), Server, changes::read_changes)
            .operation("readChanges", "Changes in the order in which to apply them; waits, or streams (text/event-stream)")
            .query(&[
                ("cursor", "where to continue; omitted: from what was acknowledged"),
                ("limit", "changes in one answer, 1 to 5000 (500)"),
                ("wait_ms", "how long to wait if there is nothing, up to 60000 (0)"),
            ])
            .response("ChangesView"),
        post("/sics/v1/servers/{server}/changes/ack", Own("Changes_Read"), Server, changes::acknowledge_changes)
            .relaxation_rule(RelaxationRule::Never).operation("acknowledgeChanges", "Acknowledge changes: the server has stored everything up to this cursor")
            .body("AckBody").response("AckView"),
        post("/sics/v1/servers/{server}/rewind", manage_or_own, Server, servers::rewind_server)
            .relaxation_rule(RelaxationRule::Never).operation("rewindServer", "Send changes after a position in the feed again").body("RewindBody").response("ServerView"),
        post("/sics/v1/servers/{server}/resync", manage_or_own, Server, servers::resync_server)
            .relaxation_rule(RelaxationRule::Never).operation("resyncServer", "Send everything again, as snapshots").response("ServerView"),
    ]
}
