//! What a change does to others, shown before it is confirmed (F7, A10). Whoever confirms repeats what was shown with it:
//! the number of devices, and a digest of what is changed, from what, to what. A number alone confirms nothing: as many
//! devices may be others by now.

use std::fmt;

use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::counted::{choose_form, format_count};
use super::schemas::{named_schema, text_schema};

/// Characters of the digest, hex.
const DIGEST: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmableEffect {
    /// A sentence without its end.
    pub description: String,
    /// Devices concerned.
    pub count: u64,
    confirm: String,
}

impl ConfirmableEffect {
    /// `content`: all that the sentence leaves out.
    pub fn from_content(what: impl Into<String>, count: u64, content: &impl Serialize) -> ConfirmableEffect {
        let what = what.into();
        let shown = json!({"what": what, "count": count, "content": content}).to_string();
        let digest = hex::encode(sha256(shown.as_bytes()));
        ConfirmableEffect {
            confirm: format!("{count}-{}", &digest[..DIGEST]),
            description: what,
            count,
        }
    }

    /// What confirms it: `12-0123456789abcdef`.
    pub fn confirmation_code(&self) -> &str {
        &self.confirm
    }

    /// Whether it concerns nobody, or exactly this was confirmed.
    pub fn is_confirmed(&self, given: Option<&EffectConfirmation>) -> bool {
        self.count == 0 || given.is_some_and(|given| given.0 == self.confirm)
    }
}

impl fmt::Display for ConfirmableEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, verb) = (format_count(self.count, "device"), choose_form(self.count, "is", "are"));
        write!(f, "{}: {count} {verb} affected", self.description)
    }
}

/// As it was given: a number, with the digest behind it or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EffectConfirmation(String);

named_schema!(EffectConfirmation => text_schema(None));

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a confirmation is the number of devices with the digest that was shown, such as 12-0123456789abcdef")]
pub struct InvalidConfirmation;

impl TryFrom<String> for EffectConfirmation {
    type Error = InvalidConfirmation;

    fn try_from(text: String) -> Result<Self, InvalidConfirmation> {
        let (count, digest) = text.split_once('-').unwrap_or((&text, ""));
        let is_digest = digest.len() == DIGEST || !text.contains('-');
        if count.parse::<u64>().is_ok() && is_digest && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(EffectConfirmation(text))
        } else {
            Err(InvalidConfirmation)
        }
    }
}

impl EffectConfirmation {
    /// By the number of devices alone, which confirms nothing before the digest is known.
    pub fn from_count(count: u64) -> EffectConfirmation {
        EffectConfirmation(count.to_string())
    }

    /// The devices that were meant.
    pub fn device_count(&self) -> u64 {
        let count = self.0.split('-').next().unwrap_or_default();
        count.parse().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Option<EffectConfirmation> {
        EffectConfirmation::try_from(text.to_owned()).ok()
    }

    #[test]
    fn a10_a_number_alone_confirms_nothing_and_what_was_shown_nothing_else() {
        let shown = ConfirmableEffect::from_content("it is removed", 12, &"cmdb");
        assert!(shown.is_confirmed(given(shown.confirmation_code()).as_ref()));
        for other in [
            ConfirmableEffect::from_content("it is removed", 12, &"itam"),
            ConfirmableEffect::from_content("it is changed", 12, &"cmdb"),
            ConfirmableEffect::from_content("it is removed", 13, &"cmdb"),
        ] {
            assert!(
                !other.is_confirmed(given(shown.confirmation_code()).as_ref()),
                "{other:?}"
            );
        }
        assert!(!shown.is_confirmed(given("12").as_ref()) && !shown.is_confirmed(None));
        assert!(ConfirmableEffect::from_content("nobody is concerned", 0, &"cmdb").is_confirmed(None));
        assert_eq!(given("12").map(|given| given.device_count()), Some(12));
        for wrong in ["x", "", "-", "12-", "12-zz", "12-0123456789abcdeg", "-0123456789abcdef"] {
            assert_eq!(given(wrong), None, "{wrong}");
        }
    }
}
