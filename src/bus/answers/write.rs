//! The answers file as it is written for the next time: every field with its help, answers in their lines, secrets as
//! the name of a file that the user fills in.

use std::fmt::Write;

use super::WizardAnswers;
use crate::bus::template::{FieldKind, PageKind, TemplatePage, WizardTemplate};
use crate::model::Language;

/// The text of a file. Unanswered fields are commented out with `;`, with their default.
pub fn write_answers(template: &WizardTemplate, section: &str, answers: &WizardAnswers, language: Language) -> String {
    let mut text = String::new();
    let head = match language {
        Language::En => {
            "Answers for `intune-connector install --answers FILE`. Do not write secrets here: name a file."
        }
        Language::De => {
            "Antworten für `intune-connector install --answers DATEI`. Keine Geheimnisse eintragen: Datei angeben."
        }
    };
    // Writing to a string can't fail.
    let _ = write!(text, "# {}\n# {head}\n", template.title.in_language(language));
    if !section.is_empty() {
        let _ = write!(text, "\n[{section}]\n");
    }
    for page in template.pages.iter().filter(|page| page.kind == PageKind::Questions) {
        write_page(&mut text, page, answers, language);
    }
    text
}

fn write_page(text: &mut String, page: &TemplatePage, answers: &WizardAnswers, language: Language) {
    if page.fields.is_empty() {
        return;
    }
    let _ = write!(text, "\n# == {} ==\n", page.title.in_language(language));
    for field in &page.fields {
        let _ = writeln!(text, "# {}", field.label.in_language(language));
        if let Some(help) = &field.help {
            let _ = writeln!(text, "#   {}", help.in_language(language));
        }
        if let FieldKind::Choice { choices, .. } = &field.kind {
            for choice in choices {
                let _ = writeln!(text, "#   {}: {}", choice.value, choice.label.in_language(language));
            }
        }
        let name = &field.name;
        let _ = match (field.kind.is_secret(), answers.text_of(name)) {
            (true, _) if answers.get(name).is_some() => writeln!(text, "{name}_file = {name}.secret"),
            (true, _) => writeln!(text, "; {name}_file = "),
            (false, Some(answer)) => writeln!(text, "{name} = {answer}"),
            (false, None) => writeln!(text, "; {name} = {}", field.default.as_deref().unwrap_or_default()),
        };
    }
}
