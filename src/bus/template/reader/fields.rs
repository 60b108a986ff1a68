//! `<read_field>`: what is asked.

use super::TemplateReader;
use super::shown_text::shorten_text;
use crate::bus::template::name_rules::{is_choice_value, is_field_name, is_part_name};
use crate::bus::template::{CHOICES_MAX, ChoiceOption, FieldKind, TemplateField, TextFormat};
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

impl TemplateReader {
    pub(super) fn read_field(&mut self, element: &Element) -> Option<TemplateField> {
        let name = self.read_name(element);
        if let Some(name) = &name
            && self.fields.iter().any(|(known, _)| known == name)
        {
            self.report_duplicate(element, "field", name);
        }
        let label = self.read_child_text(element, "label");
        let help = element
            .find_child("help")
            .map(|_| self.read_child_text(element, "help"));
        let when = self.read_condition(element.find_attribute("when"));
        let kind = self.read_field_kind(element);
        let is_required = self.read_flag(element, "required");
        let is_fixed = self.read_flag(element, "fixed");
        let is_sign_in = self.read_flag(element, "sign-in");
        let setting =
            self.read_name_attribute(element, "setting", is_field_name, "use lowercase letters, digits and _");
        let part = self.read_name_attribute(
            element,
            "part",
            is_part_name,
            "use letters and digits, as in the manifest",
        );
        let look = self.read_name_attribute(element, "look", is_field_name, "use lowercase letters, digits and _");
        if let Some(name) = &name {
            // A kind that can't be read may be asked all the same: one mistake, one finding.
            let may = kind.as_ref().is_none_or(|kind| !kind.is_secret());
            self.fields.push((name.clone(), may));
        }
        let default = element.find_attribute("default").map(|default| default.value.clone());
        let field = TemplateField {
            name: name?,
            kind: kind?,
            label: label?,
            help: help.flatten(),
            example: element.find_attribute("example").map(|example| example.value.clone()),
            is_required,
            default,
            when,
            setting,
            part,
            is_fixed,
            is_sign_in,
            check_action: look,
            at: element.at,
        };
        self.default(element, field)
    }

    /// A default is an answer: it must fit, and a secret has none.
    fn default(&mut self, element: &Element, mut field: TemplateField) -> Option<TemplateField> {
        let Some(attribute) = element.find_attribute("default") else {
            return Some(field);
        };
        if field.kind.is_secret() {
            self.findings
                .push(attribute.make_finding("a secret cannot have a default", "remove default"));
            return None;
        }
        match field.read_answer(&attribute.value) {
            Ok(text) => {
                field.default = Some(text).filter(|text| !text.is_empty());
                Some(field)
            }
            Err(wrong) => {
                let problem = format!("invalid default: {}", wrong.problem.en);
                self.findings.push(attribute.make_finding(problem, wrong.advice.en));
                None
            }
        }
    }

    fn read_name_attribute(
        &mut self,
        element: &Element,
        name: &str,
        fits: impl Fn(&str) -> bool,
        advice: &str,
    ) -> Option<String> {
        let attribute = element.find_attribute(name)?;
        if fits(&attribute.value) {
            return Some(attribute.value.clone());
        }
        let problem = format!("{name}={:?} is not a valid name", shorten_text(&attribute.value));
        self.findings.push(attribute.make_finding(problem, advice));
        None
    }

