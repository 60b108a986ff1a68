//! What a name may be. The rules for files hold for manifests and for packages alike.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `intune-connector`: the id of a product; also the name of its folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ProductId(String);

impl ProductId {
    pub const RULE: &str = "1 to 40 lowercase letters, digits and '-', beginning with a letter; not \"trusted\"";

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProductId {
    type Err = crate::model::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Beside the folders of products lies that of the trusted keys.
        if is_kebab_case(text) && !is_windows_device(text) && text != "trusted" {
            return Ok(ProductId(text.to_owned()));
        }
        Err(crate::model::InvalidId {
            what: "product id",
            given: text.chars().take(80).collect(),
            rule: Self::RULE.into(),
        })
    }
}

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for ProductId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// `kebab-case`, as ids and kinds are.
pub(super) fn is_kebab_case(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `CamelCase` without digits at the end: a number is put behind it.
pub(super) fn is_camel_case(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !text.ends_with(|last: char| last.is_ascii_digit())
}

/// A file inside a package: `workflows/Example.xml`. It can't lead out of its folder on any system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FileName(String);

/// Why that can't be the name of a file in a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFileName {
    #[error("it is longer than {} characters", FileName::LONGEST)]
    Long,
    #[error("it is nested deeper than {} folders", FileName::DEEPEST)]
    Deep,
    #[error("it is an absolute path")]
    Absolute,
    #[error("it leads out of its folder")]
    Upwards,
    #[error("it has a part that is empty, or begins or ends with a dot")]
    Part,
    #[error("it has characters other than ASCII letters, digits, '-', '_', '.' and '/'")]
    Characters,
    #[error("a part of it is a device name on Windows")]
    Device,
}

impl FileName {
    pub const LONGEST: usize = 120;
    pub const DEEPEST: usize = 4;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Names that differ only by case are one file on some systems.
    pub fn lowercase_name(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for FileName {
    type Err = InvalidFileName;

    fn from_str(text: &str) -> Result<Self, InvalidFileName> {
        if text.len() > Self::LONGEST {
            return Err(InvalidFileName::Long);
        }
        if text.starts_with('/') {
            return Err(InvalidFileName::Absolute);
        }
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
        // Backslash and colon are among the others: no path of Windows, no drive, no stream.
        if !text.bytes().all(good) {
            return Err(InvalidFileName::Characters);
        }
        let parts: Vec<&str> = text.split('/').collect();
        if parts.contains(&"..") {
            return Err(InvalidFileName::Upwards);
        }
        if parts.len() > Self::DEEPEST {
            return Err(InvalidFileName::Deep);
        }
        if parts
            .iter()
            .any(|part| part.is_empty() || part.starts_with('.') || part.ends_with('.'))
        {
            return Err(InvalidFileName::Part);
        }
        if parts.iter().any(|part| is_windows_device(part)) {
            return Err(InvalidFileName::Device);
        }
        Ok(FileName(text.to_owned()))
    }
}

/// `nul`, `com1.xml` … open devices there.
fn is_windows_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).to_ascii_lowercase();
    let numbered = |prefix| {
        let digit = stem.strip_prefix(prefix).map(str::as_bytes);
        matches!(digit, Some([b'0'..=b'9']))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
