//! Whether an answer fits its field. Text in, text out: `yes` for a tick, commas between several.

use super::{Choice, Field, FieldKind};
use crate::bus::Words;
use crate::model::{ServerId, is_unfit};
use crate::schedule::parse_trigger;

/// What is wrong with an answer: a stable code, the problem, the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub code: &'static str,
    pub problem: Words,
    pub advice: Words,
}

impl Wrong {
    pub fn new(code: &'static str, problem: Words, advice: Words) -> Self {
        Wrong { code, problem, advice }
    }
}

impl Field {
    /// The answer as it is kept, or what is wrong with it. An empty one is none: whether that may be is not judged here.
    /// Never repeats a secret (E1).
    pub fn read(&self, text: &str) -> Result<String, Wrong> {
        let text = match self.kind {
            // A secret is taken to the letter.
            FieldKind::Secret { .. } => text,
            _ => text.trim(),
        };
        if text.is_empty() {
            return Ok(String::new());
        }
        match &self.kind {
            FieldKind::Text { form, min, max } => {
                one_line(text)?;
                length(text.chars().count(), *min, *max)?;
                match form.refuses(text) {
                    None => Ok(text.to_owned()),
                    Some(wanted) => Err(not(text, &wanted)),
                }
            }
            FieldKind::Number { min, max } => match text.parse::<i64>() {
                Ok(number) if (*min..=*max).contains(&number) => Ok(number.to_string()),
                _ => Err(not(
                    text,
                    &Words::new(
                        format!("a whole number from {min} to {max}"),
                        format!("eine ganze Zahl von {min} bis {max}"),
                    ),
                )),
            },
            FieldKind::Choice { choices, many } => choice(text, choices, *many),
            FieldKind::Secret { max } => {
                one_line(text)?;
                length(text.len(), 1, *max)?;
                Ok(text.to_owned())
            }
            // Bytes come apart from text.
            FieldKind::File { .. } => Err(not("", &Words::new("a file", "eine Datei"))),
            FieldKind::Trigger { off, auto, .. } => trigger(text, *off, *auto),
            FieldKind::Servers => servers(text),
            FieldKind::Checkbox => match text.to_ascii_lowercase().as_str() {
                "yes" | "true" | "on" | "ja" | "y" | "j" => Ok("yes".to_owned()),
                "no" | "false" | "off" | "nein" | "n" => Ok("no".to_owned()),
                _ => Err(not(text, &Words::new("yes or no", "ja oder nein (yes/no)"))),
            },
        }
    }
}

fn one_line(text: &str) -> Result<(), Wrong> {
    match text.chars().any(is_unfit) {
        false => Ok(()),
        true => Err(Wrong::new(
            "controlCharacters",
            Words::new(
                "it holds control characters or line breaks",
                "Steuerzeichen oder Zeilenumbrüche sind enthalten",
            ),
            Words::new("write it on one line", "in eine Zeile schreiben"),
        )),
    }
}

fn length(has: usize, min: usize, max: usize) -> Result<(), Wrong> {
    if (min..=max).contains(&has) {
        return Ok(());
    }
    Err(Wrong::new(
        "length",
        Words::new(format!("it has {has} characters"), format!("es sind {has} Zeichen")),
        Words::new(
            format!("{min} to {max} are allowed"),
            format!("{min} bis {max} sind erlaubt"),
        ),
    ))
}

fn not(text: &str, wanted: &Words) -> Wrong {
    let shown: String = text.chars().take(60).collect();
    let problem = match shown.is_empty() {
        true => Words::new("it is something else", "es ist etwas anderes"),
        false => Words::new(format!("{shown:?} does not fit"), format!("„{shown}“ passt nicht")),
    };
    let advice = Words::new(
        format!("{} is wanted", wanted.en),
        format!("erwartet wird {}", wanted.de),
    );
    Wrong::new("form", problem, advice)
}

fn choice(text: &str, choices: &[Choice], many: bool) -> Result<String, Wrong> {
    let given: Vec<&str> = match many {
        true => text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
        false => vec![text],
    };
    let mut taken: Vec<&str> = Vec::new();
    for item in given {
        let known = choices.iter().find(|choice| choice.value.eq_ignore_ascii_case(item));
        let Some(known) = known else {
            let all: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            return Err(not(
                item,
                &Words::new(
                    format!("one of {}", all.join(", ")),
                    format!("eines von {}", all.join(", ")),
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

fn trigger(text: &str, off: bool, auto: bool) -> Result<String, Wrong> {
    let wanted = Words::new(
        "an interval such as `every 15m`, or a cron expression such as `0 3 * * *`",
        "ein Abstand wie `every 15m` oder ein Cron-Ausdruck wie `0 3 * * *`",
    );
    let word = text.to_ascii_lowercase();
    match word.as_str() {
        "auto" if auto => return Ok(word),
        "off" if off => return Ok(word),
        "auto" | "off" => return Err(not(text, &wanted)),
        _ => (),
    }
    match parse_trigger(text) {
        Ok(_) => Ok(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        Err(error) => Err(Wrong::new("form", Words::same(error.to_string()), wanted)),
    }
}

fn servers(text: &str) -> Result<String, Wrong> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    let mut ids: Vec<&str> = Vec::new();
    for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        if id.parse::<ServerId>().is_err() {
            return Err(not(
                id,
                &Words::new(
                    "`*`, or ids of management servers with commas between",
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
