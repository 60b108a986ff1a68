//! What waits for a second person, and the notices that every operator sees at sign-in, as people read it.

use serde_json::Value;

use super::client::ApiClient;
use super::failure::CommandFailure;
use super::{broken_glass, output, unresolved_tasks};

/// Notices shown at most.
const SHOWN: usize = 10;

/// The two lines of one change that waits: what it is; who may agree, and by which command.
pub(crate) fn relaxation_lines(waits: &Value) -> [String; 2] {
    let text = |key: &str| waits[key].as_str().unwrap_or("-");
    let names: Vec<&str> = waits["mayAgree"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let asker = waits["askedBy"].as_str().unwrap_or("the data folder");
    let sentence = waits["change"]["sentence"].as_str().unwrap_or("-");
    let who = if names.is_empty() {
        format!(
            "there is no second person: from {} on, the requester may approve with their own password: {}",
            text("aloneAt"),
            text("agreeBy")
        )
    } else {
        format!("may approve: {}, with {}", names.join(", "), text("agreeBy"))
    };
    [
        output::to_printable(
            &format!("waits for a second person (requested by {asker}): {sentence}"),
            500,
        ),
        output::to_printable(&format!("  {who}"), 500),
    ]
}

/// Shows an answer that says what waits; false: it is none.
pub(crate) fn print_if_pending(answer: &Value) -> Result<bool, CommandFailure> {
    if !answer["waits"].is_object() {
        return Ok(false);
    }
    for line in relaxation_lines(&answer["waits"]) {
        output::print_line(line)?;
    }
    Ok(true)
}

/// Shows the notices for every sign-in; a bus that cannot answer blocks no command.
pub(crate) async fn print_notices(client: &ApiClient) {
    let Ok(response) = client.get("/notices", &[]).await else {
        return;
    };
    let list = |key: &str| response[key].as_array().cloned().unwrap_or_default();
    let notices = list("notices").into_iter().map(|notice| {
        let text = notice["text"].as_str().unwrap_or("-").to_owned();
        output::to_printable(
            &format!("notice ({}): {text}", output::format_cell(notice.get("at"))),
            500,
        )
    });
    unresolved_tasks::print_unresolved_tasks(&response["needsOperator"]);
    broken_glass::warn_of_broken_glass(&response["brokenGlass"]);
    let waiting = list("waiting").into_iter().flat_map(|waits| relaxation_lines(&waits));
    for line in notices.chain(waiting).take(SHOWN) {
        output::eprint_line(line);
    }
}
