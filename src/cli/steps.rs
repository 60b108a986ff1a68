//! The steps of a check as people and machines see them.

use serde_json::{Value, json};

use super::failure::Failure;
use super::out;

/// Longest line of an event stream, bytes.
const LONGEST: usize = 1 << 20;

pub struct Steps {
    json: bool,
    seen: Vec<Value>,
    failed: usize,
}

impl Steps {
    pub fn new(json: bool) -> Self {
        Steps {
            json,
            seen: Vec::new(),
            failed: 0,
        }
    }

    /// Takes a step and, for people, shows it at once.
    pub fn show(&mut self, step: &Value) -> Result<(), Failure> {
        self.failed += usize::from(step["state"] == "failed");
        self.seen.push(step.clone());
        match self.json {
            true => Ok(()),
            false => out::line(text(step)),
        }
    }

    /// How many failed.
    pub fn finish(self) -> Result<usize, Failure> {
        if self.json {
            out::json(&json!({ "ok": self.failed == 0, "steps": self.seen }))?;
        }
        Ok(self.failed)
    }
}

/// One step for people: state, what it was about, what was found; cause and cure below.
pub fn text(step: &Value) -> String {
    let field = |name: &str| out::printable(step[name].as_str().unwrap_or_default(), 400);
    let state = match step["state"].as_str() {
        Some("ok") => "ok     ",
        Some("failed") => "FAILED ",
        _ => "skipped",
    };
    let mut text = format!(
        "{state}  {:<8}  {}: {}",
        field("step"),
        field("subject"),
        field("detail")
    );
    let below = |text: &mut String, label: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("\n         {label:<6}  {value}"));
        }
    };
    below(&mut text, "cause", field("cause"));
    below(&mut text, "cure", field("cure"));
    text
}

/// Reads a stream of server-sent events to its end; heartbeats (comments) are passed over.
pub async fn events(
    mut answer: reqwest::Response,
    mut take: impl FnMut(Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let broken = |why: String| Failure::failed(format!("the answer broke off: {why}"), "try again");
    let mut held: Vec<u8> = Vec::new();
    while let Some(bytes) = answer.chunk().await.map_err(|error| broken(error.to_string()))? {
        held.extend_from_slice(&bytes);
        while let Some(end) = held.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = held.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if let Some(data) = line.trim_end().strip_prefix("data:") {
                let value = serde_json::from_str(data.trim()).map_err(|error| broken(error.to_string()))?;
                take(value)?;
            }
        }
        if held.len() > LONGEST {
            return Err(broken("a line without end".into()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_shows_cause_and_cure() {
        let step = json!({"step": "token", "subject": "login.example", "state": "failed", "detail": "refused",
            "cause": "AADSTS7000215", "cure": "make a new secret"});
        let text = text(&step);
        assert_eq!(
            text,
            "FAILED   token     login.example: refused\n         cause   AADSTS7000215\n         cure    make a new secret"
        );
        let mut steps = Steps::new(true);
        steps.show(&step).expect("nothing is printed");
        assert_eq!(steps.failed, 1);
    }
}
