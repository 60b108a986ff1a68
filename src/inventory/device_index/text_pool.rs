//! The searchable text of all devices, one behind the other in one text. What a device had before it changed stays where
//! it was until half of the text is of no use: then the rest moves together.

use crate::inventory::properties::{
    DEVICE_NAME, EMAIL_ADDRESS, ETHERNET_MAC, IMEI, PHONE_NUMBER, SERIAL_NUMBER, USER_DISPLAY_NAME,
    USER_PRINCIPAL_NAME, WIFI_MAC,
};
use crate::inventory::record_slots::RecordSlots;

/// Longest text of a field, bytes of lower case; the rest of it is neither searched nor sorted by.
pub(super) const TEXT_BYTES_MAX: usize = 255;
/// Between two fields. No question has it in it: what can't be seen is refused at the entrance.
const BETWEEN: char = '\n';
/// Unused text below this is never worth a move, bytes.
const UNUSED_MIN: usize = 1 << 20;

const COLUMN_COUNT: usize = 3;
/// Fields that are filtered and sorted by, in this order at the beginning of a device's text.
const COLUMN_FIELDS: [usize; COLUMN_COUNT] = [DEVICE_NAME, SERIAL_NUMBER, USER_PRINCIPAL_NAME];
/// Fields that are only searched.
const OTHER_FIELDS: [usize; 6] = [
    USER_DISPLAY_NAME,
    EMAIL_ADDRESS,
    PHONE_NUMBER,
    IMEI,
    WIFI_MAC,
    ETHERNET_MAC,
];

/// Where the text of one device stands, and how long its first fields are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TextPlace {
    start: u32,
    length: u16,
    columns: [u8; COLUMN_COUNT],
}

#[derive(Debug, Default)]
pub(super) struct TextPool {
    text: String,
    /// Bytes that no device has any more.
    unused: usize,
}

/// A text as it is searched and sorted: in lower case, and not without end.
pub(super) fn lower_text(text: &str) -> String {
    let mut lower = text.to_lowercase();
    if lower.len() > TEXT_BYTES_MAX {
        let mut end = TEXT_BYTES_MAX;
        while !lower.is_char_boundary(end) {
            end -= 1;
        }
        lower.truncate(end);
    }
    lower
}

impl TextPool {
    /// Adds the text of a device.
    pub(super) fn push_device(&mut self, slots: &RecordSlots<'_>) -> TextPlace {
        let start = self.text.len();
        let mut columns = [0; COLUMN_COUNT];
        for (field, length) in COLUMN_FIELDS.into_iter().zip(&mut columns) {
            // No longer than TEXT_BYTES_MAX.
            *length = self.push_field(slots, field) as u8;
        }
        let user = slots.text_value(USER_PRINCIPAL_NAME);
        for field in OTHER_FIELDS {
            let text = slots.text_value(field);
            // Mostly the e-mail address is the principal name: it is found there.
            if text.is_some() && !(field == EMAIL_ADDRESS && text == user) {
                self.push_field(slots, field);
            }
        }
        TextPlace {
            // A text of 4 GiB would be that of a million devices with nothing but the longest texts.
            start: u32::try_from(start).unwrap_or(u32::MAX),
            length: u16::try_from(self.text.len() - start).unwrap_or(u16::MAX),
            columns,
        }
    }

    /// Its length in bytes.
    fn push_field(&mut self, slots: &RecordSlots<'_>, field: usize) -> usize {
        let lower = slots
            .text_value(field)
            .map(|text| lower_text(&text))
            .unwrap_or_default();
        self.text.push_str(&lower);
        self.text.push(BETWEEN);
        lower.len()
    }

    /// All of it.
    pub(super) fn device_text(&self, place: &TextPlace) -> &str {
        let start = place.start as usize;
        self.text
            .get(start..start + usize::from(place.length))
            .unwrap_or_default()
    }

    /// One of the fields that are sorted by: 0 name, 1 serial number, 2 user.
    pub(super) fn column_text(&self, place: &TextPlace, column: usize) -> &str {
        let before: usize = place.columns[..column]
            .iter()
            .map(|length| usize::from(*length) + BETWEEN.len_utf8())
            .sum();
        let length = usize::from(place.columns[column]);
        self.device_text(place).get(before..before + length).unwrap_or_default()
    }

    /// Nobody asks for this text any more.
    pub(super) fn release(&mut self, place: &TextPlace) {
        self.unused += usize::from(place.length);
    }

    /// Whether so much is unused that [`Self::compact`] is worth it.
    pub(super) fn is_wasteful(&self) -> bool {
        self.unused > UNUSED_MIN && self.unused * 2 > self.text.len()
    }

    /// Moves together what these devices have.
    pub(super) fn compact<'a>(&mut self, places: impl Iterator<Item = &'a mut TextPlace>) {
        let mut text = String::with_capacity(self.text.len().saturating_sub(self.unused));
        for place in places {
            let start = text.len();
            text.push_str(self.device_text(place));
            place.start = u32::try_from(start).unwrap_or(u32::MAX);
        }
        self.text = text;
        self.unused = 0;
    }

    /// Gives back what was reserved and is not needed.
    pub(super) fn shrink_to_fit(&mut self) {
        self.text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(pool: &mut TextPool, body: &str) -> TextPlace {
        pool.push_device(&RecordSlots::from_json(body).expect("JSON"))
    }

    #[test]
    fn a_text_is_lower_and_has_an_end() {
        assert_eq!(lower_text("LAP-Ä"), "lap-ä");
        let long = "ä".repeat(200);
        assert_eq!(lower_text(&long).len(), 254, "no letter is cut in two");
    }

    #[test]
    fn each_device_has_its_own_text_also_after_a_move() {
        let mut pool = TextPool::default();
        let first = push(&mut pool, r#"{"deviceName":"LAP-1","serialNumber":"S1","imei":"35"}"#);
        let mut second = push(
            &mut pool,
            r#"{"userPrincipalName":"Anna@x","emailAddress":"Anna@x","phoneNumber":"+49"}"#,
        );
        assert_eq!(pool.device_text(&first), "lap-1\ns1\n\n35\n");
        assert_eq!(pool.device_text(&second), "\n\nanna@x\n+49\n");
        assert_eq!(pool.column_text(&first, 0), "lap-1");
        assert_eq!(pool.column_text(&first, 1), "s1");
        assert_eq!(pool.column_text(&second, 2), "anna@x");
        pool.release(&first);
        pool.compact([&mut second].into_iter());
        assert_eq!(pool.device_text(&second), "\n\nanna@x\n+49\n");
        assert_eq!(pool.text.len(), usize::from(second.length));
    }
}
