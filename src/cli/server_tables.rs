//! Management servers as text: how far each is, what it lacks, and what it could not process.

use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_name, format_value};
use crate::contract::{ProgressView, RejectView, ServerView};
use crate::model::{choose_form, format_count};

pub(super) fn print_servers(servers: &[ServerView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<ServerView>; 8] = [
        ("SERVER", |server| format_value(&server.id)),
        ("NAME", |server| format_name(&server.display_name)),
        ("OPERATOR", |server| format_value(&server.owner)),
        ("ACCEPTED", |server| format_value(&server.accepted)),
        ("JOBS", |server| format_value(&server.sends_jobs)),
        ("LAST SEEN", |server| format_value(&server.last_seen_at)),
        ("ACKNOWLEDGED", |server| format_value(&server.acknowledged_at)),
        ("READING", |server| {
            let progress: Vec<String> = server.instances.iter().map(describe_progress).collect();
            format_value(&progress.join(", "))
        }),
    ];
    output::print_table(
        &columns,
        servers,
        "no management server has announced itself yet: intune-connector follow --server ID",
    )?;
    for server in servers {
        describe_unjudged(server)
            .iter()
            .chain(&describe_unprocessed(server))
            .chain(&describe_webhook(server))
            .try_for_each(|what| output::print_line(format!("{}: {what}", server.id)))?;
    }
    Ok(())
}

/// What a server could not process, in a sentence.
fn describe_unprocessed(server: &ServerView) -> Option<String> {
    let count: u64 = server.instances.iter().map(|progress| progress.unprocessed).sum();
    (count > 0).then(|| {
        format!(
            "it could not process {}: intune-connector servers show {} lists them",
            format_count(count, "change"),
            server.id
        )
    })
}

/// The webhook of a server, in a sentence: whether it takes what is posted.
fn describe_webhook(server: &ServerView) -> Option<String> {
    let webhook = server.webhook.as_ref()?;
    let address = format_value(&webhook.address);
    let reason = webhook.last_error.as_deref().unwrap_or("no reason is known");
    let reason = output::to_one_line(reason);
    Some(match (&webhook.set_aside_at, &webhook.failing_since) {
        (Some(at), _) => format!(
            "its webhook {address} was set aside at {}: {reason}; try it with: intune-connector servers webhook {} --test",
            format_value(at),
            server.id
        ),
        (None, Some(since)) => format!(
            "its webhook {address} has taken nothing since {}: {reason}; the bus tries again",
            format_value(since)
        ),
        (None, None) => format!("changes and results are posted to {address}"),
    })
}

/// One server with its limits, and what it could not process.
pub(super) fn print_server(server: &ServerView, rejects: &[RejectView]) -> Result<(), CommandFailure> {
    let all_or = |list: Option<String>| list.unwrap_or_else(|| "all".to_owned());
    output::print_record(&[
        ("server", format_value(&server.id)),
        ("name", format_name(&server.display_name)),
        ("operator", format_value(&server.owner)),
        ("announced", format_value(&server.announced_at)),
        ("accepted", format_value(&server.accepted_at)),
        ("last seen", format_value(&server.last_seen_at)),
        ("acknowledged", format_value(&server.acknowledged_at)),
        (
            "may connect from",
            if server.ranges.is_empty() {
                "anywhere".to_owned()
            } else {
                format_value(&server.ranges)
            },
        ),
        ("fields", all_or(server.fields.as_ref().map(format_value))),
        ("devices", all_or(server.filter.as_ref().map(format_value))),
        ("may send jobs", format_value(&server.sends_jobs)),
        ("accepts", format_value(&server.accepts)),
    ])?;
    let columns: [TableColumn<ProgressView>; 8] = [
        ("INSTANCE", |progress| format_value(&progress.instance)),
        ("PROFILE", |progress| format_value(&progress.profile)),
        ("RECEIVES", |progress| format_value(&progress.phase)),
        ("POSITION", |progress| format_value(&progress.seq)),
        ("BEHIND", |progress| format_value(&progress.behind)),
        ("COMPLETE", |progress| format_value(&progress.complete)),
        ("NOT READ", |progress| format_value(&progress.rejected)),
        ("NOT JUDGED", |progress| format_value(&progress.unjudged.count)),
    ];
    output::print_section(&columns, &server.instances)?;
    describe_unjudged(server)
        .iter()
        .chain(&describe_webhook(server))
        .try_for_each(output::print_line)?;
    print_rejects(server, rejects)
}

