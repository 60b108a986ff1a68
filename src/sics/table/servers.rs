//! Routes of management servers and of what they read: changes, acknowledgements, rewinding.

use super::CONFIRM;
use super::Need::{Own, OwnOr, Right};
use super::Place::{Filtered, Server};
use super::row::{Row, delete, get, patch, post, put};
use crate::model::Loosens;
use crate::sics::{changes, limit, servers};

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    let read_or_own = OwnOr { own: "Servers_Announce", any: "Servers_Read" };
    let manage_or_own = OwnOr { own: "Changes_Read", any: "Servers_Manage" };
    vec![
        get("/sics/v1/servers", read_or_own, Filtered, servers::list)
            .says("listServers", "Management servers: all, or one's own").gives("ServersView"),
        put("/sics/v1/servers/{server}", Right("Servers_Announce"), Server, servers::announce)
            .loosens(Loosens::Never).says("announceServer", "Announce a management server, or change what it says of itself")
            .takes("AnnounceBody").gives("ServerView"),
        get("/sics/v1/servers/{server}", read_or_own, Server, servers::show)
            .says("showServer", "One management server, and how far it has come").gives("ServerView"),
        patch("/sics/v1/servers/{server}", Right("Servers_Manage"), Server, limit::change)
            .loosens(Loosens::Never).says("limitServer", "Limit it to address ranges, fields, a filter; let it send jobs").asks(CONFIRM)
            .takes("LimitsBody").gives("ServerView"),
        delete("/sics/v1/servers/{server}", Right("Servers_Manage"), Server, servers::remove)
            .loosens(Loosens::Never).says("removeServer", "Remove a management server").asks(CONFIRM),
        post("/sics/v1/servers/{server}/accept", Right("Servers_Manage"), Server, servers::accept)
            .loosens(Loosens::Never).says("acceptServer", "Let a management server receive changes").gives("ServerView"),
        get("/sics/v1/servers/{server}/changes", Own("Changes_Read"), Server, changes::read)
            .says("readChanges", "Changes in the order in which to apply them; waits, or streams (text/event-stream)")
            .asks(&[
                ("cursor", "where to go on; left out: from what was acknowledged"),
                ("limit", "changes in one answer, 1 to 5000 (500)"),
                ("wait_ms", "how long to wait when there is nothing, up to 60000 (0)"),
            ])
            .gives("ChangesView"),
        post("/sics/v1/servers/{server}/changes/ack", Own("Changes_Read"), Server, changes::acknowledge)
            .loosens(Loosens::Never).says("acknowledgeChanges", "Everything up to this cursor is safe at the server")
            .takes("AckBody").gives("AckView"),
        post("/sics/v1/servers/{server}/rewind", manage_or_own, Server, servers::rewind)
            .loosens(Loosens::Never).says("rewindServer", "Tell changes behind a place in the feed again").takes("RewindBody").gives("ServerView"),
        post("/sics/v1/servers/{server}/resync", manage_or_own, Server, servers::resync)
            .loosens(Loosens::Never).says("resyncServer", "Tell everything again, as snapshots").gives("ServerView"),
    ]
}