    fn read_field_kind(&mut self, element: &Element) -> Option<FieldKind> {
        let kind = element.require_attribute("type", &mut self.findings)?;
        let mut allow = |own: &[&str], children: &[&str]| {
            let attributes: Vec<&str> = COMMON.iter().chain(own).copied().collect();
            let children: Vec<&str> = ["label", "help"].iter().chain(children).copied().collect();
            element.check_allowed(&attributes, &children, &mut self.findings);
        };
        match kind.value.as_str() {
            "text" => {
                allow(&["form", "min", "max"], &[]);
                let form = self.read_text_format(element);
                let min = self.read_number(element, "min", 0, TEXT_MAX as i64, 1);
                let max = self.read_number(element, "max", 1, TEXT_MAX as i64, 200);
                self.check_min_max(element, min, max);
                Some(FieldKind::Text {
                    form: form?,
                    min: min? as usize,
                    max: max? as usize,
                })
            }
            "number" => {
                allow(&["min", "max"], &[]);
                let min = self.read_number(element, "min", i64::MIN, i64::MAX, 0);
                let max = self.read_number(element, "max", i64::MIN, i64::MAX, i64::from(i32::MAX));
                self.check_min_max(element, min, max);
                Some(FieldKind::Number { min: min?, max: max? })
            }
            "choice" => {
                allow(&["many"], &["choice"]);
                let many = self.read_flag(element, "many");
                let choices = self.read_choices(element);
                Some(FieldKind::Choice { choices, many })
            }
            "secret" => {
                allow(&["max"], &[]);
                let max = self.read_number(element, "max", 1, SECRET_MAX as i64, 4_096)?;
                Some(FieldKind::Secret { max: max as usize })
            }
            "file" => {
                allow(&["max", "text", "certificates"], &[]);
                let text = self.read_flag(element, "text");
                let certificates = self.read_flag(element, "certificates");
                let max = self.read_number(element, "max", 1, FILE_MAX as i64, 128 * 1024)?;
                Some(FieldKind::File {
                    max_bytes: max as usize,
                    text,
                    certificates,
                })
            }
            "trigger" => {
                allow(&["off", "auto", "zone"], &[]);
                let zone = element.find_attribute("zone").map(|zone| zone.value.clone());
                Some(FieldKind::Trigger {
                    off: self.read_flag(element, "off"),
                    auto: self.read_flag(element, "auto"),
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
            "registration" => {
                allow(&[], &[]);
                Some(FieldKind::Registration)
            }
            other => {
                let problem = format!("unknown field type {:?}", shorten_text(other));
                let advice = format!("known: {}", FieldKind::NAMES.join(", "));
                self.findings.push(kind.make_finding(problem, advice));
                None
            }
        }
    }

    fn read_text_format(&mut self, element: &Element) -> Option<TextFormat> {
        let Some(attribute) = element.find_attribute("form") else {
            return Some(TextFormat::Line);
        };
        let known = TextFormat::ALL.iter().find(|(name, _)| *name == attribute.value);
        if known.is_none() {
            let names: Vec<&str> = TextFormat::ALL.iter().map(|(name, _)| *name).collect();
            let problem = format!("unknown form {:?}", shorten_text(&attribute.value));
            let advice = match attribute.value.as_str() {
                // Over the network an answer would name a file of the bus's machine.
                "path" => "a path cannot be asked for: use type=\"file\" to get the content".to_owned(),
                _ => format!("known: {}", names.join(", ")),
            };
            self.findings.push(attribute.make_finding(problem, advice));
        }
        known.map(|(_, form)| *form)
    }

    fn read_number(&mut self, element: &Element, name: &str, least: i64, most: i64, without: i64) -> Option<i64> {
        let Some(attribute) = element.find_attribute(name) else {
            return Some(without);
        };
        let number = attribute.value.parse::<i64>().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let problem = format!("{name}={:?} is not a valid number", shorten_text(&attribute.value));
            self.findings
                .push(attribute.make_finding(problem, format!("write a whole number from {least} to {most}")));
        }
        number
    }

    fn check_min_max(&mut self, element: &Element, min: Option<i64>, max: Option<i64>) {
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            self.findings
                .push(element.make_finding(format!("min {min} is greater than max {max}"), "swap them"));
        }
    }

    fn read_choices(&mut self, element: &Element) -> Vec<ChoiceOption> {
        let mut choices: Vec<ChoiceOption> = Vec::new();
        for (at, child) in element.children_named("choice").enumerate() {
            if at == CHOICES_MAX {
                self.findings
                    .push(child.make_finding(format!("more than {CHOICES_MAX} choices"), "offer fewer"));
                break;
            }
            if let Some(choice) = self.read_choice(child) {
                if choices
                    .iter()
                    .any(|known| known.value.eq_ignore_ascii_case(&choice.value))
                {
                    self.report_duplicate(child, "choice", &choice.value);
                }
                choices.push(choice);
            }
        }
        if element.find_child("choice").is_none() {
            self.findings
                .push(element.make_finding("the field has no choices", "add <choice value=\"…\">"));
        }
        choices
    }

    fn read_choice(&mut self, element: &Element) -> Option<ChoiceOption> {
        element.check_allowed(&["value"], &["label", "set"], &mut self.findings);
        let value = element.require_attribute("value", &mut self.findings);
        if let Some(value) = value
            && !is_choice_value(&value.value)
        {
            let problem = format!("{:?} is not a valid value", shorten_text(&value.value));
            self.findings
                .push(value.make_finding(problem, "use at most 60 letters, digits, _, -, . and *"));
        }
        let label = self.read_child_text(element, "label");
        let mut sets = Vec::new();
        for set in element.children_named("set") {
            set.check_allowed(&["setting", "value"], &[], &mut self.findings);
            let setting =
                self.read_name_attribute(set, "setting", is_field_name, "use lowercase letters, digits and _");
            set.require_attribute("setting", &mut self.findings);
            let value = set.require_attribute("value", &mut self.findings);
            if let (Some(setting), Some(value)) = (setting, value) {
                sets.push((setting, value.value.clone()));
            }
        }
        Some(ChoiceOption {
            value: value?.value.clone(),
            label: label?,
            sets,
        })
    }
}
