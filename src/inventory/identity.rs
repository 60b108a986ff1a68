//! What identifies a device for people: taken from every record (S7), and compared before an action (A2). Both
//! take it from here, or a pin would be compared with something that looks alike.

use super::normalise::normalise_property;
use super::properties::{ENROLLED, ENTRA_DEVICE_ID, SERIAL_NUMBER, TABLE, USER_PRINCIPAL_NAME};
use super::record_slots::{RecordSlots, unquote_json};
use super::serial_number::usable_serial;
use crate::model::DeviceIdentity;

pub(crate) fn identity_from_slots(slots: &RecordSlots<'_>) -> DeviceIdentity {
    let settled_text = |index: usize| {
        normalise_property(index, slots, &TABLE[index])
            .ok()
            .flatten()
            .and_then(|value| unquote_json(&value).map(|text| text.into_owned()))
    };
    DeviceIdentity {
        serial_number: slots
            .text_value(SERIAL_NUMBER)
            .and_then(|serial| usable_serial(&serial)),
        entra_device_id: settled_text(ENTRA_DEVICE_ID),
        enrolled_date_time: settled_text(ENROLLED),
        user_principal_name: settled_text(USER_PRINCIPAL_NAME),
    }
}

/// The same of a device that is JSON already, fresh from Graph or as the store keeps it: what is normal stays as it is,
/// so both give the same. Nothing where it is no object.
pub fn identity_from_json(device: &serde_json::Value) -> DeviceIdentity {
    let text = device.to_string();
    RecordSlots::from_json(&text)
        .map(|slots| identity_from_slots(&slots))
        .unwrap_or_default()
}
