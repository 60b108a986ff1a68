//! Settings as people and machines may see them: secrets shortened beyond use (E1).

use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::InstanceDraft;
use super::keys::ValueKind;
use super::secret_key::{InstanceSeal, is_sealed};

/// Below so many characters not even the first three are shown.
const SHOW_FROM_CHARS: usize = 20;
const SHOWN_CHARS: usize = 3;
/// All that is told of most secrets.
const SET: &str = "… (set)";

/// `abc… (40 characters)`; nothing of a short secret, not even its length.
fn shorten_secret(secret: &str) -> String {
    let length = secret.chars().count();
    if length < SHOW_FROM_CHARS {
        return SET.to_owned();
    }
    let start: String = secret.chars().take(SHOWN_CHARS).collect();
    format!("{start}… ({length} characters)")
}

impl InstanceDraft {
    /// Flat JSON of what is set, in the form that a change takes. Of a secret only that it is set; with the instance's
    /// `seal`, for whoever may give it anew, its shortened form, so that two of them can be told apart.
    pub fn to_redacted_json(&self, seal: Option<InstanceSeal<'_>>) -> Value {
        let mut object = Map::new();
        for entry in self.values.entries.iter().filter(|entry| !entry.value.is_empty()) {
            let text = match (entry.key.is_secret(), seal) {
                (false, _) => entry.value.as_str().to_owned(),
                (true, None) => SET.to_owned(),
                (true, Some(seal)) if is_sealed(&entry.value) => match seal.open_sealed(&entry.name, &entry.value) {
                    Ok(plaintext) => redact_secret(entry.key.kind, entry.key.name, plaintext.expose_secret()),
                    Err(_) => SET.to_owned(),
                },
                (true, Some(_)) => redact_secret(entry.key.kind, entry.key.name, entry.value.as_bytes()),
            };
            object.insert(entry.name.clone(), Value::String(text));
        }
        Value::Object(object)
    }
}

fn redact_secret(kind: ValueKind, name: &str, plaintext: &[u8]) -> String {
    match std::str::from_utf8(plaintext) {
        // The password of a proxy or a file is often short and chosen by people, and no roll-over needs telling apart.
        _ if name.ends_with("password") => SET.to_owned(),
        Ok(text) if kind == ValueKind::SecretText && !text.contains("-----BEGIN") => shorten_secret(text),
        _ => format!("… ({} bytes)", plaintext.len()),
    }
}
