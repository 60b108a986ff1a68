//! One field, asked until the answer fits.

use std::path::Path;

use super::given;
use super::person::Person;
use super::say::Told;
use super::target::Target;
use crate::bus::answers::Answer;
use crate::bus::template::{Choice, Field, FieldKind};
use crate::bus::wizard::{Event, Mode, Refused, Wizard};
use crate::bus::{FieldFinding, Language};
use crate::cli::failure::Failure;
use crate::cli::out;

/// What came of a question.
pub enum Heard {
    Answered,
    /// Goes back a page.
    Back,
}

pub async fn ask(
    person: &Person,
    target: &Target<'_>,
    wizard: &mut Wizard,
    field: &Field,
    language: Language,
) -> Result<Heard, Failure> {
    describe(target, field, language).await;
    loop {
        let shown = standing(wizard, field, language);
        let question = format!("  {}{shown}", field.name);
        let text = match &field.kind {
            FieldKind::Secret { .. } => person.ask_secretly(&question)?,
            _ => person.ask(&question)?.into(),
        };
        match text.trim() {
            "<" => return Ok(Heard::Back),
            "?" => {
                explain(field, language);
                continue;
            }
            // What stands stays: an answer, a default, or a secret that is kept.
            "" => match missing(wizard, field) {
                Some(finding) => {
                    complain(&finding, language);
                    continue;
                }
                None => return Ok(Heard::Answered),
            },
            _ => (),
        }
        let answer = match read(field, &text) {
            Ok(answer) => answer,
            Err(finding) => {
                complain(&finding, language);
                continue;
            }
        };
        let name = field.name.clone();
        match wizard.step(Event::Answered { field: name, answer }) {
            Ok(()) => (),
            Err(refused @ (Refused::Fixed(_) | Refused::NotAsked(_))) => {
                out::say(format!("  ! {refused}"));
                continue;
            }
            Err(_) => return Ok(Heard::Answered),
        }
        runs(target, wizard, field, language).await;
        return Ok(Heard::Answered);
    }
}

/// What is wrong with leaving it empty.
fn missing(wizard: &Wizard, field: &Field) -> Option<FieldFinding> {
    let mut pages = wizard.look().pages.into_iter();
    let findings = pages.nth(wizard.page_number())?.findings;
    findings
        .into_iter()
        .find(|finding| finding.field == field.name && finding.code == "missing")
}

/// `-` takes an answer away; a file is named by its path.
fn read(field: &Field, text: &str) -> Result<Option<Answer>, FieldFinding> {
    match &field.kind {
        FieldKind::File { .. } => given::read(field, Path::new(text.trim())).map_err(|finding| *finding),
        FieldKind::Choice { choices, many } => Answer::read(field, &by_number(choices, *many, text)),
        FieldKind::Secret { .. } => Answer::read(field, text),
        _ if text == "-" => Ok(None),
        _ => Answer::read(field, text),
    }
}

/// Choices may be given by their place in the list.
fn by_number(choices: &[Choice], many: bool, text: &str) -> String {
    if text == "-" && many {
        return String::new();
    }
    let one = |item: &str| match item.trim().parse::<usize>() {
        Ok(place) if (1..=choices.len()).contains(&place) => choices[place - 1].value.clone(),
        _ => item.trim().to_owned(),
    };
    match many {
        true => text.split(',').map(one).collect::<Vec<_>>().join(", "),
        false => one(text),
    }
}

/// What an empty line would take, in brackets.
fn standing(wizard: &Wizard, field: &Field, language: Language) -> String {
    let is_given = wizard.answers().get(&field.name).is_some();
    let text = match (field.kind.is_secret(), wizard.answers().text(&field.name)) {
        (true, _) if is_given => "…".to_owned(),
        (true, _) if wizard.mode() == Mode::Change => Told::Kept.say(language).to_owned(),
        (false, Some(text)) => text.to_owned(),
        (_, _) => match (&field.default, field.is_required) {
            (Some(default), _) => default.clone(),
            (None, true) => return String::new(),
            (None, false) => Told::Empty.say(language).to_owned(),
        },
    };
    format!(" [{text}]")
}

async fn describe(target: &Target<'_>, field: &Field, language: Language) {
    out::say(format!("\n{}", field.label.say(language)));
    match &field.kind {
        FieldKind::Choice { choices, many } => {
            for (place, choice) in (1..).zip(choices) {
                out::say(format!(
                    "  {place:>2}  {:<10}  {}",
                    choice.value,
                    choice.label.say(language)
                ));
            }
            if *many {
                out::say(format!("  ({})", Told::Choose.say(language)));
            }
        }
        FieldKind::Servers => {
            let known = target.servers().await;
            if !known.is_empty() {
                out::say(format!("  * {}", known.join(" ")));
            }
        }
        _ => (),
    }
}

fn explain(field: &Field, language: Language) {
    if let Some(help) = &field.help {
        out::say(format!("    {}", help.say(language)));
    }
    if let Some(example) = &field.example {
        out::say(format!("    {example}"));
    }
}

pub fn complain(finding: &FieldFinding, language: Language) {
    let (problem, advice) = (finding.problem.say(language), finding.advice.say(language));
    out::say(format!("  ! {}: {problem}\n    {advice}", finding.field));
}

/// The next runs of what was answered, as the wall clock of its zone shows them.
async fn runs(target: &Target<'_>, wizard: &Wizard, field: &Field, language: Language) {
    let FieldKind::Trigger { zone, .. } = &field.kind else {
        return;
    };
    let Some(trigger) = wizard.answers().text(&field.name) else {
        return;
    };
    let zone = zone
        .as_deref()
        .and_then(|zone| wizard.answers().text(zone))
        .unwrap_or("UTC");
    // `auto` and `off` have no times.
    if let Ok(runs) = target.next_runs(trigger, zone).await
        && !runs.is_empty()
    {
        out::say(format!("    {} {}", Told::NextRuns.say(language), runs.join("  ")));
    }
}
