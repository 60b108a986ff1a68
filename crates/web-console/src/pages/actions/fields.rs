//! The fields of a form, made from the schema of an action's parameters, and the values that are typed into them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sics_client::contract::ActionParametersSchema;

/// From how many characters on a text gets a field of several lines.
const LINES_FROM: u64 = 256;

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldControl {
    Flag,
    Number {
        min: Option<i64>,
        max: Option<i64>,
    },
    Choice(Vec<String>),
    /// Digits only.
    Code,
    Line {
        max: Option<u64>,
    },
    Lines {
        max: Option<u64>,
    },
}

/// A parameter of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParameterField {
    pub(super) name: String,
    pub(super) control: FieldControl,
    pub(super) required: bool,
    /// Never shown again, and in no address.
    pub(super) secret: bool,
    /// Empty text is a value too.
    may_be_empty: bool,
    /// As the API says it.
    pub(super) help: String,
}

/// Why what was typed into a field is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldFault {
    Missing,
    NotNumber,
    NotOffered,
}

impl FieldFault {
    pub(super) fn text_key(self) -> &'static str {
        match self {
            FieldFault::Missing => "actions-field-missing",
            FieldFault::NotNumber => "actions-field-not-number",
            FieldFault::NotOffered => "actions-field-not-offered",
        }
    }
}

/// In the order of the schema.
pub(super) fn list_fields(schema: &ActionParametersSchema) -> Vec<ParameterField> {
    let properties = schema.properties.iter();
    properties
        .map(|(name, property)| ParameterField {
            name: name.clone(),
            control: choose_control(property),
            required: schema.required.contains(name),
            secret: property["writeOnly"] == true,
            may_be_empty: property["type"] == "string" && property["minLength"] == 0,
            help: property["description"].as_str().unwrap_or_default().to_owned(),
        })
        .collect()
}

fn choose_control(property: &Value) -> FieldControl {
    let max = property["maxLength"].as_u64();
    match property["type"].as_str() {
        Some("boolean") => FieldControl::Flag,
        Some("integer") => FieldControl::Number {
            min: property["minimum"].as_i64(),
            max: property["maximum"].as_i64(),
        },
        _ if property["enum"].is_array() => {
            let words = property["enum"].as_array().into_iter().flatten();
            FieldControl::Choice(words.filter_map(|word| word.as_str().map(str::to_owned)).collect())
        }
        _ if is_digits(&property["pattern"]) => FieldControl::Code,
        _ if max.is_some_and(|max| max >= LINES_FROM) => FieldControl::Lines { max },
        _ => FieldControl::Line { max },
    }
}

fn is_digits(pattern: &Value) -> bool {
    pattern.as_str().is_some_and(|pattern| pattern.starts_with("^[0-9]"))
}

impl ParameterField {
    /// The value of what was typed; `None`: the parameter is left out.
    fn read_value(&self, typed: Option<&str>) -> Result<Option<Value>, FieldFault> {
        let typed = typed.unwrap_or_default();
        let text = match self.control {
            FieldControl::Lines { .. } => typed.replace("\r\n", "\n"),
            _ => typed.trim().to_owned(),
        };
        if text.is_empty() {
            return if self.required {
                Err(FieldFault::Missing)
            } else {
                Ok(None)
            };
        }
        let value = match &self.control {
            FieldControl::Flag => text.parse::<bool>().map_err(|_| FieldFault::NotOffered)?.into(),
            FieldControl::Number { .. } => text.parse::<i64>().map_err(|_| FieldFault::NotNumber)?.into(),
            FieldControl::Choice(words) if !words.contains(&text) => return Err(FieldFault::NotOffered),
            _ => Value::from(text),
        };
        Ok(Some(value))
    }

    /// Whether an empty field is a value of its own: it was shown, and may be empty.
    fn is_emptied(&self, typed: Option<&str>) -> bool {
        self.required && self.may_be_empty && typed == Some("")
    }
}

/// Values by name, and what is wrong with the others. `typed`: by name, where the field was in the form.
pub(super) fn read_values(
    fields: &[ParameterField],
    typed: &BTreeMap<String, String>,
) -> (Map<String, Value>, BTreeMap<String, FieldFault>) {
    let (mut values, mut faults) = (Map::new(), BTreeMap::new());
    for field in fields {
        let given = typed.get(&field.name).map(String::as_str);
        match field.read_value(given) {
            Ok(Some(value)) => {
                values.insert(field.name.clone(), value);
            }
            Ok(None) => (),
            Err(_) if field.is_emptied(given) => {
                values.insert(field.name.clone(), Value::from(""));
            }
            Err(fault) => {
                faults.insert(field.name.clone(), fault);
            }
        }
    }
    (values, faults)
}

