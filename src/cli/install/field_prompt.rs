//! One field, asked until the answer fits.

use std::path::Path;

use super::installation_client::InstallationClient;
use super::leaving::{LeaveReason, WizardStop};
use super::messages::WizardMessage;
use super::preset_answers;
use super::terminal_prompt::TerminalPrompt;
use crate::bus::FieldFinding;
use crate::bus::answers::FieldAnswer;
use crate::bus::template::{ChoiceOption, FieldKind, TemplateField};
use crate::bus::wizard::{Wizard, WizardError, WizardEvent, WizardMode};
use crate::cli::language::localize;
use crate::cli::output;
use crate::model::Language;

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldReply {
    Answered,
    /// Goes back a page.
    Back,
}

pub(crate) async fn ask_field(
    prompt: &TerminalPrompt,
    target: &InstallationClient<'_>,
    wizard: &mut Wizard,
    field: &TemplateField,
    language: Language,
) -> Result<FieldReply, WizardStop> {
    print_field(target, field, language).await;
    loop {
        let shown = default_hint(wizard, field, language);
        let question = format!("  {}{shown}", field.name);
        let text = match &field.kind {
            FieldKind::Secret { .. } => prompt.ask_secret(&question).await?,
            _ => prompt.ask_line(&question).await?.into(),
        };
        match text.trim() {
            "<" => return Ok(FieldReply::Back),
            "?" => {
                print_field_help(field, language);
                continue;
            }
            // What stands stays: an answer, a default, or a secret that is kept.
            "" => match find_missing(wizard, field) {
                Some(finding) => {
                    print_finding(&finding, language);
                    continue;
                }
                None => {
                    let field = field.name.clone();
                    let _ = wizard.apply_event(WizardEvent::Kept { field });
                    return Ok(FieldReply::Answered);
                }
            },
            _ => (),
        }
        let answer = match parse_answer(field, &text) {
            Ok(answer) => answer,
            // Where they can't be answers, they are what they are everywhere else.
            Err(_) if text.trim() == "b" => return Ok(FieldReply::Back),
            Err(_) if text.trim() == "q" => return Err(WizardStop::Left(LeaveReason::Quit)),
            Err(finding) => {
                print_finding(&finding, language);
                continue;
            }
        };
        let name = field.name.clone();
        match wizard.apply_event(WizardEvent::Answered { field: name, answer }) {
            Ok(()) => (),
            Err(refused @ (WizardError::Fixed(_) | WizardError::NotAsked(_))) => {
                output::eprint_line(format!("  ! {}", localize(&refused.to_string())));
                continue;
            }
            Err(_) => return Ok(FieldReply::Answered),
        }
        return Ok(FieldReply::Answered);
    }
}

/// What is wrong with leaving it empty.
pub(super) fn find_missing(wizard: &Wizard, field: &TemplateField) -> Option<FieldFinding> {
    let mut pages = wizard.current_state().pages.into_iter();
    let findings = pages.nth(wizard.page_number())?.findings;
    findings
        .into_iter()
        .find(|finding| finding.field == field.name && finding.code == "missing")
}

/// `-` takes an answer away; a file is named by its path.
fn parse_answer(field: &TemplateField, text: &str) -> Result<Option<FieldAnswer>, FieldFinding> {
    if text.trim() == "-" {
        return Ok(None);
    }
    match &field.kind {
        FieldKind::File { .. } => {
            preset_answers::read_file_answer(field, Path::new(text.trim())).map_err(|finding| *finding)
        }
        FieldKind::Choice { choices, many } => {
            FieldAnswer::from_text(field, &resolve_choice_numbers(choices, *many, text))
        }
        _ => FieldAnswer::from_text(field, text),
    }
}

/// Choices may be given by their place in the list.
fn resolve_choice_numbers(choices: &[ChoiceOption], many: bool, text: &str) -> String {
    let one = |item: &str| match item.trim().parse::<usize>() {
        Ok(place) if (1..=choices.len()).contains(&place) => choices[place - 1].value.clone(),
        _ => item.trim().to_owned(),
    };
    if many {
        text.split(',').map(one).collect::<Vec<_>>().join(", ")
    } else {
        one(text)
    }
}

/// What an empty line would take, in brackets.
fn default_hint(wizard: &Wizard, field: &TemplateField, language: Language) -> String {
    let is_given = wizard.answers().get(&field.name).is_some();
    let text = match (field.kind.is_secret(), wizard.answers().text_of(&field.name)) {
        (true, _) if is_given => "…".to_owned(),
        (true, _) if wizard.mode() == WizardMode::Change => WizardMessage::Kept.in_language(language).to_owned(),
        (false, Some(text)) => text.to_owned(),
        (_, _) => match (&field.default, field.is_required) {
            (Some(default), _) => default.clone(),
            (None, true) => return String::new(),
            (None, false) => WizardMessage::Empty.in_language(language).to_owned(),
        },
    };
    match (&field.kind, text.as_str()) {
        (FieldKind::Checkbox, "yes") => format!(" [{}]", WizardMessage::Yes.in_language(language)),
        (FieldKind::Checkbox, "no") => format!(" [{}]", WizardMessage::No.in_language(language)),
        _ => format!(" [{text}]"),
    }
}

async fn print_field(target: &InstallationClient<'_>, field: &TemplateField, language: Language) {
    output::eprint_line(format!("\n{}", field.label.in_language(language)));
    match &field.kind {
        FieldKind::Choice { choices, many } => {
            let width = choices.iter().map(|choice| choice.value.chars().count()).max();
            let width = width.unwrap_or(0);
            for (place, choice) in (1..).zip(choices) {
                output::eprint_line(format!(
                    "  {place:>2}  {:<width$}  {}",
                    choice.value,
                    choice.label.in_language(language)
                ));
            }
            if *many {
                output::eprint_line(format!("  ({})", WizardMessage::Choose.in_language(language)));
            }
        }
        FieldKind::Servers => {
            let known = target.fetch_server_ids().await;
            if !known.is_empty() {
                output::eprint_line(format!("  * {}", known.join(" ")));
            }
        }
        _ => (),
    }
}

fn print_field_help(field: &TemplateField, language: Language) {
    if let Some(help) = &field.help {
        output::eprint_line(format!("    {}", help.in_language(language)));
    }
    if let Some(example) = &field.example {
        output::eprint_line(format!("    {example}"));
    }
}

pub(crate) fn print_finding(finding: &FieldFinding, language: Language) {
    let (problem, advice) = (
        finding.problem.in_language(language),
        finding.advice.in_language(language),
    );
    output::eprint_line(format!("  ! {}: {problem}\n    {advice}", finding.field));
}
