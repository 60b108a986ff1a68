//! Deliberate mistakes of a bus, in the tests' own program. The product has no switch for them.

use std::sync::Arc;

use intune_connector::targets::failpoints::ContactPlanner;
use intune_connector::targets::{
    ContactInput, FirstContact, LinkOrigin, RecordState, TargetFailpoint, decide_first_contact,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// Takes the first of two hits.
    AdoptsTwo,
    /// Makes a record without looking whether there is one.
    MakesBlindly,
}

impl Mistake {
    pub const ALL: [Mistake; 2] = [Mistake::AdoptsTwo, Mistake::MakesBlindly];

    pub fn name(self) -> &'static str {
        match self {
            Mistake::AdoptsTwo => "adopts-two",
            Mistake::MakesBlindly => "makes-blindly",
        }
    }

    pub fn named(name: &str) -> Option<Mistake> {
        Mistake::ALL.into_iter().find(|mistake| mistake.name() == name)
    }

    /// Where the bus has to be killed for it to show.
    pub fn point(self) -> TargetFailpoint {
        match self {
            Mistake::AdoptsTwo => TargetFailpoint::AfterAcknowledge,
            Mistake::MakesBlindly => TargetFailpoint::AfterWrite,
        }
    }

    /// What the judge says of it; a complaint about something else does not count.
    pub fn complaint(self) -> &'static str {
        match self {
            Mistake::AdoptsTwo => "was taken although two records had its serial number",
            Mistake::MakesBlindly => "records in use",
        }
    }

    pub fn planner(self) -> Arc<dyn ContactPlanner> {
        match self {
            Mistake::AdoptsTwo => Arc::new(TakeFirstHit),
            Mistake::MakesBlindly => Arc::new(NeverLook),
        }
    }
}

struct TakeFirstHit;

impl ContactPlanner for TakeFirstHit {
    fn looks_first(&self) -> bool {
        true
    }

    fn decide_contact(&self, input: ContactInput<'_>) -> FirstContact {
        let hits = input.by_serial.unwrap_or_default();
        match hits.first() {
            Some(first) if hits.len() > 1 && input.by_device.is_empty() => FirstContact::Link {
                record: first.id.clone(),
                origin: LinkOrigin::Adopted,
                restore: first.state != RecordState::Active,
                values: first.values.clone(),
            },
            _ => decide_first_contact(input),
        }
    }
}

struct NeverLook;

impl ContactPlanner for NeverLook {
    fn looks_first(&self) -> bool {
        false
    }

    fn decide_contact(&self, input: ContactInput<'_>) -> FirstContact {
        decide_first_contact(input)
    }
}
