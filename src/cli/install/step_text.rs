//! A step of a check as the wizard shows it, in its language.

use crate::bus::translation::{localize_text, localize_word};
use crate::cli::steps::format_step;
use crate::contract::CheckStep;
use crate::model::Language;

/// Like [`format_step`]; its labels are in the language, and its texts, where the bus has not done it.
pub(crate) fn format_wizard_step(step: &CheckStep, language: Language) -> String {
    let text = |text: &str| localize_text(text, language).into_owned();
    let localized = CheckStep {
        step: localize_word("step", &step.step, language).to_owned(),
        subject: localize_subject(step, language),
        detail: text(&step.detail),
        cure: step.cure.as_deref().map(text),
        ..step.clone()
    };
    let mut formatted = format_step(&localized);
    // What is told and in nobody's way has a cause, and was not skipped.
    if step.cause.is_some() && formatted.starts_with("skipped") {
        formatted = formatted.replacen("skipped", "note   ", 1);
    }
    let lines: Vec<String> = formatted.lines().map(|line| localize_label(line, language)).collect();
    lines.join("\n")
}

/// Features and credentials are words of the program; a subject of one word is a name elsewhere.
fn localize_subject(step: &CheckStep, language: Language) -> String {
    match step.step.as_str() {
        "right" | "token" => {
            let subjects = step.subject.split(", ");
            let words: Vec<&str> = subjects.map(|one| localize_word("subject", one, language)).collect();
            words.join(", ")
        }
        _ if step.subject.contains(' ') => localize_text(&step.subject, language).into_owned(),
        _ => step.subject.clone(),
    }
}

/// The label at the beginning of a line, in a column as wide as it was.
fn localize_label(line: &str, language: Language) -> String {
    let indent = line.len() - line.trim_start().len();
    let (before, rest) = line.split_at(indent);
    let Some((word, behind)) = rest.split_once(' ') else {
        return line.to_owned();
    };
    let label = localize_word("label", word, language);
    if label == word {
        return line.to_owned();
    }
    let text = behind.trim_start();
    let width = rest.len() - text.len();
    format!(
        "{before}{label:<width$}{}{text}",
        if label.chars().count() < width { "" } else { " " }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CheckStepState;

    #[test]
    fn mi_16_a_step_of_the_wizard_is_german_with_its_labels_cause_and_cure() {
        let step = CheckStep {
            step: "right".into(),
            subject: "DeviceManagementManagedDevices.Read.All".into(),
            state: CheckStepState::Failed,
            detail: "reading devices and the number of enrolled devices; without it, no scan works".into(),
            cause: Some("missing".into()),
            cure: Some("check network, proxy and addresses".into()),
            field: Some("client_id".into()),
            took_ms: 1,
        };
        let lines: Vec<String> = format_wizard_step(&step, Language::De)
            .lines()
            .map(str::to_owned)
            .collect();
        assert_eq!(
            lines,
            [
                "FEHLER   Recht     DeviceManagementManagedDevices.Read.All: liest Geräte und die Zahl der registrierten \
                 Geräte; ohne sie funktioniert kein Scan",
                "         Ursache missing",
                "         Abhilfe Netzwerk, Proxy und Adressen prüfen",
            ]
        );
        assert_eq!(format_wizard_step(&step, Language::En), format_step(&step));
        let features = CheckStep {
            subject: "inventory, device changes".into(),
            ..step
        };
        let text = format_wizard_step(&features, Language::De);
        assert!(text.contains("Inventar, Geräteänderungen: liest"), "{text}");
    }
}
