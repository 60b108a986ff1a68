//! Devices that belong to people: left out, reduced to what an inventory needs, or passed on in full (F8).
//!
//! Personal is what Intune calls personal; "unknown" is not taken for it. *Reduced* drops what the table marks as
//! telling of the person: user, mail and phone number, numbers of the SIM and the radio, the managed name (it is made
//! of the user's name), notes. Keys that the table does not know go too, since nobody has judged them. The device's own
//! name, model, serial number, state and dates stay.

use super::normalise::Allowed;
use super::properties::{BETA_OWNER_TYPE, Mask, OWNER_TYPE, mask_of};
use super::record::Slots;
use crate::config::PersonalRule;

#[derive(Debug, Clone, Copy)]
pub struct Personal {
    rule: PersonalRule,
    telling: Mask,
}

impl Personal {
    pub fn new(rule: PersonalRule) -> Self {
        Personal {
            rule,
            telling: mask_of(|property| property.personal),
        }
    }

    /// What is let through of this device; `None` where the device is left out.
    pub fn limit(&self, slots: &Slots<'_>, allowed: Allowed) -> Option<Allowed> {
        if self.rule == PersonalRule::Full || !is_personal(slots) {
            return Some(allowed);
        }
        (self.rule == PersonalRule::Reduced).then_some(Allowed {
            properties: allowed.properties & !self.telling,
            unknown: false,
        })
    }
}

fn is_personal(slots: &Slots<'_>) -> bool {
    [OWNER_TYPE, BETA_OWNER_TYPE].iter().any(|index| {
        slots
            .text(*index)
            .is_some_and(|owner| owner.eq_ignore_ascii_case("personal"))
    })
}
