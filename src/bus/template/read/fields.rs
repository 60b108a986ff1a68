//! `<field>`: what is asked.

use super::{Reading, shorten};
use crate::bus::template::names::{is_name, is_part, is_value};
use crate::bus::template::{CHOICES_MAX, Choice, Field, FieldKind, Form};
use crate::xml::Element;

/// Attributes that every field may have.
const COMMON: [&str; 11] = [
    "name", "type", "required", "default", "example", "when", "setting", "part", "fixed", "sign-in", "look",
];

/// Longest secret, bytes.
const SECRET_MAX: usize = 16 * 1024;
/// Largest file, bytes.
const FILE_MAX: usize = 256 * 1024;
/// Longest line of text, characters.
const TEXT_MAX: usize = 4_000;

impl Reading {
    pub(super) fn field(&mut self, element: &Element) -> Option<Field> {
        let name = self.name(element);
        if let Some(name) = &name
            && self.fields.iter().any(|(known, _)| known == name)
        {
            self.twice(element, "field", name);
        }
        let label = self.words_in(element, "label");
        let help = element.child("help").map(|_| self.words_in(element, "help"));
        let when = self.when(element.attribute("when"));
        let kind = self.field_kind(element);
        let is_required = self.flag(element, "required");
        let is_fixed = self.flag(element, "fixed");
        let is_sign_in = self.flag(element, "sign-in");
        let setting = self.named(element, "setting", is_name, "use small letters, digits and _");
        let part = self.named(element, "part", is_part, "use letters and digits, as in the manifest");
        let look = self.named(element, "look", is_name, "use small letters, digits and _");
        if let Some(name) = &name {
            // A kind that can't be read may be asked all the same: one mistake, one finding.
            let may = kind.as_ref().is_none_or(|kind| !kind.is_secret());
            self.fields.push((name.clone(), may));
        }
        let default = element.attribute("default").map(|default| default.value.clone());
        let field = Field {
            name: name?,
            kind: kind?,
            label: label?,
            help: help.flatten(),
            example: element.attribute("example").map(|example| example.value.clone()),
            is_required,
            default,
            when,
            setting,
            part,
            is_fixed,
            is_sign_in,
            look,
            at: element.at,
        };
        self.default(element, field)
    }

    /// A default is an answer: it must fit, and a secret has none.
    fn default(&mut self, element: &Element, mut field: Field) -> Option<Field> {
        let Some(attribute) = element.attribute("default") else {
            return Some(field);
        };
        if field.kind.is_secret() {
            self.findings
                .push(attribute.finding("a secret has no default", "take default away"));
            return None;
        }
        match field.read(&attribute.value) {
            Ok(text) => {
                field.default = Some(text).filter(|text| !text.is_empty());
                Some(field)
            }
            Err(wrong) => {
                let problem = format!("the default does not fit: {}", wrong.problem.en);
                self.findings.push(attribute.finding(problem, wrong.advice.en));
                None
            }
        }
    }

    fn named(&mut self, element: &Element, name: &str, fits: impl Fn(&str) -> bool, advice: &str) -> Option<String> {
        let attribute = element.attribute(name)?;
        if fits(&attribute.value) {
            return Some(attribute.value.clone());
        }
        let problem = format!("{name}={:?} is no name", shorten(&attribute.value));
        self.findings.push(attribute.finding(problem, advice));
        None
    }

