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
    lines_of("waits", waits)
}

/// The same of one that waited before the command, which asked for something else.
fn earlier_lines(waits: &RelaxationView) -> [String; 2] {
    let since = output::format_value(&waits.asked_at);
    lines_of(&format!("an earlier change (of {since}) still waits"), waits)
}

fn lines_of(how: &str, waits: &RelaxationView) -> [String; 2] {
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
            "{how} for a second person (requested by {asker}): {}",
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

/// Numbers of the changes of an instance that wait now.
pub(crate) async fn list_waiting(client: &SicsClient, instance: &InstanceName) -> Vec<i64> {
    let waiting = client.list_notices().await.map(|all| all.waiting).unwrap_or_default();
    let of_instance = waiting.iter().filter(|waits| waits.scope == instance.as_str());
    of_instance.map(|waits| waits.id).collect()
}

/// Says, beside the result, which changes of an instance wait, and by which command they are approved (M1). `earlier`: the
/// numbers of those that waited before.
pub(crate) async fn report_waiting(client: &SicsClient, instance: &InstanceName, earlier: &[i64]) {
    let Ok(all) = client.list_notices().await else {
        return;
    };
    let of_instance = all.waiting.iter().filter(|waits| waits.scope == instance.as_str());
    let (before, new): (Vec<_>, Vec<_>) = of_instance.partition(|waits| earlier.contains(&waits.id));
    let new = new.into_iter().flat_map(relaxation_lines);
    for line in new.chain(before.into_iter().flat_map(earlier_lines)) {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wn_94_what_waited_before_is_not_taken_for_the_change_that_was_asked_for() {
        let waits = json!({
            "id": 7, "scope": "IntuneConnector_1", "change": {"key": "neverTouch", "sentence": "other devices are protected"},
            "askedBy": "anna", "askedAt": "2026-11-30T08:00:00Z", "state": "waiting", "mayAgree": ["ben"], "aloneAt": null,
            "agreeBy": "intune-connector limits approve 7", "goesOut": [], "digest": "d",
        });
        let waits: RelaxationView = serde_json::from_value(waits).expect("a change that waits");
        let [new, _] = relaxation_lines(&waits);
        assert!(
            new.starts_with("waits for a second person (requested by anna): other"),
            "{new}"
        );
        let [earlier, cure] = earlier_lines(&waits);
        assert!(earlier.starts_with("an earlier change (of 2026-11-30"), "{earlier}");
        assert!(
            earlier.contains("still waits for a second person (requested by anna): other"),
            "{earlier}"
        );
        assert!(cure.contains("limits approve 7"), "{cure}");
    }
}
