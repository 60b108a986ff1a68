//! Devices as JSON text. The list and a single GET render the same device differently, and a client that takes the
//! difference for a change would report the whole fleet as changed after every look at a single device.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::property::{Blank, Property, V1, Val, View};
use super::property_beta::BETA;
use super::{Version, evolvable, hardware};
use crate::world::{Device, Entry, Ticks, User};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    List,
    Get,
}

/// What an answer shows of each device.
pub struct Shape {
    style: Style,
    properties: Vec<&'static Property>,
    /// `$select` was given.
    selected: bool,
    /// Members of enums that are newer than the schema are not shown.
    hides_new: bool,
    digest: u64,
}

/// `$select` names a property that the type does not have.
#[derive(Debug, PartialEq, Eq)]
pub struct NoSuchProperty(pub String);

impl Shape {
    /// `show_state`: whether a v1.0 list without `$select` shows `managementState`; captures say no, the schema yes.
    pub fn new(
        style: Style,
        version: Version,
        select: Option<&str>,
        show_state: bool,
    ) -> Result<Shape, NoSuchProperty> {
        let beta: &[Property] = if version == Version::Beta { BETA } else { &[] };
        let all = V1.iter().chain(beta);
        let mut hasher = DefaultHasher::new();
        (style, version, select, show_state).hash(&mut hasher);
        let properties = match select {
            None => {
                let hide = style == Style::List && version == Version::V1 && !show_state;
                all.filter(|property| !(hide && property.rule.omitted)).collect()
            }
            Some(select) => chosen(select, all)?,
        };
        Ok(Shape {
            style,
            properties,
            selected: select.is_some(),
            hides_new: false,
            digest: hasher.finish(),
        })
    }

    /// Shows [`evolvable::HIDDEN`] in place of members that are newer than the schema.
    pub fn hiding_new(self, hides_new: bool) -> Shape {
        Shape {
            hides_new,
            digest: self.digest.wrapping_add(u64::from(hides_new)),
            ..self
        }
    }

    /// The names in the answer's `@odata.context`, where some were chosen.
    pub fn context(&self) -> String {
        if !self.selected {
            return String::new();
        }
        let names: Vec<&str> = self.properties.iter().map(|property| property.name).collect();
        format!("({})", names.join(","))
    }

    /// The device's object, from the entry's own copy where that has the same shape.
    pub fn write_entry(&self, entry: &Entry, user: Option<&User>, out: &mut String) {
        let render = || {
            let mut text = String::with_capacity(2400);
            self.write(
                View {
                    device: &entry.device,
                    user,
                },
                &mut text,
            );
            (self.digest, text.into_boxed_str())
        };
        let (digest, text) = entry.rendered.get_or_init(render);
        if *digest == self.digest {
            out.push_str(text);
        } else {
            self.write(
                View {
                    device: &entry.device,
                    user,
                },
                out,
            );
        }
    }

    pub fn write(&self, view: View<'_>, out: &mut String) {
        out.push('{');
        self.write_members(view, out);
        out.push('}');
    }

    /// The members without the braces, for an answer that has members of its own before them.
    pub fn write_members(&self, view: View<'_>, out: &mut String) {
        let start = out.len();
        for property in &self.properties {
            if left_out(view.device, property.name) {
                continue;
            }
            write_name(property.name, start, out);
            self.write_value(property, view, out);
        }
        if !self.selected {
            write_unknown(view.device, start, out);
        }
    }

    fn write_value(&self, property: &Property, view: View<'_>, out: &mut String) {
        let rule = property.rule;
        let (seen, blank) = match self.style {
            Style::List => (rule.in_list, rule.list_blank),
            Style::Get => (!rule.only_selected || self.selected, rule.get_blank),
        };
        let value = if seen { value_of(property, view) } else { Val::Null };
        match value {
            Val::Null => write_blank(blank, out),
            Val::Text(text) if text.is_empty() && rule.list_blank != rule.get_blank => write_blank(blank, out),
            Val::Text(text) if self.hides_new && evolvable::is_new(property.name, &text) => {
                push_json(evolvable::HIDDEN, out);
            }
            Val::Text(text) => push_json(&text, out),
            Val::Flag(flag) => out.push_str(if flag { "true" } else { "false" }),
            Val::Number(number) => out.push_str(&number.to_string()),
            Val::Moment(at) => self.write_moment(at, out),
            Val::Set(value) => out.push_str(&value.to_string()),
            Val::Made(value) => out.push_str(&value.to_string()),
        }
    }

    fn write_moment(&self, at: Ticks, out: &mut String) {
        out.push('"');
        match self.style {
            Style::List => at.write_seconds(out),
            Style::Get => at.write_full(out),
        }
        out.push('"');
    }
}

fn chosen(
    select: &str,
    all: impl Iterator<Item = &'static Property> + Clone,
) -> Result<Vec<&'static Property>, NoSuchProperty> {
    let mut properties: Vec<&'static Property> = Vec::new();
    for name in select.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let found = all.clone().find(|property| property.name.eq_ignore_ascii_case(name));
        let property = found.ok_or_else(|| NoSuchProperty(name.to_owned()))?;
        if !properties.iter().any(|known| known.name == property.name) {
            properties.push(property);
        }
    }
    Ok(properties)
}

/// What the device says of the property, a value set by a test before its own.
pub(super) fn value_of<'a>(property: &Property, view: View<'a>) -> Val<'a> {
    let Some(value) = view.device.set.as_ref().and_then(|set| set.get(property.name)) else {
        return (property.get)(view);
    };
    match (value, (property.get)(view)) {
        (Value::Null, _) => Val::Null,
        (Value::String(text), Val::Moment(_)) => Ticks::parse(text).map_or(Val::Set(value), Val::Moment),
        (Value::String(text), _) => Val::Text(text.as_str().into()),
        _ => Val::Set(value),
    }
}

fn left_out(device: &Device, name: &str) -> bool {
    device
        .left_out
        .as_ref()
        .is_some_and(|names| names.iter().any(|left_out| left_out == name))
}

fn write_unknown(device: &Device, start: usize, out: &mut String) {
    let Some(set) = &device.set else { return };
    for (name, value) in set.iter() {
        let known = V1.iter().chain(BETA).any(|property| property.name == name);
        if !known {
            write_name(name, start, out);
            out.push_str(&value.to_string());
        }
    }
}

fn write_name(name: &str, start: usize, out: &mut String) {
    if out.len() > start {
        out.push(',');
    }
    push_json(name, out);
    out.push(':');
}

fn write_blank(blank: Blank, out: &mut String) {
    match blank {
        Blank::Null => out.push_str("null"),
        Blank::Text(text) => push_json(text, out),
        Blank::Zero => out.push('0'),
        Blank::False => out.push_str("false"),
        Blank::List => out.push_str("[]"),
        Blank::Hardware => out.push_str(&hardware::blank().to_string()),
    }
}

/// Text as a JSON string; most needs no escaping.
pub(super) fn push_json(text: &str, out: &mut String) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.push_str(&Value::String(text.to_owned()).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}
