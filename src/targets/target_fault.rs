//! What a call of the other side can end with, whichever kind it is: this decides whether the write is sent again, looked
//! for, set aside, or waits for a person. Adapters translate their errors into it; no text of it holds a secret or a value.

use std::time::Duration;

/// A call that did not end well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetFault {
    /// Nothing was sent, or it was a read: again later.
    #[error("cannot reach the other side: {problem}")]
    Unreachable { problem: String },
    /// Not before this time has passed.
    #[error("the other side asks to wait{}", wait_text(.retry_after))]
    Throttled { retry_after: Option<Duration> },
    /// It is there and cannot work: again later.
    #[error("the other side is not available: {problem}")]
    Unavailable { problem: String },
    /// Stays until the settings change; tried again slowly.
    #[error("the other side refuses the sign-in: {problem}")]
    SignIn { problem: String, advice: String },
    /// Schema, field or label over there: stays until it is changed.
    #[error("the other side is not set up for it: {problem}")]
    Misconfigured { problem: String, advice: String },
    /// This record; the others go on.
    #[error("the other side refuses the record: {problem}")]
    Refused {
        problem: String,
        /// The field over there, where the answer names one.
        field: Option<String>,
    },
    #[error("the record is not there any more")]
    NotThere,
    /// A write that may have happened: look before it is sent again.
    #[error("whether the other side wrote it is not known: {problem}")]
    LostAnswer { problem: String },
    #[error("cannot read the answer of the other side: {problem}")]
    Unreadable { problem: String },
}

impl TargetFault {
    /// Short and stable.
    pub fn code(&self) -> &'static str {
        match self {
            TargetFault::Unreachable { .. } => "unreachable",
            TargetFault::Throttled { .. } => "throttled",
            TargetFault::Unavailable { .. } => "unavailable",
            TargetFault::SignIn { .. } => "signIn",
            TargetFault::Misconfigured { .. } => "misconfigured",
            TargetFault::Refused { .. } => "refused",
            TargetFault::NotThere => "notThere",
            TargetFault::LostAnswer { .. } => "lostAnswer",
            TargetFault::Unreadable { .. } => "unreadable",
        }
    }

    pub fn advice(&self) -> String {
        let advice = match self {
            TargetFault::SignIn { advice, .. } | TargetFault::Misconfigured { advice, .. } => advice.as_str(),
            TargetFault::Unreachable { .. } => {
                "it is tried again; check address, proxy and firewall: intune-connector targets verify TARGET"
            }
            TargetFault::Throttled { .. } => {
                "no action needed: it is tried again; lower requests_per_minute if this lasts"
            }
            TargetFault::Unavailable { .. } => {
                "it is tried again; check the other side: intune-connector targets verify TARGET"
            }
            TargetFault::Refused { .. } => {
                "correct the record over there or the mapping, then send the device again: \
                 intune-connector targets resend TARGET DEVICE"
            }
            TargetFault::NotThere => "no action needed: the device is looked for again",
            TargetFault::LostAnswer { .. } => "no action needed: the other side is asked before anything is sent again",
            TargetFault::Unreadable { .. } => {
                "check that the address leads to the right product: intune-connector targets verify TARGET"
            }
        };
        advice.to_owned()
    }

    /// Whether it is about one record, so that all others go on.
    pub fn concerns_record(&self) -> bool {
        matches!(self, TargetFault::Refused { .. } | TargetFault::NotThere)
    }

    /// Whether it stays until a person changes something.
    pub fn is_lasting(&self) -> bool {
        matches!(self, TargetFault::SignIn { .. } | TargetFault::Misconfigured { .. })
    }
}

fn wait_text(retry_after: &Option<Duration>) -> String {
    retry_after.map_or(String::new(), |wait| format!(" for {} s", wait.as_secs()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn every_fault() -> Vec<TargetFault> {
        let problem = || "a reason".to_owned();
        let advice = || "a cure".to_owned();
        vec![
            TargetFault::Unreachable { problem: problem() },
            TargetFault::Throttled { retry_after: None },
            TargetFault::Unavailable { problem: problem() },
            TargetFault::SignIn {
                problem: problem(),
                advice: advice(),
            },
            TargetFault::Misconfigured {
                problem: problem(),
                advice: advice(),
            },
            TargetFault::Refused {
                problem: problem(),
                field: None,
            },
            TargetFault::NotThere,
            TargetFault::LostAnswer { problem: problem() },
            TargetFault::Unreadable { problem: problem() },
        ]
    }

    #[test]
    fn each_fault_has_a_code_of_its_own_and_a_cure() {
        let faults = every_fault();
        let codes: HashSet<&str> = faults.iter().map(TargetFault::code).collect();
        assert_eq!(codes.len(), faults.len());
        assert!(faults.iter().all(|fault| !fault.advice().is_empty()));
    }

    #[test]
    fn a_fault_is_about_one_record_or_lasts_or_passes() {
        let told = |holds: fn(&TargetFault) -> bool| -> Vec<&'static str> {
            let faults = every_fault();
            faults
                .iter()
                .filter(|fault| holds(fault))
                .map(TargetFault::code)
                .collect()
        };
        assert_eq!(told(TargetFault::concerns_record), ["refused", "notThere"]);
        assert_eq!(told(TargetFault::is_lasting), ["signIn", "misconfigured"]);
    }

    #[test]
    fn how_long_to_wait_is_told_where_it_is_known() {
        let wait = |retry_after| TargetFault::Throttled { retry_after }.to_string();
        assert_eq!(wait(None), "the other side asks to wait");
        assert_eq!(
            wait(Some(Duration::from_secs(30))),
            "the other side asks to wait for 30 s"
        );
    }
}
