//! Settings as people and machines may see them: secrets shortened beyond use (E1).

use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::InstanceDraft;
use super::keys::ValueKind;
use super::secret_key::{SecretKey, is_sealed};

/// Below so many characters not even the first three are shown.
const SHOW_FROM_CHARS: usize = 20;
const SHOWN_CHARS: usize = 3;

/// `abc… (40 characters)`; nothing of a short secret, not even its length.
pub fn shorten(secret: &str) -> String {
    let length = secret.chars().count();
    if length < SHOW_FROM_CHARS {
        return "… (set)".to_owned();
    }
    let start: String = secret.chars().take(SHOWN_CHARS).collect();
    format!("{start}… ({length} characters)")
}

impl InstanceDraft {
    /// Flat JSON of what is set, in the form that a change takes; secrets shortened. `key` opens what is sealed, so that
    /// the shortened form can be told; without it, or where it does not fit, only `… (sealed)` is shown.
    pub fn shown(&self, key: Option<&SecretKey>) -> Value {
        let mut object = Map::new();
        for entry in self.values.entries.iter().filter(|entry| !entry.value.is_empty()) {
            let text = match (entry.key.secret, is_sealed(&entry.value)) {
                (false, _) => entry.value.as_str().to_owned(),
                (true, true) => match key.and_then(|key| key.open(&entry.value).ok()) {
                    Some(clear) => describe(entry.key.kind, entry.key.name, clear.expose_secret()),
                    None => "… (sealed)".to_owned(),
                },
                (true, false) => describe(entry.key.kind, entry.key.name, entry.value.as_bytes()),
            };
            object.insert(entry.name.clone(), Value::String(text));
        }
        Value::Object(object)
    }
}

fn describe(kind: ValueKind, name: &str, clear: &[u8]) -> String {
    match std::str::from_utf8(clear) {
        // The password of a proxy or a file is often short and chosen by people, and no roll-over needs telling apart.
        _ if name.ends_with("password") => "… (set)".to_owned(),
        Ok(text) if kind == ValueKind::SecretText && !text.contains("-----BEGIN") => shorten(text),
        _ => format!("… ({} bytes)", clear.len()),
    }
}
