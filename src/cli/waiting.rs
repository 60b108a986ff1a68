//! What waits for a second person, and what everybody who signs in is told, as people read it.

use serde_json::Value;

use super::client::Client;
use super::failure::Failure;
use super::{attention, broken_glass, out};

/// Notices shown at most.
const SHOWN: usize = 10;

/// The two lines of one change that waits: what it is; who may agree, and by which command.
pub fn lines(waits: &Value) -> [String; 2] {
    let text = |key: &str| waits[key].as_str().unwrap_or("-");
    let names: Vec<&str> = waits["mayAgree"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let asker = waits["askedBy"].as_str().unwrap_or("the data folder");
    let sentence = waits["change"]["sentence"].as_str().unwrap_or("-");
    let who = match names.is_empty() {
        true => format!(
            "there is no second person: from {} on whoever asked may agree, with their password: {}",
            text("aloneAt"),
            text("agreeBy")
        ),
        false => format!("may agree: {} by {}", names.join(", "), text("agreeBy")),
    };
    [
        out::printable(
            &format!("waits for a second person (asked for by {asker}): {sentence}"),
            500,
        ),
        out::printable(&format!("  {who}"), 500),
    ]
}

/// Shows an answer that says what waits; false: it is none.
pub fn shown(answer: &Value) -> Result<bool, Failure> {
    if !answer["waits"].is_object() {
        return Ok(false);
    }
    for line in lines(&answer["waits"]) {
        out::line(line)?;
    }
    Ok(true)
}

/// Tells what everybody who signs in is told; a bus that can't say keeps nobody from their work.
pub async fn tell(client: &Client) {
    let Ok(told) = client.get("/notices", &[]).await else {
        return;
    };
    let list = |key: &str| told[key].as_array().cloned().unwrap_or_default();
    let notices = list("notices").into_iter().map(|notice| {
        let text = notice["text"].as_str().unwrap_or("-").to_owned();
        out::printable(&format!("notice ({}): {text}", out::cell(notice.get("at"))), 500)
    });
    attention::tell(&told["needsOperator"]);
    broken_glass::tell(&told["brokenGlass"]);
    let waiting = list("waiting").into_iter().flat_map(|waits| lines(&waits));
    for line in notices.chain(waiting).take(SHOWN) {
        out::say(line);
    }
}
