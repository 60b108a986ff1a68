//! Devices that belong to people: left out, reduced to what an inventory needs, or passed on in full (F8).
//!
//! Personal is what Intune calls personal; "unknown" is not taken for it. *Reduced* drops what the table marks as
//! telling of the person: user, mail and phone number, numbers of the SIM and the radio, the managed name (it is made
//! of the user's name), notes. Keys that the table does not know go too, since nobody has judged them. The device's own
//! name, model, serial number, state and dates stay.

use super::normalise::AllowedProperties;
use super::properties::{BETA_OWNER_TYPE, OWNER_TYPE, PropertyMask, mask_where};
use super::record_slots::RecordSlots;
use crate::config::PersonalDeviceRule;

#[derive(Debug, Clone, Copy)]
pub(crate) struct PersonalFilter {
    rule: PersonalDeviceRule,
    personal_properties: PropertyMask,
}

impl PersonalFilter {
    pub(crate) fn new(rule: PersonalDeviceRule) -> Self {
        PersonalFilter {
            rule,
            personal_properties: mask_where(|property| property.personal),
        }
    }

    /// What is let through of this device; `None` where the device is left out.
    pub(crate) fn limit_properties(
        &self,
        slots: &RecordSlots<'_>,
        allowed: AllowedProperties,
    ) -> Option<AllowedProperties> {
        if self.rule == PersonalDeviceRule::Full || !is_personal_device(slots) {
            return Some(allowed);
        }
        (self.rule == PersonalDeviceRule::Reduced).then_some(AllowedProperties {
            properties: allowed.properties & !self.personal_properties,
            unknown: false,
        })
    }
}

fn is_personal_device(slots: &RecordSlots<'_>) -> bool {
    [OWNER_TYPE, BETA_OWNER_TYPE].iter().any(|index| {
        slots
            .text_value(*index)
            .is_some_and(|owner| owner.eq_ignore_ascii_case("personal"))
    })
}
