//! The steps of a check as people and machines see them.

use serde_json::{Value, json};

use super::failure::CommandFailure;
use super::output;

/// Longest line of an event stream, bytes.
const LONGEST: usize = 1 << 20;

pub(crate) struct StepReport {
    json: bool,
    steps: Vec<Value>,
    failed: usize,
}

impl StepReport {
    pub(crate) fn new(json: bool) -> Self {
        StepReport {
            json,
            steps: Vec::new(),
            failed: 0,
        }
    }

    /// Takes a step and, for people, shows it at once.
    pub(crate) fn show_step(&mut self, step: &Value) -> Result<(), CommandFailure> {
        self.failed += usize::from(step["state"] == "failed");
        self.steps.push(step.clone());
        if self.json {
            Ok(())
        } else {
            output::print_line(format_step(step))
        }
    }

    /// How many failed.
    pub(crate) fn finish_report(self) -> Result<usize, CommandFailure> {
        if self.json {
            output::print_json(&json!({ "ok": self.failed == 0, "steps": self.steps }))?;
        }
        Ok(self.failed)
    }
}

/// One step for people: state, what it was about, what was found; cause and cure below.
pub(crate) fn format_step(step: &Value) -> String {
    let field = |name: &str| output::to_printable(step[name].as_str().unwrap_or_default(), 400);
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
    let push_line = |text: &mut String, label: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("\n         {label:<6}  {value}"));
        }
    };
    push_line(&mut text, "cause", field("cause"));
    push_line(&mut text, "fix", field("cure"));
    text
}

/// Reads a stream of server-sent events to its end; heartbeats (comments) are passed over.
pub(crate) async fn read_events(
    mut answer: reqwest::Response,
    mut on_event: impl FnMut(Value) -> Result<(), CommandFailure>,
) -> Result<(), CommandFailure> {
    let stream_failure =
        |why: String| CommandFailure::general_error(format!("the response was interrupted: {why}"), "try again");
    let mut buffer: Vec<u8> = Vec::new();
    while let Some(bytes) = answer
        .chunk()
        .await
        .map_err(|error| stream_failure(error.to_string()))?
    {
        buffer.extend_from_slice(&bytes);
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if let Some(data) = line.trim_end().strip_prefix("data:") {
                let value = serde_json::from_str(data.trim()).map_err(|error| stream_failure(error.to_string()))?;
                on_event(value)?;
            }
        }
        if buffer.len() > LONGEST {
            return Err(stream_failure("a line is too long".into()));
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
        let text = format_step(&step);
        assert_eq!(
            text,
            "FAILED   token     login.example: refused\n         cause   AADSTS7000215\n         fix     make a new secret"
        );
        let mut steps = StepReport::new(true);
        steps.show_step(&step).expect("nothing is printed");
        assert_eq!(steps.failed, 1);
    }
}
