//! The journey itself, as a pure function: what to do next, given what is known so far.
//!
//! ```text
//! Compliant  → second factor → right: level 3      wrong: failure
//! all others → "With a second factor?" → no: failure
//!                                      → yes: second factor → right: level 2      wrong: failure
//! ```
//!
//! *Compliant* is the only outcome that is not asked whether it wants a second factor; every other, also one that nobody
//! has heard of yet, is an other. So whatever goes wrong while the device is looked at costs the higher level, and lets
//! nobody in by itself.

/// What is known so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The id of the outcome, as the connector answered: `COMPLIANT`, `NONCOMPLIANT`, …
    pub outcome: Option<&'a str>,
    pub wants_second_factor: Option<bool>,
    pub second_factor_is_right: Option<bool>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    AskConnector,
    AskWhetherSecondFactor,
    AskSecondFactor,
    /// Signed in, at this level of authentication.
    Success {
        level: u8,
    },
    Failure,
}

const FULL: u8 = 3;
const LOWER: u8 = 2;

pub fn next(known: Known<'_>) -> Next {
    let level = match known.outcome {
        None => return Next::AskConnector,
        Some("COMPLIANT") => FULL,
        Some(_) => match known.wants_second_factor {
            None => return Next::AskWhetherSecondFactor,
            Some(false) => return Next::Failure,
            Some(true) => LOWER,
        },
    };
    match known.second_factor_is_right {
        None => Next::AskSecondFactor,
        Some(false) => Next::Failure,
        Some(true) => Next::Success { level },
    }
}
