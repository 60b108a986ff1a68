//! What waits for a second person, and the notices that every operator sees at sign-in, as people read it.

use sics_client::{ClientError, SicsClient};

use super::failure::CommandFailure;
use super::{open_broken_glass, output, unresolved_tasks};
use crate::contract::{NoticeView, RelaxationView, UnprocessedNotice};
use crate::model::{InstanceName, format_count};

/// Notices shown at most.
const SHOWN: usize = 10;

/// The two lines of one change that waits: what it is; who may agree, and by which command.
fn relaxation_lines(waits: &RelaxationView) -> [String; 2] {
    let asker = waits.asked_by.as_deref().unwrap_or("the data folder");
    let who = match &waits.alone_at {
        _ if !waits.may_agree.is_empty() => {
            format!("may approve: {}, with {}", waits.may_agree.join(", "), waits.agree_by)
        }
        alone_at => format!(
            "there is no second person: from {} on, the requester may approve with their own password: {}",
            output::format_value(alone_at),
            waits.agree_by
        ),
    };
    [
        output::to_one_line(&format!(
            "waits for a second person (requested by {asker}): {}",
            waits.sentence()
        )),
        output::to_one_line(&format!("  {who}")),
    ]
}

/// A server that could not process changes.
fn unprocessed_sentence(unprocessed: &UnprocessedNotice) -> String {
    output::to_one_line(&format!(
        "server {} could not process {}, the last one reported at {}: intune-connector servers show {}",
        unprocessed.server,
        format_count(unprocessed.changes, "change"),
        output::format_value(&unprocessed.latest_at),
        unprocessed.server
    ))
}

/// Shows what waits, as the result of a command.
pub(crate) fn print_relaxation(waits: &RelaxationView) -> Result<(), CommandFailure> {
    relaxation_lines(waits).into_iter().try_for_each(output::print_line)
}

/// Says, beside the result, which changes of an instance wait, and by which command they are approved (M1).
pub(crate) async fn report_waiting(client: &SicsClient, instance: &InstanceName) {
    let Ok(all) = client.list_notices().await else {
        return;
    };
    let of_instance = all.waiting.iter().filter(|waits| waits.scope == instance.as_str());
    for line in of_instance.flat_map(relaxation_lines) {
        output::eprint_line(line);
    }
}

/// Shows the notices for every sign-in; a bus that cannot answer blocks no command: whoever asks may look why.
pub(crate) async fn print_notices(client: &SicsClient) -> Result<(), ClientError> {
    let all = client.list_notices().await?;
    let notice_line = |notice: &NoticeView| {
        let at = output::format_value(&notice.at);
        output::to_one_line(&format!("notice ({at}): {}", notice.text))
    };
    unresolved_tasks::print_unresolved_tasks(&all.needs_operator);
    open_broken_glass::warn_of_broken_glass(&all.broken_glass);
    for unprocessed in &all.unprocessed {
        output::eprint_line(unprocessed_sentence(unprocessed));
    }
    let waiting = all.waiting.iter().flat_map(relaxation_lines);
    for line in all.notices.iter().map(notice_line).chain(waiting).take(SHOWN) {
        output::eprint_line(line);
    }
    Ok(())
}
