//! Ids as newtypes, so that a row number can't be taken for a sequence number.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::schemas::{named_schema, number_schema, text_schema};

/// What is wrong with an id that somebody gave; reads after "invalid …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?}: {rule}")]
pub struct InvalidId {
    pub what: &'static str,
    pub given: String,
    pub rule: Cow<'static, str>,
}

/// The Intune device id (`managedDevice.id`): a GUID, written in lower case. Neither the Entra device id
/// (`azureADDeviceId`) nor the Entra object id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub Uuid);

named_schema!(DeviceId => text_schema(Some("uuid")));

impl FromStr for DeviceId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fail = || InvalidId {
            what: "device id",
            given: text.chars().take(80).collect(),
            rule: "expected a GUID such as 7809c88c-0000-4000-8000-000000000001".into(),
        };
        if text.len() != 36 {
            return Err(fail());
        }
        Uuid::try_parse(text).map(DeviceId).map_err(|_| fail())
    }
}

impl DeviceId {
    /// As a record may write it: in braces, without hyphens, as a URN, blanks around it. Which device is meant is clear in
    /// all of these; an id of zeros is none.
    pub fn from_record(text: &str) -> Option<DeviceId> {
        let id = Uuid::try_parse(text.trim()).ok()?;
        (!id.is_nil()).then_some(DeviceId(id))
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);
        named_schema!($name => number_schema());
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// Permanent number of an installed instance, never used again; the `N` of `IntuneConnector_N`.
    InstanceId, i64);
number!(
    /// Place in the feed: rises with every change of the store; a device moves to the newest one when it changes.
    Seq, i64);
number!(
    /// Permanent row number of a device, apart from its sequence number. Bit sets of a scan run over these.
    Row, i64);
number!(
    /// One pass over the tenant.
    ScanId, i64);
number!(
    /// A job as the store numbers it; what its caller calls it is a name.
    JobId, i64);
number!(
    /// One device of a job.
    TaskId, i64);
number!(
    /// An account that logs in: a person or a management server.
    OperatorId, i64);

/// The life of a store: a new one after a restore, so that no cursor from before fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub Uuid);

named_schema!(Epoch => text_schema(Some("uuid")));

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);
        named_schema!($name => text_schema(None));
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let good = (1..=$max).contains(&text.len())
                    && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
                if good { Ok($name(text.to_owned())) } else {
                    Err(InvalidId { what: $what, given: text.chars().take(80).collect(),
                        rule: concat!("1 to ", $max, " letters, digits, '-', '_' or '.', beginning with a letter or digit").into() })
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// The name by which a management server is known (`server id`).
    ServerId, "server id", 64);
name!(
    /// `IntuneConnector_1`: the name of an instance, its number at the end.
    InstanceName, "instance name", 80);
