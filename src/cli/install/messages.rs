//! What a wizard says in the terminal, in both languages, and how findings and steps look there.

use serde_json::{Value, json};

use super::preset_answers::PlacedFinding;
use crate::bus::Language;
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::cli::steps::format_step;

/// The fixed sentences.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WizardMessage {
    Offline,
    Back,
    Again,
    Install,
    Change,
    Preview,
    Empty,
    Choose,
    NotPassed,
    Locked,
    NobodyToAsk,
    NextRuns,
    Kept,
}

impl WizardMessage {
    pub(crate) fn in_language(self, language: Language) -> &'static str {
        let (en, de) = match self {
            WizardMessage::Offline => (
                "installed; the first scan begins when the bus runs",
                "installiert; der erste Scan beginnt, wenn der Bus läuft",
            ),
            WizardMessage::Back => (
                "Enter takes what stands in brackets, < goes back a page, ? explains.",
                "Enter übernimmt, was in Klammern steht, < geht eine Seite zurück, ? erklärt.",
            ),
            WizardMessage::Again => (
                "[a]gain, [b]ack, [c]ontinue anyway (recorded), [q]uit",
                "[a] noch einmal, [b] zurück, [c] trotzdem fortfahren (wird festgehalten), [q] beenden",
            ),
            WizardMessage::Install => ("Install now? (yes/no)", "Jetzt installieren? (ja/nein)"),
            WizardMessage::Change => ("Change it now? (yes/no)", "Jetzt ändern? (ja/nein)"),
            WizardMessage::Preview => (
                "Show what a first run finds? (yes/no)",
                "Zeigen, was ein erster Lauf findet? (ja/nein)",
            ),
            WizardMessage::Empty => ("empty", "leer"),
            WizardMessage::Choose => ("several with commas between", "mehrere durch Kommas getrennt"),
            WizardMessage::NotPassed => ("It has not passed.", "Nicht bestanden."),
            WizardMessage::Locked => (
                "Stays off: this page opens only when the check has passed:",
                "Bleibt aus: diese Seite öffnet sich erst, wenn die Prüfung bestanden ist:",
            ),
            WizardMessage::NobodyToAsk => ("there is nobody to ask", "es ist niemand da, der antwortet"),
            WizardMessage::NextRuns => ("next runs:", "nächste Läufe:"),
            WizardMessage::Kept => ("kept as it is", "bleibt, wie es ist"),
        };
        match language {
            Language::En => en,
            Language::De => de,
        }
    }
}

/// Findings of given answers, as the end of the command: all of them, each with its place.
pub(crate) fn findings_failure(found: &[PlacedFinding], language: Language, json: bool) -> CommandFailure {
    if json {
        let all: Vec<Value> = found
            .iter()
            .map(|placed| {
                json!({
                    "place": placed.location, "field": placed.finding.field, "code": placed.finding.code,
                    "problem": placed.finding.problem.in_language(language), "advice": placed.finding.advice.in_language(language),
                })
            })
            .collect();
        // What can't be written can't be told otherwise either.
        let _ = output::print_json(&json!({"ok": false, "findings": all}));
    }
    let line = |placed: &PlacedFinding| {
        let (finding, place) = (&placed.finding, &placed.location);
        let problem = finding.problem.in_language(language);
        format!(
            "{place}: {}: {problem}; {}",
            finding.field,
            finding.advice.in_language(language)
        )
    };
    let lines: Vec<String> = found.iter().map(line).collect();
    CommandFailure::usage_error(lines.join("\n"), "")
}

/// A finding of the bus, at its field.
pub(crate) fn format_finding(finding: &Value) -> String {
    let text = |name: &str| output::to_printable(finding[name].as_str().unwrap_or_default(), 600);
    format!("  ! {}: {}\n    {}", text("field"), text("problem"), text("advice"))
}

/// A step for people, with the field it blames.
pub(crate) fn print_step(step: &Value) {
    if step["state"] == "running" {
        return;
    }
    output::eprint_line(format_step(step));
    if let Some(field) = step["field"].as_str() {
        output::eprint_line(format!("         field   {}", output::to_printable(field, 60)));
    }
}

/// An installation on its way: each member that has moved since the last look.
pub(crate) fn print_progress(printed_lines: &mut Vec<String>, view: &Value) {
    for member in view["members"].as_array().into_iter().flatten() {
        let (name, state) = (&member["name"], &member["state"]);
        let line = format!(
            "{}  {}",
            state.as_str().unwrap_or_default(),
            name.as_str().unwrap_or_default()
        );
        if state != "planned" && !printed_lines.contains(&line) {
            output::eprint_line(format!("  {line}"));
            printed_lines.push(line);
        }
    }
    if let Some(problem) = view["problem"].as_object()
        && view["state"] == "failed"
    {
        let text =
            |name: &str| output::to_printable(problem.get(name).and_then(Value::as_str).unwrap_or_default(), 600);
        output::eprint_line(format!("  ! {}\n    {}", text("problem"), text("advice")));
    }
}