/// The parameter that a refusal of the API is about: it names it.
pub(super) fn find_named_parameter<'a>(sentence: &str, fields: &'a [ParameterField]) -> Option<&'a str> {
    let mut words = sentence.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_name = |word: &str| fields.iter().find(|field| field.name == word);
    words.find_map(is_name).map(|field| field.name.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> Vec<ParameterField> {
        let schema: ActionParametersSchema = serde_json::from_value(json!({
            "type": "object", "additionalProperties": false, "required": ["notes", "owner"],
            "properties": {
                "keepUserData": { "type": "boolean", "description": "kept" },
                "minutes": { "type": "integer", "minimum": 1, "maximum": 5 },
                "owner": { "type": "string", "enum": ["company", "personal"] },
                "macOsUnlockCode": { "type": "string", "pattern": "^[0-9]{6}$", "writeOnly": true },
                "notes": { "type": "string", "minLength": 0, "maxLength": 1024 },
                "title": { "type": "string", "minLength": 1, "maxLength": 50 },
                "id": { "type": "string", "format": "uuid" },
            }
        }))
        .unwrap();
        list_fields(&schema)
    }

    #[test]
    fn each_parameter_gets_the_field_of_its_type() {
        let fields = fields();
        let field = |name: &str| fields.iter().find(|field| field.name == name).unwrap();
        assert_eq!(field("keepUserData").control, FieldControl::Flag);
        let number = FieldControl::Number {
            min: Some(1),
            max: Some(5),
        };
        assert_eq!(field("minutes").control, number);
        let words = vec!["company".to_owned(), "personal".to_owned()];
        assert_eq!(field("owner").control, FieldControl::Choice(words));
        assert_eq!(field("notes").control, FieldControl::Lines { max: Some(1024) });
        assert_eq!(field("title").control, FieldControl::Line { max: Some(50) });
        assert_eq!(field("id").control, FieldControl::Line { max: None });
        let code = field("macOsUnlockCode");
        assert_eq!(
            (&code.control, code.secret, code.required),
            (&FieldControl::Code, true, false)
        );
        assert!(field("owner").required && !field("owner").secret);
        assert_eq!(field("keepUserData").help, "kept");
    }

    fn read(typed: &[(&str, &str)]) -> (Map<String, Value>, BTreeMap<String, FieldFault>) {
        let typed = typed
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        read_values(&fields(), &typed.collect())
    }

    #[test]
    fn what_is_typed_gets_the_type_of_the_schema() {
        let (values, faults) = read(&[
            ("keepUserData", "true"),
            ("minutes", " 5 "),
            ("owner", "company"),
            ("macOsUnlockCode", "012345"),
            ("notes", "one\r\ntwo"),
            ("title", ""),
        ]);
        assert_eq!(faults, BTreeMap::new());
        let expected = json!({
            "keepUserData": true, "minutes": 5, "owner": "company", "macOsUnlockCode": "012345", "notes": "one\ntwo"
        });
        assert_eq!(Value::from(values), expected);
    }

    #[test]
    fn what_is_no_value_is_told_at_its_field() {
        let (values, faults) = read(&[("minutes", "many"), ("owner", "nobody"), ("keepUserData", "perhaps")]);
        assert!(values.is_empty(), "{values:?}");
        let expected = [
            ("keepUserData", FieldFault::NotOffered),
            ("minutes", FieldFault::NotNumber),
            ("notes", FieldFault::Missing),
            ("owner", FieldFault::NotOffered),
        ];
        assert_eq!(faults, expected.map(|(name, fault)| (name.to_owned(), fault)).into());
    }

    #[test]
    fn an_emptied_field_is_a_value_only_where_the_schema_says_so() {
        let (values, faults) = read(&[("notes", ""), ("owner", "")]);
        assert_eq!(values.get("notes"), Some(&Value::from("")));
        assert_eq!(faults.get("owner"), Some(&FieldFault::Missing));
    }

    #[test]
    fn a_refusal_names_its_parameter() {
        let fields = fields();
        for (sentence, name) in [
            (
                "wipe: the parameter keepUserData must be true or false",
                Some("keepUserData"),
            ),
            ("editNotes needs the parameter notes: the new notes", Some("notes")),
            ("the kill switch has been on since yesterday", None),
        ] {
            assert_eq!(find_named_parameter(sentence, &fields), name, "{sentence}");
        }
    }
}