    fn field_kind(&mut self, element: &Element) -> Option<FieldKind> {
        let kind = element.required("type", &mut self.findings)?;
        let mut allow = |own: &[&str], children: &[&str]| {
            let attributes: Vec<&str> = COMMON.iter().chain(own).copied().collect();
            let children: Vec<&str> = ["label", "help"].iter().chain(children).copied().collect();
            element.allow(&attributes, &children, &mut self.findings);
        };
        match kind.value.as_str() {
            "text" => {
                allow(&["form", "min", "max"], &[]);
                let form = self.form(element);
                let min = self.number(element, "min", 0, TEXT_MAX as i64, 1);
                let max = self.number(element, "max", 1, TEXT_MAX as i64, 200);
                self.ordered(element, min, max);
                Some(FieldKind::Text {
                    form: form?,
                    min: min? as usize,
                    max: max? as usize,
                })
            }
            "number" => {
                allow(&["min", "max"], &[]);
                let min = self.number(element, "min", i64::MIN, i64::MAX, 0);
                let max = self.number(element, "max", i64::MIN, i64::MAX, i64::from(i32::MAX));
                self.ordered(element, min, max);
                Some(FieldKind::Number { min: min?, max: max? })
            }
            "choice" => {
                allow(&["many"], &["choice"]);
                let many = self.flag(element, "many");
                let choices = self.choices(element);
                Some(FieldKind::Choice { choices, many })
            }
            "secret" => {
                allow(&["max"], &[]);
                let max = self.number(element, "max", 1, SECRET_MAX as i64, 4_096)?;
                Some(FieldKind::Secret { max: max as usize })
            }
            "file" => {
                allow(&["max", "text"], &[]);
                let text = self.flag(element, "text");
                let max = self.number(element, "max", 1, FILE_MAX as i64, 128 * 1024)?;
                Some(FieldKind::File {
                    max_bytes: max as usize,
                    text,
                })
            }
            "trigger" => {
                allow(&["off", "auto", "zone"], &[]);
                let zone = element.attribute("zone").map(|zone| zone.value.clone());
                Some(FieldKind::Trigger {
                    off: self.flag(element, "off"),
                    auto: self.flag(element, "auto"),
                    zone,
                })
            }
            "servers" => {
                allow(&[], &[]);
                Some(FieldKind::Servers)
            }
            "checkbox" => {
                allow(&[], &[]);
                Some(FieldKind::Checkbox)
            }
            other => {
                let problem = format!("there is no type of field {:?}", shorten(other));
                let advice = format!("known: {}", FieldKind::NAMES.join(", "));
                self.findings.push(kind.finding(problem, advice));
                None
            }
        }
    }

    fn form(&mut self, element: &Element) -> Option<Form> {
        let Some(attribute) = element.attribute("form") else {
            return Some(Form::Line);
        };
        let known = Form::ALL.iter().find(|(name, _)| *name == attribute.value);
        if known.is_none() {
            let names: Vec<&str> = Form::ALL.iter().map(|(name, _)| *name).collect();
            let problem = format!("there is no form {:?}", shorten(&attribute.value));
            let advice = match attribute.value.as_str() {
                // Over the network an answer would name a file of the bus's machine.
                "path" => "a path is not asked for: take type=\"file\", and the content comes".to_owned(),
                _ => format!("known: {}", names.join(", ")),
            };
            self.findings.push(attribute.finding(problem, advice));
        }
        known.map(|(_, form)| *form)
    }

    fn number(&mut self, element: &Element, name: &str, least: i64, most: i64, without: i64) -> Option<i64> {
        let Some(attribute) = element.attribute(name) else {
            return Some(without);
        };
        let number = attribute.value.parse::<i64>().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let problem = format!("{name}={:?} is no number that fits", shorten(&attribute.value));
            self.findings
                .push(attribute.finding(problem, format!("write a whole number from {least} to {most}")));
        }
        number
    }

    fn ordered(&mut self, element: &Element, min: Option<i64>, max: Option<i64>) {
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            self.findings
                .push(element.finding(format!("min {min} is more than max {max}"), "turn them round"));
        }
    }

    fn choices(&mut self, element: &Element) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        for (at, child) in element.all("choice").enumerate() {
            if at == CHOICES_MAX {
                self.findings
                    .push(child.finding(format!("more than {CHOICES_MAX} choices"), "offer fewer"));
                break;
            }
            if let Some(choice) = self.choice(child) {
                if choices
                    .iter()
                    .any(|known| known.value.eq_ignore_ascii_case(&choice.value))
                {
                    self.twice(child, "choice", &choice.value);
                }
                choices.push(choice);
            }
        }
        if element.child("choice").is_none() {
            self.findings
                .push(element.finding("there is nothing to choose from", "add <choice value=\"…\">"));
        }
        choices
    }

    fn choice(&mut self, element: &Element) -> Option<Choice> {
        element.allow(&["value"], &["label", "set"], &mut self.findings);
        let value = element.required("value", &mut self.findings);
        if let Some(value) = value
            && !is_value(&value.value)
        {
            let problem = format!("{:?} can't be a value", shorten(&value.value));
            self.findings
                .push(value.finding(problem, "use letters, digits, _, -, ., *; 60 at most"));
        }
        let label = self.words_in(element, "label");
        let mut sets = Vec::new();
        for set in element.all("set") {
            set.allow(&["setting", "value"], &[], &mut self.findings);
            let setting = self.named(set, "setting", is_name, "use small letters, digits and _");
            set.required("setting", &mut self.findings);
            let value = set.required("value", &mut self.findings);
            if let (Some(setting), Some(value)) = (setting, value) {
                sets.push((setting, value.value.clone()));
            }
        }
        Some(Choice {
            value: value?.value.clone(),
            label: label?,
            sets,
        })
    }
}
