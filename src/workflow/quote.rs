//! Values within a condition (CEL). A definition that writes `deviceName == ${parameters.name}` gets the value as a value:
//! the engine writes it down as a literal, quoted where it is text. Between quotes (`'${parameters.name}'`) it is escaped
//! for them. Whatever a parameter holds, it is compared and never becomes a part of the condition.
//!
//! A condition that is one value alone (`${parameters.filter}`) is that value: then the whole of it was given.
//!
//! Where a value stands is told by looking at plain quotes only. What makes quotes hard to follow (raw and triple ones,
//! comments, two texts side by side) is refused in a condition that has values in it.

use serde_json::Value;

use super::text_template::{TextPart, TextTemplate, value_text};

/// What a condition comes to with its values, or why it can't be told where they stand.
pub fn fill_condition(
    template: &TextTemplate,
    value: impl Fn(&[String]) -> Option<Value>,
) -> Result<String, &'static str> {
    let mut written = ConditionWriter::default();
    for part in &template.0 {
        match part {
            TextPart::Text(text) => written.push_text(text)?,
            TextPart::Value(path) => written.push_value(&value(path).unwrap_or_default())?,
        }
    }
    Ok(written.output)
}

/// Whether a value stands between quotes, where none are needed.
pub fn has_quoted_values(template: &TextTemplate) -> Result<bool, &'static str> {
    let mut written = ConditionWriter::default();
    let mut quoted = false;
    for part in &template.0 {
        match part {
            TextPart::Text(text) => written.push_text(text)?,
            TextPart::Value(_) => {
                quoted |= written.quote.is_some();
                written.push_value(&Value::from("x"))?;
            }
        }
    }
    Ok(quoted)
}

#[derive(Default)]
struct ConditionWriter {
    output: String,
    /// Within a text: the quote that ends it.
    quote: Option<char>,
    is_escaped: bool,
    /// The last character closed a text.
    has_closed: bool,
}

impl ConditionWriter {
    fn push_text(&mut self, text: &str) -> Result<(), &'static str> {
        for letter in text.chars() {
            match self.quote {
                Some(_) if self.is_escaped => self.is_escaped = false,
                Some(_) if letter == '\\' => self.is_escaped = true,
                Some(end) if letter == end => {
                    self.quote = None;
                    self.has_closed = true;
                    self.output.push(letter);
                    continue;
                }
                Some(_) => (),
                None => self.check_outside_quotes(letter)?,
            }
            self.has_closed = false;
            self.output.push(letter);
        }
        Ok(())
    }

    fn check_outside_quotes(&mut self, letter: char) -> Result<(), &'static str> {
        let before = self.output.chars().next_back();
        match letter {
            '/' if before == Some('/') => Err("a condition with values cannot contain a comment"),
            '"' | '\'' if self.has_closed => Err("a condition with values cannot contain two adjacent texts"),
            '"' | '\'' if before.is_some_and(|before| before.is_alphanumeric()) => {
                Err("a condition with values cannot contain raw text or bytes")
            }
            '"' | '\'' => {
                self.quote = Some(letter);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn push_value(&mut self, value: &Value) -> Result<(), &'static str> {
        match self.quote {
            Some(_) if self.is_escaped => Err("a value cannot follow a backslash"),
            Some(_) => {
                write_escaped(&value_text(value), &mut self.output);
                self.has_closed = false;
                Ok(())
            }
            None if self.has_closed => Err("a value cannot directly follow a text"),
            // In brackets: whatever stands before it, it stays one value.
            None => {
                self.output.push('(');
                write_literal(value, &mut self.output);
                self.output.push(')');
                self.has_closed = false;
                Ok(())
            }
        }
    }
}

