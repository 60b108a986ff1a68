//! What a wizard says in the terminal, in both languages, and how findings and steps look there.

use serde_json::{Value, json};

use super::given::Placed;
use crate::bus::Language;
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::cli::steps::text;

/// The fixed sentences.
#[derive(Debug, Clone, Copy)]
pub enum Told {
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

impl Told {
    pub fn say(self, language: Language) -> &'static str {
        let (en, de) = match self {
            Told::Offline => (
                "installed; the first scan begins when the bus runs",
                "installiert; der erste Scan beginnt, wenn der Bus läuft",
            ),
            Told::Back => (
                "Enter takes what stands in brackets, < goes back a page, ? explains.",
                "Enter übernimmt, was in Klammern steht, < geht eine Seite zurück, ? erklärt.",
            ),
            Told::Again => (
                "[a]gain, [b]ack, [c]ontinue anyway (recorded), [q]uit",
                "[a] noch einmal, [b] zurück, [c] trotzdem fortfahren (wird festgehalten), [q] beenden",
            ),
            Told::Install => ("Install now? (yes/no)", "Jetzt installieren? (ja/nein)"),
            Told::Change => ("Change it now? (yes/no)", "Jetzt ändern? (ja/nein)"),
            Told::Preview => (
                "Show what a first run finds? (yes/no)",
                "Zeigen, was ein erster Lauf findet? (ja/nein)",
            ),
            Told::Empty => ("empty", "leer"),
            Told::Choose => ("several with commas between", "mehrere durch Kommas getrennt"),
            Told::NotPassed => ("It has not passed.", "Nicht bestanden."),
            Told::Locked => (
                "Stays off: this page opens only when the check has passed:",
                "Bleibt aus: diese Seite öffnet sich erst, wenn die Prüfung bestanden ist:",
            ),
            Told::NobodyToAsk => ("there is nobody to ask", "es ist niemand da, der antwortet"),
            Told::NextRuns => ("next runs:", "nächste Läufe:"),
            Told::Kept => ("kept as it is", "bleibt, wie es ist"),
        };
        match language {
            Language::En => en,
            Language::De => de,
        }
    }
}

/// Findings of given answers, as the end of the command: all of them, each with its place.
pub fn findings(found: &[Placed], language: Language, json: bool) -> Failure {
    if json {
        let all: Vec<Value> = found
            .iter()
            .map(|placed| {
                json!({
                    "place": placed.place, "field": placed.finding.field, "code": placed.finding.code,
                    "problem": placed.finding.problem.say(language), "advice": placed.finding.advice.say(language),
                })
            })
            .collect();
        // What can't be written can't be told otherwise either.
        let _ = out::json(&json!({"ok": false, "findings": all}));
    }
    let line = |placed: &Placed| {
        let (finding, place) = (&placed.finding, &placed.place);
        let problem = finding.problem.say(language);
        format!(
            "{place}: {}: {problem}; {}",
            finding.field,
            finding.advice.say(language)
        )
    };
    let lines: Vec<String> = found.iter().map(line).collect();
    Failure::usage(lines.join("\n"), "")
}

/// A finding of the bus, at its field.
pub fn finding(finding: &Value) -> String {
    let text = |name: &str| out::printable(finding[name].as_str().unwrap_or_default(), 600);
    format!("  ! {}: {}\n    {}", text("field"), text("problem"), text("advice"))
}

/// A step for people, with the field it blames.
pub fn step(step: &Value) {
    if step["state"] == "running" {
        return;
    }
    out::say(text(step));
    if let Some(field) = step["field"].as_str() {
        out::say(format!("         field   {}", out::printable(field, 60)));
    }
}

/// An installation on its way: each member that has moved since the last look.
pub fn progress(before: &mut Vec<String>, view: &Value) {
    for member in view["members"].as_array().into_iter().flatten() {
        let (name, state) = (&member["name"], &member["state"]);
        let line = format!(
            "{}  {}",
            state.as_str().unwrap_or_default(),
            name.as_str().unwrap_or_default()
        );
        if state != "planned" && !before.contains(&line) {
            out::say(format!("  {line}"));
            before.push(line);
        }
    }
    if let Some(problem) = view["problem"].as_object()
        && view["state"] == "failed"
    {
        let text = |name: &str| out::printable(problem.get(name).and_then(Value::as_str).unwrap_or_default(), 600);
        out::say(format!("  ! {}\n    {}", text("problem"), text("advice")));
    }
}
