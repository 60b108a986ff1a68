//! What makes two requests the same.

use serde_json::Value;

/// What makes two requests the same: everything but the id, and whether it was only tried.
pub fn content_digest(raw: &Value) -> [u8; 32] {
    let mut content = raw.clone();
    if let Some(map) = content.as_object_mut() {
        map.remove("id");
        map.remove("dryRun");
    }
    openssl::sha::sha256(canonical_json(&content).as_bytes())
}

/// The same text for the same JSON, whatever the order of keys.
fn canonical_json(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort_unstable();
            let pairs = keys
                .iter()
                .map(|key| format!("{}:{}", Value::from(key.as_str()), canonical_json(&map[*key])));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical_json).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