fn write_literal(value: &Value, to: &mut String) {
    match value {
        Value::Null => to.push_str("null"),
        Value::Bool(is) => to.push_str(if *is { "true" } else { "false" }),
        Value::Number(number) => to.push_str(&format_number(number)),
        Value::String(text) => write_quoted(text, to),
        Value::Array(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                to.push_str(if at == 0 { "" } else { ", " });
                write_literal(item, to);
            }
            to.push(']');
        }
        Value::Object(members) => {
            to.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                to.push_str(if at == 0 { "" } else { ", " });
                write_quoted(name, to);
                to.push_str(": ");
                write_literal(member, to);
            }
            to.push('}');
        }
    }
}

/// As whole numbers where it is one, else with a point.
fn format_number(number: &serde_json::Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => whole.to_string(),
        (None, Some(other)) => format!("{other:?}"),
        (None, None) => "null".to_owned(),
    }
}

fn write_quoted(text: &str, to: &mut String) {
    to.push('"');
    write_escaped(text, to);
    to.push('"');
}

fn write_escaped(text: &str, to: &mut String) {
    for letter in text.chars() {
        match letter {
            '\\' | '"' | '\'' => to.extend(['\\', letter]),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            control if control.is_control() => to.push_str(&format!("\\u{:04x}", u32::from(control))),
            plain => to.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::condition::JsonCondition;

    fn with(text: &str, value: &Value) -> Result<String, &'static str> {
        fill_condition(&TextTemplate::parse(text).unwrap(), |_| Some(value.clone()))
    }

    /// Whether the condition holds where `it` has this value.
    fn holds(condition: &str, it: &Value) -> bool {
        let expression =
            JsonCondition::compile(condition, &["it"]).unwrap_or_else(|error| panic!("{condition}: {error}"));
        let names = json!({"it": it}).as_object().cloned().unwrap();
        expression
            .evaluate(&names)
            .unwrap_or_else(|error| panic!("{condition}: {error}"))
    }

    #[test]
    fn sec_l12_whatever_a_parameter_holds_it_is_compared_and_never_a_part_of_the_condition() {
        let hostile = [
            "lost",
            "",
            "' || true || '",
            "\" || true || \"",
            "\\",
            "\\' || true //",
            "x' + '",
            "\n' || true",
            "\u{0}\u{7}\u{1b}\u{7f}\u{85}",
            "'''",
            "\"\"\"",
            "${parameters.x}",
            "r'",
            "Grüße \u{202e} 🙂",
        ];
        for text in hostile {
            for form in [
                "it == ${p}",
                "it == '${p}'",
                "it == \"${p}\"",
                "!(it != ${p})",
                "it in [${p}]",
            ] {
                let condition = with(form, &json!(text)).unwrap();
                assert!(holds(&condition, &json!(text)), "{form} with {text:?}: {condition}");
                assert!(
                    !holds(&condition, &json!("another")),
                    "{form} with {text:?}: {condition}"
                );
            }
        }
    }

    #[test]
    fn sec_l12_values_keep_their_types() {
        for value in [
            json!(5),
            json!(-7),
            json!(2.5),
            json!(true),
            json!(["a", "b"]),
            json!({"a": [1, null]}),
        ] {
            let condition = with("it == ${p}", &value).unwrap();
            assert!(holds(&condition, &value), "{condition}");
        }
        assert_eq!(with("it == ${p}", &Value::Null).unwrap(), "it == (null)");
    }

    #[test]
    fn sec_l12_where_it_can_not_be_told_where_a_value_stands_it_is_refused() {
        let hard = [
            "it == r'${p}'",
            "it == '''${p}'''",
            "it == b\"${p}\"",
            "true // it's\n || it == '${p}'",
            "it == \"\"${p}",
            "it == 'a\\${p}'",
            "it == '${p}''",
        ];
        for text in hard {
            assert!(with(text, &json!("x")).is_err(), "{text}");
            assert!(
                has_quoted_values(&TextTemplate::parse(text).unwrap()).is_err(),
                "{text}"
            );
        }
        let quoted = |text: &str| has_quoted_values(&TextTemplate::parse(text).unwrap());
        assert_eq!(quoted("it == '${p}'"), Ok(true));
        assert_eq!(quoted("it == ${p}"), Ok(false));
    }
}