fn print_rejects(server: &ServerView, rejects: &[RejectView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<RejectView>; 6] = [
        ("NOT PROCESSED", |reject| format_value(&reject.device_id)),
        ("INSTANCE", |reject| format_value(&reject.instance)),
        ("CHANGE", |reject| format_value(&reject.seq)),
        ("REPORTED", |reject| format_value(&reject.at)),
        ("SENT AGAIN", |reject| format_value(&reject.follows)),
        ("REASON", |reject| format_value(&reject.reason)),
    ];
    output::print_section(&columns, rejects)?;
    if !rejects.is_empty() {
        let id = &server.id;
        output::eprint_line(format!(
            "to send one of them again: intune-connector servers resend {id} DEVICE; all: servers resync {id}"
        ));
    }
    Ok(())
}

/// How far a server is with one instance, and what it lacks though nothing is behind (E10).
fn describe_progress(progress: &ProgressView) -> String {
    let lacks = [
        (
            progress.rejected,
            format!("{} could not be read", format_count(progress.rejected, "record")),
        ),
        (
            progress.unjudged.count,
            format!("{} not judged by its filter", progress.unjudged.count),
        ),
        (
            progress.unprocessed,
            format!("{} not processed by it", progress.unprocessed),
        ),
    ];
    let lacks = lacks.into_iter().filter(|(count, _)| *count > 0);
    let lacks: Vec<String> = lacks.map(|(_, what)| what).collect();
    let incomplete = if lacks.is_empty() {
        String::new()
    } else {
        format!(", incomplete: {}", lacks.join(" and "))
    };
    let phase = format_value(&progress.phase);
    let profile = progress
        .profile
        .as_ref()
        .map_or_else(String::new, |profile| format!(" ({profile})"));
    format!(
        "{}{profile} {phase}: {} behind{incomplete}",
        progress.instance, progress.behind
    )
}

/// What the filter of a server cannot judge and the server is not told, in a sentence an instance (E10).
pub(crate) fn describe_unjudged(server: &ServerView) -> Vec<String> {
    let sentence = |progress: &ProgressView| {
        let unjudged = &progress.unjudged;
        let first = unjudged.devices.first().filter(|_| unjudged.count > 0)?;
        Some(format!(
            "its filter cannot judge {} of {}: the server gets no changes for {} and keeps what it has; the first is {}: {}",
            format_count(unjudged.count, "device"),
            progress.instance,
            choose_form(unjudged.count, "it", "them"),
            format_value(&first.device_id),
            format_value(&first.problem),
        ))
    };
    server.instances.iter().filter_map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn e10_what_a_server_lacks_though_nothing_is_behind_stands_in_the_list() {
        let progress = |rejected, unjudged| {
            let view = json!({
                "instance": "IntuneConnector_1", "phase": "live", "seq": 3, "head": 3, "behind": 0, "complete": false,
                "rejected": rejected, "unjudged": {"count": unjudged, "devices": []},
            });
            describe_progress(&serde_json::from_value(view).expect("a progress"))
        };
        assert_eq!(progress(0, 0), "IntuneConnector_1 live: 0 behind");
        let one = "IntuneConnector_1 live: 0 behind, incomplete: 2 records could not be read";
        assert_eq!(progress(2, 0), one);
        assert_eq!(progress(2, 1), format!("{one} and 1 not judged by its filter"));
    }
}
