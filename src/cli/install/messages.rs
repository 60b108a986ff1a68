//! What a wizard says in the terminal, in both languages, and how findings and steps look there.

use serde::Serialize;
use serde_json::json;

use super::answer_places::AnswerPlaces;
use super::preset_answers::PlacedFinding;
use super::step_text::format_wizard_step;
use crate::cli::failure::CommandFailure;
use crate::cli::language::{chosen_language, localize, localize_word};
use crate::cli::output;
use crate::contract::{CheckStep, CheckStepState, Diagnosis, InstallationView};
use crate::model::{InstallationState, Language, MemberState};

/// The fixed sentences.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WizardMessage {
    Offline,
    Back,
    Again,
    Install,
    Change,
    Empty,
    NoneChosen,
    Choose,
    NotPassed,
    Locked,
    NobodyToAsk,
    NextRuns,
    Kept,
    StillWrong,
    Yes,
    No,
}

impl WizardMessage {
    pub(crate) fn in_language(self, language: Language) -> &'static str {
        let (en, de) = match self {
            WizardMessage::Offline => (
                "installed; no bus runs on this folder, so nothing is scanned yet. Next:",
                "installiert; auf diesem Ordner läuft kein Bus, daher wird noch nichts gelesen. Als Nächstes:",
            ),
            WizardMessage::Back => (
                "Enter accepts the value in brackets, < goes back, - clears an answer, ? shows help. Ctrl-C leaves; your answers are kept in a file, without secrets.",
                "Enter übernimmt den Wert in Klammern, < geht zurück, - löscht eine Angabe, ? zeigt Hilfe. Strg-C bricht ab; Ihre Angaben bleiben ohne Geheimnisse in einer Datei erhalten.",
            ),
            WizardMessage::Again => (
                "[a]gain, [b]ack or < to correct it, [c]ontinue anyway (recorded), [q]uit",
                "[a] wiederholen, [b] oder < zurück und ändern, [c] trotzdem fortfahren (wird protokolliert), [q] beenden",
            ),
            WizardMessage::Install => ("Install now? (yes/no)", "Jetzt installieren? (ja/nein)"),
            WizardMessage::Change => ("Change it now? (yes/no)", "Jetzt ändern? (ja/nein)"),
            WizardMessage::Empty => ("empty", "leer"),
            WizardMessage::NoneChosen => ("none", "keine"),
            WizardMessage::Choose => ("separate several with commas", "mehrere durch Kommas getrennt"),
            WizardMessage::NotPassed => ("The check has not passed.", "Prüfung nicht bestanden."),
            WizardMessage::Locked => (
                "Not available: this page opens only after this check has passed:",
                "Nicht verfügbar: Diese Seite öffnet sich erst nach bestandener Prüfung:",
            ),
            WizardMessage::NobodyToAsk => ("no more input to read", "keine weitere Eingabe vorhanden"),
            WizardMessage::NextRuns => ("next runs:", "nächste Läufe:"),
            WizardMessage::Kept => ("unchanged", "unverändert"),
            WizardMessage::StillWrong => ("Wrong before, and still:", "Schon vorher falsch und weiterhin:"),
            WizardMessage::Yes => ("yes", "ja"),
            WizardMessage::No => ("no", "nein"),
        };
        match language {
            Language::En => en,
            Language::De => de,
        }
    }
}

/// A finding of given answers, and where it stands.
#[derive(Serialize)]
struct PlacedDiagnosis<'a> {
    place: &'a str,
    #[serde(flatten)]
    diagnosis: Diagnosis,
}

/// Findings of given answers, as the end of the command: all of them, each with its place.
pub(crate) fn findings_failure(found: &[PlacedFinding], language: Language, json: bool) -> CommandFailure {
    if json {
        let placed = found.iter().map(|placed| PlacedDiagnosis {
            place: &placed.location,
            diagnosis: Diagnosis {
                key: Some(placed.key.clone()),
                ..placed.finding.in_language(language)
            },
        });
        let all: Vec<PlacedDiagnosis<'_>> = placed.collect();
        // What can't be written can't be told otherwise either.
        let _ = output::print_json(&json!({"ok": false, "findings": all}));
    }
    let line = |placed: &PlacedFinding| {
        let (finding, place) = (&placed.finding, &placed.location);
        let problem = finding.problem.in_language(language);
        format!(
            "{place}: {}: {problem}; {}",
            placed.key,
            finding.advice.in_language(language)
        )
    };
    let lines: Vec<String> = found.iter().map(line).collect();
    CommandFailure::usage_error(lines.join("\n"), "")
}

/// A finding of the bus, at its field.
pub(crate) fn format_finding(finding: &Diagnosis, places: &AnswerPlaces) -> String {
    let printable = |text: &str| output::to_printable(&places.name_as_written(&localize(text)), 600);
    let field = places.describe_field(finding.field.as_deref().unwrap_or_default());
    format!(
        "  ! {}: {}\n    {}",
        output::to_printable(&field, 600),
        printable(&finding.problem),
        printable(&finding.advice)
    )
}

/// A step for people, with the field it blames.
pub(crate) fn print_step(step: &CheckStep) {
    print_placed_step(step, &AnswerPlaces::default());
}

/// The same where the answers were given rather than asked for.
pub(crate) fn print_placed_step(step: &CheckStep, places: &AnswerPlaces) {
    if step.state == CheckStepState::Running {
        return;
    }
    let step_text = format_wizard_step(step, chosen_language());
    output::eprint_line(places.name_as_written(&step_text));
    if let Some(field) = &step.field {
        let label = localize_word("label", "field");
        let field = places.describe_field(field);
        output::eprint_line(format!("         {label:<7} {}", output::to_printable(&field, 600)));
    }
}

/// What a change has left as wrong as it was.
pub(crate) fn print_warnings(warnings: &[Diagnosis]) {
    if warnings.is_empty() {
        return;
    }
    output::eprint_line(WizardMessage::StillWrong.in_language(chosen_language()));
    for warning in warnings {
        output::eprint_line(format_finding(warning, &AnswerPlaces::default()));
    }
}

/// An installation on its way: each member that has moved since the last look.
pub(crate) fn print_progress(printed_lines: &mut Vec<String>, view: &InstallationView) {
    for member in &view.members {
        let state = localize_word("state", member.state.name());
        let line = format!("{state}  {}", member.name);
        if member.state != MemberState::Planned && !printed_lines.contains(&line) {
            output::eprint_line(format!("  {line}"));
            printed_lines.push(line);
        }
    }
    if let Some(problem) = &view.problem
        && view.state == InstallationState::Failed
    {
        let printable = |text: &str| output::to_printable(&localize(text), 600);
        output::eprint_line(format!(
            "  ! {}\n    {}",
            printable(&problem.problem),
            printable(&problem.advice)
        ));
    }
}
