//! What a compliance decision comes to: ids and labels are those of the node that this one replaces, since journeys and
//! gateways are written against them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::InvalidId;

/// Ids as on the wire; see [`ComplianceOutcome::label`] for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ComplianceOutcome {
    Compliant,
    NonCompliant,
    InGracePeriod,
    ConfigManager,
    Conflict,
    NoId,
    Unknown,
    Error,
    /// Only where a node wants it apart from [`ComplianceOutcome::Error`]: Intune does not know the device.
    NotFound,
}

use ComplianceOutcome::{
    Compliant, ConfigManager, Conflict, Error, InGracePeriod, NoId, NonCompliant, NotFound, Unknown,
};

impl ComplianceOutcome {
    /// The eight, in the order in which they are shown.
    pub const EIGHT: [ComplianceOutcome; 8] = [
        Compliant,
        NonCompliant,
        InGracePeriod,
        ConfigManager,
        Conflict,
        NoId,
        Unknown,
        Error,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Compliant => "COMPLIANT",
            NonCompliant => "NONCOMPLIANT",
            InGracePeriod => "INGRACEPERIOD",
            ConfigManager => "CONFIGMANAGER",
            Conflict => "CONFLICT",
            NoId => "NOID",
            Unknown => "UNKNOWN",
            Error => "ERROR",
            NotFound => "NOTFOUND",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Compliant => "Compliant",
            NonCompliant => "Not Compliant",
            InGracePeriod => "In Grace Period",
            ConfigManager => "Config Manager",
            Conflict => "Conflict",
            NoId => "No Id",
            Unknown => "Status Unknown",
            Error => "Error",
            NotFound => "Not Found",
        }
    }

    /// Whether a device with this outcome is let in by anybody's usual rule.
    pub fn is_acceptable(self) -> bool {
        matches!(self, Compliant | InGracePeriod | ConfigManager)
    }
}

impl fmt::Display for ComplianceOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for ComplianceOutcome {
    type Err = InvalidId;

    /// By its id, in any case.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let all = ComplianceOutcome::EIGHT.into_iter().chain([NotFound]);
        let mut found = all.filter(|outcome| outcome.id().eq_ignore_ascii_case(text));
        found.next().ok_or_else(|| InvalidId {
            what: "outcome",
            given: text.chars().take(80).collect(),
            rule:
                "one of COMPLIANT, NONCOMPLIANT, INGRACEPERIOD, CONFIGMANAGER, CONFLICT, NOID, UNKNOWN, ERROR, NOTFOUND"
                    .into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pn06_eight_outcomes_with_the_ids_labels_and_order_of_the_original() {
        let shown: Vec<(&str, &str)> = ComplianceOutcome::EIGHT
            .iter()
            .map(|outcome| (outcome.id(), outcome.label()))
            .collect();
        assert_eq!(
            shown,
            [
                ("COMPLIANT", "Compliant"),
                ("NONCOMPLIANT", "Not Compliant"),
                ("INGRACEPERIOD", "In Grace Period"),
                ("CONFIGMANAGER", "Config Manager"),
                ("CONFLICT", "Conflict"),
                ("NOID", "No Id"),
                ("UNKNOWN", "Status Unknown"),
                ("ERROR", "Error"),
            ]
        );
        for outcome in ComplianceOutcome::EIGHT {
            assert_eq!(outcome.id().to_lowercase().parse(), Ok(outcome));
            assert_eq!(serde_json::to_value(outcome).expect("a text"), outcome.id());
        }
    }
}
