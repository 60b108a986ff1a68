//! GLPI's own inventory schema, in closed form: what is not named in it is refused, as are wrong types and patterns. So much of
//! JSON Schema as that document uses.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../fixtures/glpi/inventory.schema.json")).unwrap());

/// Everything that does not fit, each with its place.
pub fn list_violations(inventory: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(&SCHEMA, inventory, "", &mut found);
    found
}

fn check(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap();
        return check(&SCHEMA["definitions"][name], value, place, found);
    }
    for choice in ["oneOf", "anyOf"] {
        let Some(schemas) = schema[choice].as_array() else {
            continue;
        };
        let fits = |form: &&Value| {
            let mut wrong = Vec::new();
            check(form, value, place, &mut wrong);
            wrong.is_empty()
        };
        let count = schemas.iter().filter(fits).count();
        if count == 0 || (choice == "oneOf" && count > 1) {
            found.push(format!("{place}: fits {count} of its forms"));
        }
    }
    if let Some(kind) = schema["type"].as_str()
        && !is_of_type(kind, value)
    {
        found.push(format!("{place}: is no {kind}"));
        return;
    }
    check_bounds(schema, value, place, found);
    check_parts(schema, value, place, found);
}

fn is_of_type(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => panic!("the schema has the type {other}"),
    }
}

fn check_bounds(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str())
        && !Regex::new(pattern).unwrap().is_match(text)
    {
        found.push(format!("{place}: does not match {pattern}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{place}: is none of its words"));
    }
    let number = value.as_f64();
    let is_below = schema["minimum"]
        .as_f64()
        .zip(number)
        .is_some_and(|(least, number)| number < least);
    let is_above = schema["maximum"]
        .as_f64()
        .zip(number)
        .is_some_and(|(most, number)| number > most);
    if is_below || is_above {
        found.push(format!("{place}: is out of its bounds"));
    }
}

fn check_parts(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (at, item) in list.iter().enumerate() {
            check(items, item, &format!("{place}/{at}"), found);
        }
    }
    let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) else {
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            found.push(format!("{place}: lacks {name}"));
        }
    }
    for (name, part) in object {
        match properties.get(name) {
            Some(schema) => check(schema, part, &format!("{place}/{name}"), found),
            None => found.push(format!("{place}/{name}: is not in the schema")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_keys_and_wrong_types_are_refused() {
        let good = json!({"deviceid": "a", "itemtype": "Computer", "content": {"versionclient": "x",
            "networks": [{"description": "eth0", "type": "wifi", "mac": "00:00:00:00:00:01"}],
            "modems": [{"imei": "35"}], "hardware": {"memory": 5}}});
        assert_eq!(list_violations(&good), [""; 0]);
        for (path, wrong) in [
            ("/content/hardware", json!({"memory": "5"})),
            ("/content/hardware", json!({"memory_mb": 5})),
            ("/content/networks/0", json!({"type": "wifi"})),
            ("/content/networks/0", json!({"description": "eth0", "type": "wlan"})),
            ("/content", json!({"hardware": {}})),
            ("/itemtype", json!("Toaster")),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(path).unwrap() = wrong.clone();
            assert_ne!(list_violations(&bad), [""; 0], "{path} {wrong}");
        }
    }
}
