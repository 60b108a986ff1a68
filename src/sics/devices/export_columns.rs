//! The columns of an exported table, and what a device has in them.

use std::collections::BTreeMap;

use crate::export::{ExportCell, ExportColumn, ExportKind};
use crate::inventory::field_reference::{USUAL_COLUMNS, find_field, write_with_commas};
use crate::inventory::{FieldValues, export_kind};
use crate::model::{InstanceId, InstanceName, Timestamp, format_time};
use crate::sics::problem::ApiProblem;
use crate::store::{DeviceRow, newest_device_body};

/// Where none are chosen, these stand before the usual ones.
const KEYS: &str = "instance,deviceId";

/// Columns that are no fields.
const OWN_COLUMNS: [&str; 4] = ["instance", "deviceId", "changedAt", "readAt"];

/// The columns of a table, in their order, each once.
pub(super) struct TableColumns {
    heads: Vec<ExportColumn>,
    sources: Vec<ColumnSource>,
    names: BTreeMap<InstanceId, InstanceName>,
}

/// What a column shows of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnSource {
    Instance,
    DeviceId,
    ChangedAt,
    ReadAt,
    /// Row of the table of properties.
    Field(usize),
}

impl TableColumns {
    /// `asked`: names between commas. `names`: of all instances.
    pub(super) fn parse(
        asked: Option<&str>,
        names: BTreeMap<InstanceId, InstanceName>,
    ) -> Result<TableColumns, ApiProblem> {
        let usual = format!("{KEYS},{USUAL_COLUMNS}");
        let asked = asked.filter(|asked| !asked.is_empty()).unwrap_or(&usual);
        let mut columns = TableColumns {
            heads: Vec::new(),
            sources: Vec::new(),
            names,
        };
        for name in asked.split(',').map(str::trim) {
            let source = find_source(name)?;
            if !columns.sources.contains(&source) {
                columns.sources.push(source);
                columns.heads.push(ExportColumn {
                    title: name.to_owned(),
                    kind: source.kind(),
                });
            }
        }
        Ok(columns)
    }

    pub(super) fn heads(&self) -> &[ExportColumn] {
        &self.heads
    }

    pub(super) fn read_cells(&self, row: &DeviceRow) -> Vec<ExportCell> {
        let body = newest_device_body(row.body.get(), row.last_sync_s);
        let values = FieldValues::from_body(&body);
        let cell = |source: &ColumnSource| match source {
            ColumnSource::Instance => ExportCell::Text(self.instance_name(row)),
            ColumnSource::DeviceId => ExportCell::Text(row.id.to_string()),
            ColumnSource::ChangedAt => ExportCell::Time(row.changed_at),
            ColumnSource::ReadAt => ExportCell::Time(row.read_at),
            ColumnSource::Field(field) => values.cell(*field),
        };
        self.sources.iter().map(cell).collect()
    }

    /// As a JSON object: names as in the heads, values as Graph has them.
    pub(super) fn write_object(&self, row: &DeviceRow, json: &mut Vec<u8>) {
        let body = newest_device_body(row.body.get(), row.last_sync_s);
        let values = FieldValues::from_body(&body);
        for (at, (head, source)) in self.heads.iter().zip(&self.sources).enumerate() {
            let opening = if at == 0 { "{\"" } else { ",\"" };
            json.extend_from_slice(opening.as_bytes());
            json.extend_from_slice(head.title.as_bytes());
            json.extend_from_slice(b"\":");
            let quoted = |text: &str| format!("\"{text}\"");
            let time = |time: Timestamp| quoted(&format_time(time));
            // Names and ids have nothing that would have to be escaped.
            let value = match source {
                ColumnSource::Instance => quoted(&self.instance_name(row)),
                ColumnSource::DeviceId => quoted(&row.id.to_string()),
                ColumnSource::ChangedAt => time(row.changed_at),
                ColumnSource::ReadAt => time(row.read_at),
                ColumnSource::Field(field) => values.json(*field).to_owned(),
            };
            json.extend_from_slice(value.as_bytes());
        }
        json.push(b'}');
    }

    fn instance_name(&self, row: &DeviceRow) -> String {
        self.names
            .get(&row.instance)
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}

impl ColumnSource {
    fn kind(self) -> ExportKind {
        match self {
            ColumnSource::Instance | ColumnSource::DeviceId => ExportKind::Text,
            ColumnSource::ChangedAt | ColumnSource::ReadAt => ExportKind::Time,
            ColumnSource::Field(field) => export_kind(field),
        }
    }
}

fn find_source(name: &str) -> Result<ColumnSource, ApiProblem> {
    match name {
        "instance" => Ok(ColumnSource::Instance),
        "deviceId" => Ok(ColumnSource::DeviceId),
        "changedAt" => Ok(ColumnSource::ChangedAt),
        "readAt" => Ok(ColumnSource::ReadAt),
        _ => find_field(name).map(ColumnSource::Field).map_err(|nearest| {
            let given: String = name.chars().take(80).collect();
            let own = OWN_COLUMNS.into_iter().find(|own| own.eq_ignore_ascii_case(name));
            let nearest = own.or(nearest).map(|name| format!(" Did you mean {name}?"));
            let advice = match write_with_commas(&given) {
                Some(written) => format!("A comma separates columns: {written}"),
                None => format!(
                    "Possible values: instance, deviceId, changedAt, readAt and every field; list them: intune-connector \
                     devices fields (GET /sics/v1/fields).{}",
                    nearest.unwrap_or_default()
                ),
            };
            ApiProblem::bad_request("wrongColumn", format!("devices have no field called {given:?}"), advice)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(asked: Option<&str>) -> Result<Vec<String>, ApiProblem> {
        let parsed = TableColumns::parse(asked, BTreeMap::new())?;
        Ok(parsed.heads().iter().map(|head| head.title.clone()).collect())
    }

    #[test]
    fn columns_are_those_asked_for_each_once_or_the_usual_ones() {
        let chosen = columns(Some("model, instance,model")).expect("known");
        assert_eq!(chosen, ["model", "instance"]);
        for nothing in [None, Some("")] {
            let usual = columns(nothing).expect("known");
            assert!(usual.starts_with(&["instance".to_owned(), "deviceId".to_owned(), "deviceName".to_owned()]));
        }
    }

    #[test]
    fn a_column_that_no_device_fills_is_refused() {
        for wrong in ["devicename", "activationLockBypassCode", "model,,imei", "x"] {
            let problem = columns(Some(wrong)).expect_err(wrong);
            assert_eq!(problem.code(), "wrongColumn");
        }
    }
}
