//! Whether what the bus tells next goes on from what a file holds (B1). How far a server has read belongs to the server,
//! what was read to a file: a new file would lack devices for ever. A file that stood aside has its own place, and the
//! bus judges whether that still counts.

use std::path::Path;

use super::cures::repeat_command;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::contract::{ProgressPhase, ServerView};
use crate::model::format_time;

/// Whether the bus goes on from somewhere, instead of beginning with a snapshot.
pub(crate) fn has_read(server: &ServerView) -> bool {
    server
        .instances
        .iter()
        .any(|progress| progress.phase != ProgressPhase::Nothing)
}

/// A new file, although the server has read before. `into`: what was to be read into.
pub(crate) fn new_file_failure(server: &ServerView, into: &Path) -> CommandFailure {
    let read = match server.acknowledged_at {
        Some(at) => format!("has read before (last at {})", format_time(at)),
        None => "has read before".to_owned(),
    };
    CommandFailure::new(
        ExitReason::Conflict,
        format!(
            "nothing was read into {} yet, but the server {} {read}: devices that have not changed since would be missing",
            into.display(),
            server.id
        ),
        format!(
            "have all devices sent again: {}; or go on with the file that was read into before",
            repeat_command("--resync")
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server(phase: &str) -> ServerView {
        let view = json!({
            "id": "cmdb", "displayName": "cmdb", "accepts": null, "owner": "cmdb", "accepted": true,
            "announcedAt": "2026-11-21T07:58:00Z", "acceptedAt": null, "lastSeenAt": null,
            "acknowledgedAt": "2026-11-28T07:58:00Z", "ranges": [], "fields": null, "filter": null, "sendsJobs": false,
            "instances": [{
                "instance": "IntuneConnector_1", "phase": phase, "seq": 3, "head": 3, "behind": 0, "complete": true,
                "rejected": 0, "unjudged": {"count": 0, "devices": []},
            }],
        });
        serde_json::from_value(view).expect("a server")
    }

    #[test]
    fn b1_the_bus_goes_on_from_a_place_or_begins_anew() {
        assert!(!has_read(&server("nothing")));
        assert!(has_read(&server("snapshot")));
        assert!(has_read(&server("live")));
    }

    #[test]
    fn b1_the_refusal_says_what_would_be_missing_and_how_to_get_it() {
        let refused = new_file_failure(&server("live"), Path::new("x3.csv"));
        assert_eq!(refused.exit, ExitReason::Conflict);
        assert!(
            refused.message.contains("nothing was read into x3.csv yet"),
            "{refused}"
        );
        assert!(refused.message.contains("2026-11-28"), "{refused}");
        assert!(refused.advice.contains("--resync"), "{refused}");
    }
}
