//! What a new mapping changes against the one before, rule by rule. Pure; what is wrong with a mapping is said by the API.

use serde_json::Value;

/// A rule, as it was and as it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleChange {
    /// What it is about: a field over there, a class of devices, a way to go.
    pub(super) subject: String,
    /// Empty: there was none.
    pub(super) before: String,
    /// Empty: there is none.
    pub(super) after: String,
}

/// Rules by what they are about, in their order.
type Rules = Vec<(String, String)>;

/// Rules that differ, in the order of the mapping before; then those that are new.
pub(super) fn list_rule_changes(before: &Value, after: &Value) -> Vec<RuleChange> {
    let (before, after) = (read_rules(before), read_rules(after));
    let find = |rules: &Rules, subject: &str| {
        let found = rules.iter().find(|(known, _)| known == subject);
        found.map(|(_, rule)| rule.clone()).unwrap_or_default()
    };
    let is_new = |(subject, _): &&(String, String)| !before.iter().any(|(known, _)| known == subject);
    let subjects = before.iter().chain(after.iter().filter(is_new));
    subjects
        .map(|(subject, _)| RuleChange {
            subject: subject.clone(),
            before: find(&before, subject),
            after: find(&after, subject),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// The rule of each field over there, in words of the document itself.
pub(super) fn list_field_rules(mapping: &Value) -> Vec<(String, String)> {
    let rows = list_rows(mapping, "fields");
    rows.map(|row| (text_of(row, "field"), describe_rule(row))).collect()
}

fn read_rules(mapping: &Value) -> Rules {
    let mut rules = list_field_rules(mapping);
    let classes = list_rows(mapping, "classes");
    rules.extend(classes.map(|row| (format!("classes: {}", text_of(row, "class")), text_of(row, "name"))));
    let gone = mapping.get("gone").and_then(Value::as_object);
    let ways = gone.into_iter().flatten();
    rules.extend(ways.map(|(way, action)| (format!("gone: {way}"), plain_text(action))));
    rules
}

fn list_rows<'a>(mapping: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    mapping.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// `deviceName · own`
fn describe_rule(row: &Value) -> String {
    let source = ["from", "expression", "value"].into_iter().find_map(|name| {
        let source = plain_text(row.get(name)?);
        Some(match name {
            "expression" => format!("= {source}"),
            "value" => format!("\"{source}\""),
            _ => source,
        })
    });
    format!("{} · {}", source.unwrap_or_default(), text_of(row, "mode"))
}

fn text_of(row: &Value, name: &str) -> String {
    row.get(name).map(plain_text).unwrap_or_default()
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapping(name_mode: &str, more: Value) -> Value {
        let mut fields = vec![json!({"field": "name", "from": "deviceName", "mode": name_mode})];
        fields.extend(more.as_array().unwrap().clone());
        json!({"fields": fields, "classes": [{"class": "phone", "name": "Phones"}], "gone": {"deleted": "retire"}})
    }

    fn told(before: &Value, after: &Value) -> Vec<(String, String, String)> {
        let changes = list_rule_changes(before, after).into_iter();
        changes
            .map(|change| (change.subject, change.before, change.after))
            .collect()
    }

    #[test]
    fn rules_are_compared_by_what_they_are_about() {
        let before = mapping("own", json!([{"field": "note", "value": "Intune", "mode": "fill"}]));
        assert_eq!(told(&before, &before), []);
        let mut after = mapping(
            "fill",
            json!([{"field": "memory", "expression": "a / 2", "mode": "own"}]),
        );
        after["gone"]["deleted"] = json!("leave");
        after["classes"] = json!([]);
        let row = |subject: &str, before: &str, after: &str| (subject.to_owned(), before.to_owned(), after.to_owned());
        assert_eq!(
            told(&before, &after),
            [
                row("name", "deviceName · own", "deviceName · fill"),
                row("note", "\"Intune\" · fill", ""),
                row("classes: phone", "Phones", ""),
                row("gone: deleted", "retire", "leave"),
                row("memory", "", "= a / 2 · own"),
            ]
        );
    }

    #[test]
    fn the_order_of_rows_changes_nothing() {
        let one =
            json!({"fields": [{"field": "a", "from": "x", "mode": "own"}, {"field": "b", "from": "y", "mode": "own"}]});
        let other =
            json!({"fields": [{"field": "b", "from": "y", "mode": "own"}, {"field": "a", "from": "x", "mode": "own"}]});
        assert_eq!(told(&one, &other), []);
    }

    #[test]
    fn what_is_no_mapping_has_no_rules() {
        for nonsense in [json!(null), json!([]), json!({"fields": 7, "classes": {}, "gone": []})] {
            assert_eq!(told(&nonsense, &nonsense), []);
            assert_eq!(list_field_rules(&nonsense), []);
        }
    }
}
