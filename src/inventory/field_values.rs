//! The values of a device's fields, for tables: as JSON, or as a cell of the kind that the field has.

use super::properties::{PropertyKind, TABLE};
use super::record_slots::{RecordSlots, unquote_json};
use crate::export::{ExportCell, ExportKind};
use crate::model::parse_time;

/// A body taken apart once. One that can't be read has no values.
pub struct FieldValues<'a>(RecordSlots<'a>);

impl<'a> FieldValues<'a> {
    pub fn from_body(body: &'a str) -> FieldValues<'a> {
        FieldValues(RecordSlots::from_json(body).unwrap_or_else(|_| RecordSlots::empty()))
    }

    /// `field`: row of the table of properties. `null` where there is no value.
    pub fn json(&self, field: usize) -> &'a str {
        self.0.get(field)
    }

    /// A date is a time; an object, a list, and a number that is not whole and small, is what JSON says.
    pub fn cell(&self, field: usize) -> ExportCell {
        let value = self.0.get(field);
        if let Some(text) = unquote_json(value) {
            let time = parse_time(&text).filter(|_| TABLE[field].kind == PropertyKind::Date);
            return time.map_or_else(|| ExportCell::Text(text.into_owned()), ExportCell::Time);
        }
        match value {
            "null" => ExportCell::Nothing,
            "true" => ExportCell::Flag(true),
            "false" => ExportCell::Flag(false),
            other => parse_number(other).unwrap_or_else(|| ExportCell::Text(other.to_owned())),
        }
    }
}

fn parse_number(text: &str) -> Option<ExportCell> {
    let whole = text.parse().ok().map(ExportCell::Number);
    whole.or_else(|| {
        let number: f64 = text.parse().ok()?;
        number.is_finite().then_some(ExportCell::Decimal(number))
    })
}

/// What a column of this field holds.
pub fn export_kind(field: usize) -> ExportKind {
    match TABLE[field].kind {
        PropertyKind::Date => ExportKind::Time,
        PropertyKind::Number => ExportKind::Number,
        PropertyKind::Boolean => ExportKind::Flag,
        PropertyKind::Text | PropertyKind::Enum | PropertyKind::Complex => ExportKind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::properties::find_property;

    #[test]
    fn a_value_is_a_cell_of_its_kind() {
        let body = r#"{"deviceName":"A \"B\"","lastSyncDateTime":"2026-11-19T23:17:06Z","isEncrypted":true,
            "freeStorageSpaceInBytes":5,"totalStorageSpaceInBytes":1.5,"model":"2026-11-19T23:17:06Z",
            "configurationManagerClientEnabledFeatures":{"inventory":false},"enrolledDateTime":"never","notes":null}"#;
        let values = FieldValues::from_body(body);
        let field = |name| find_property(name, 0).expect(name);
        let text = |text: &str| ExportCell::Text(text.to_owned());
        let time = parse_time("2026-11-19T23:17:06Z").expect("a time");
        for (name, cell) in [
            ("deviceName", text("A \"B\"")),
            ("lastSyncDateTime", ExportCell::Time(time)),
            ("isEncrypted", ExportCell::Flag(true)),
            ("freeStorageSpaceInBytes", ExportCell::Number(5)),
            ("totalStorageSpaceInBytes", ExportCell::Decimal(1.5)),
            ("model", text("2026-11-19T23:17:06Z")),
            (
                "configurationManagerClientEnabledFeatures",
                text("{\"inventory\":false}"),
            ),
            ("enrolledDateTime", text("never")),
            ("notes", ExportCell::Nothing),
            ("serialNumber", ExportCell::Nothing),
        ] {
            assert_eq!(values.cell(field(name)), cell, "{name}");
        }
        assert_eq!(values.json(field("deviceName")), r#""A \"B\"""#);
        assert_eq!(values.json(field("serialNumber")), "null");
        assert_eq!(
            FieldValues::from_body("broken").cell(field("model")),
            ExportCell::Nothing
        );
        assert_eq!(export_kind(field("lastSyncDateTime")), ExportKind::Time);
    }
}
