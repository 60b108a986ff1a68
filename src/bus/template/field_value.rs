//! Whether an answer fits its field. Text in, text out: `yes` for a tick, commas between several.

use super::{ChoiceOption, FieldKind, TemplateField, TextFormat};
use crate::bus::LocalizedText;
use crate::model::{ServerId, is_unprintable};
use crate::schedule::parse_trigger;

/// What is wrong with an answer: a stable code, the problem, the advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerProblem {
    pub code: &'static str,
    pub problem: LocalizedText,
    pub advice: LocalizedText,
}

impl AnswerProblem {
    pub fn new(code: &'static str, problem: LocalizedText, advice: LocalizedText) -> Self {
        AnswerProblem { code, problem, advice }
    }
}

impl TemplateField {
    /// The answer as it is kept, or what is wrong with it. An empty one is none: whether that may be is not judged here.
    /// Never repeats a secret (E1).
    pub fn read_answer(&self, text: &str) -> Result<String, AnswerProblem> {
        let text = match self.kind {
            // A secret is kept literally.
            FieldKind::Secret { .. } => text,
            _ => text.trim(),
        };
        if text.is_empty() {
            return Ok(String::new());
        }
        match &self.kind {
            FieldKind::Text { form, min, max } => {
                check_one_line(text)?;
                check_length(text.chars().count(), *min, *max)?;
                match form.explain_mismatch(text) {
                    None => Ok(text.to_owned()),
                    Some(wanted) => Err(mismatch_problem(text, &wanted)),
                }
            }
            FieldKind::Number { min, max } => match text.parse::<i64>() {
                Ok(number) if (*min..=*max).contains(&number) => Ok(number.to_string()),
                _ => Err(mismatch_problem(
                    text,
                    &LocalizedText::new(
                        format!("a whole number from {min} to {max}"),
                        format!("eine ganze Zahl von {min} bis {max}"),
                    ),
                )),
            },
            FieldKind::Choice { choices, many } => read_choice(text, choices, *many),
            FieldKind::Secret { max } => {
                check_one_line(text)?;
                check_length(text.len(), 1, *max)?;
                Ok(text.to_owned())
            }
            // Bytes come apart from text.
            FieldKind::File { .. } => Err(mismatch_problem("", &LocalizedText::new("a file", "eine Datei"))),
            FieldKind::Trigger { off, auto, .. } => read_trigger(text, *off, *auto),
            FieldKind::Servers => read_servers(text),
            FieldKind::Registration => match TextFormat::Guid.explain_mismatch(text) {
                // As it was given out, so that equal answers are equal text.
                None => Ok(text.to_ascii_lowercase()),
                Some(wanted) => Err(mismatch_problem(text, &wanted)),
            },
            FieldKind::Checkbox => match text.to_ascii_lowercase().as_str() {
                "yes" | "true" | "on" | "ja" | "y" | "j" => Ok("yes".to_owned()),
                "no" | "false" | "off" | "nein" | "n" => Ok("no".to_owned()),
                _ => Err(mismatch_problem(
                    text,
                    &LocalizedText::new("yes or no", "ja oder nein (yes/no)"),
                )),
            },
        }
    }
}

fn check_one_line(text: &str) -> Result<(), AnswerProblem> {
    if !text.chars().any(is_unprintable) {
        Ok(())
    } else {
        Err(AnswerProblem::new(
            "controlCharacters",
            LocalizedText::new(
                "it contains control characters or line breaks",
                "enthält Steuerzeichen oder Zeilenumbrüche",
            ),
            LocalizedText::new("write it on one line", "in eine Zeile schreiben"),
        ))
    }
}

fn check_length(has: usize, min: usize, max: usize) -> Result<(), AnswerProblem> {
    if (min..=max).contains(&has) {
        return Ok(());
    }
    Err(AnswerProblem::new(
        "length",
        LocalizedText::new(format!("it has {has} characters"), format!("hat {has} Zeichen")),
        LocalizedText::new(
            format!("{min} to {max} are allowed"),
            format!("{min} bis {max} sind erlaubt"),
        ),
    ))
}

/// As other formats of files want it.
fn is_quoted(text: &str) -> bool {
    let is_between = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    is_between('"') || is_between('\'')
}

fn mismatch_problem(text: &str, wanted: &LocalizedText) -> AnswerProblem {
    if is_quoted(text) {
        return AnswerProblem::new(
            "form",
            LocalizedText::new("the answer is in quotes", "die Angabe steht in Anführungszeichen"),
            LocalizedText::new("write it without quotes", "ohne Anführungszeichen schreiben"),
        );
    }
    let shown: String = text.chars().take(60).collect();
    let problem = if shown.is_empty() {
        LocalizedText::new("the answer has the wrong type", "die Angabe hat den falschen Typ")
    } else {
        LocalizedText::new(format!("{shown:?} is not valid"), format!("„{shown}“ ist ungültig"))
    };
    let advice = LocalizedText::new(format!("expected: {}", wanted.en), format!("erwartet: {}", wanted.de));
    AnswerProblem::new("form", problem, advice)
}

fn read_choice(text: &str, choices: &[ChoiceOption], many: bool) -> Result<String, AnswerProblem> {
    let given: Vec<&str> = if many {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    } else {
        vec![text]
    };
    let mut taken: Vec<&str> = Vec::new();
    for item in given {
        let known = choices.iter().find(|choice| choice.value.eq_ignore_ascii_case(item));
        let Some(known) = known else {
            let all: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            return Err(mismatch_problem(
                item,
                &LocalizedText::new(
                    format!("one of {}", all.join(", ")),
                    format!("einer der Werte {}", all.join(", ")),
                ),
            ));
        };
        if !taken.contains(&known.value.as_str()) {
            taken.push(&known.value);
        }
    }
    // In the order of the template, so that equal answers are equal text.
    let in_order = choices.iter().map(|choice| choice.value.as_str());
    let taken: Vec<&str> = in_order.filter(|value| taken.contains(value)).collect();
    Ok(taken.join(", "))
}

fn read_trigger(text: &str, off: bool, auto: bool) -> Result<String, AnswerProblem> {
    let wanted = LocalizedText::new(
        "an interval such as `every 15m`, or a cron expression such as `0 3 * * *`",
        "ein Intervall wie `every 15m` oder ein Cron-Ausdruck wie `0 3 * * *`",
    );
    let word = text.to_ascii_lowercase();
    match word.as_str() {
        "auto" if auto => return Ok(word),
        "off" if off => return Ok(word),
        "auto" | "off" => return Err(mismatch_problem(text, &wanted)),
        _ => (),
    }
    match parse_trigger(text) {
        Ok(_) => Ok(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        Err(error) => Err(AnswerProblem::new(
            "form",
            LocalizedText::from_english(error.to_string()),
            wanted,
        )),
    }
}

fn read_servers(text: &str) -> Result<String, AnswerProblem> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    let mut ids: Vec<&str> = Vec::new();
    for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        if id.parse::<ServerId>().is_err() {
            return Err(mismatch_problem(
                id,
                &LocalizedText::new(
                    "`*`, or ids of management servers separated by commas",
                    "`*` oder Kennungen von Management-Servern, durch Kommas getrennt",
                ),
            ));
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids.join(", "))
}
