//! What has to be known before CIs can be written, and is kept for a while: ids of what fields refer to, classes of CIs that
//! exist, and whether a column that a mapping names is there. IRE takes ids where a mapping has names, and passes over a
//! column that it does not know.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::ci_item::{ReferenceIds, plain_text};
use super::field_table::{find_known, find_referred_table, is_sys_id};
use super::search::CiReader;
use crate::targets::{FieldValues, PlannedWrite, RecordId, TargetFault};

/// What was found by its name is believed to be there so long, and what was not found, to be away.
const KEPT_FOR: Duration = Duration::from_secs(15 * 60);
const KEPT_MAX: usize = 50_000;

#[derive(Debug, Default)]
pub(super) struct KnownTables {
    references: HashMap<(String, String), (Instant, Option<String>)>,
    classes: HashMap<String, String>,
    columns: BTreeSet<String>,
}

impl KnownTables {
    /// The ids of everything that these values refer to by name. A name that nobody, or more than one, has is told once in a
    /// while, and left out.
    pub(super) async fn find_references(
        &mut self,
        reader: &CiReader<'_>,
        values: &[&FieldValues],
    ) -> Result<ReferenceIds, TargetFault> {
        let mut found = ReferenceIds::new();
        let wanted: Vec<_> = values.iter().flat_map(|values| list_references(values)).collect();
        for (field, table, name) in wanted {
            let key = (field.to_owned(), name);
            if found.contains_key(&key) {
                continue;
            }
            let kept = self.references.get(&key).filter(|(at, _)| at.elapsed() < KEPT_FOR);
            let id = match kept {
                Some((_, id)) => id.clone(),
                None => {
                    let id = reader.find_reference(table, &key.1).await?;
                    if id.is_none() {
                        tracing::warn!(
                            field,
                            table,
                            "ServiceNow has not exactly one record of a name: the field is left out"
                        );
                    }
                    if self.references.len() >= KEPT_MAX {
                        self.references.clear();
                    }
                    self.references.insert(key.clone(), (Instant::now(), id.clone()));
                    id
                }
            };
            found.insert(key, id);
        }
        Ok(found)
    }

    /// Learns the classes of all CIs that these writes are about.
    pub(super) async fn learn_classes(
        &mut self,
        reader: &CiReader<'_>,
        writes: &[PlannedWrite],
    ) -> Result<(), TargetFault> {
        if self.classes.len() + writes.len() > KEPT_MAX {
            self.classes.clear();
        }
        let records = writes
            .iter()
            .filter_map(PlannedWrite::record_id)
            .map(|record| record.0.as_str());
        let unknown: BTreeSet<&str> = records
            .filter(|id| is_sys_id(id) && !self.classes.contains_key(*id))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let unknown: Vec<&str> = unknown.into_iter().collect();
        self.classes.extend(reader.find_classes(&unknown).await?);
        Ok(())
    }

    /// The table of the class of a CI; `None`: there is no such CI.
    pub(super) fn class_of(&self, record: &RecordId) -> Option<&str> {
        self.classes.get(&record.0).map(String::as_str)
    }

    pub(super) fn note_class(&mut self, record: &RecordId, class: &str) {
        if self.classes.len() < KEPT_MAX {
            self.classes.entry(record.0.clone()).or_insert_with(|| class.to_owned());
        }
    }

    pub(super) fn forget_record(&mut self, record: &RecordId) {
        self.classes.remove(&record.0);
    }

    /// Whether all columns of these values are there, as far as a CI shows it: where there is none yet, nobody knows.
    pub(super) async fn check_columns(
        &mut self,
        reader: &CiReader<'_>,
        values: &[&FieldValues],
        classes: &BTreeSet<String>,
    ) -> Result<(), TargetFault> {
        let names = values.iter().flat_map(|values| values.keys());
        let unknown: BTreeSet<&str> = names
            .map(String::as_str)
            .filter(|name| find_known(name).is_none() && !self.columns.contains(*name))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let mut seen = BTreeSet::new();
        for table in classes.iter().chain([&reader.own.root_table]) {
            seen.extend(reader.list_columns(table).await?);
        }
        if seen.is_empty() {
            return Ok(());
        }
        if let Some(missing) = unknown.into_iter().find(|name| !seen.contains(*name)) {
            return Err(TargetFault::Misconfigured {
                problem: format!("CIs of ServiceNow have no column `{missing}`, which the mapping names"),
                advice: "add the column in ServiceNow, or take its row out of the mapping".to_owned(),
            });
        }
        self.columns.extend(seen);
        Ok(())
    }
}

/// Field, table and name of each reference.
fn list_references(values: &FieldValues) -> Vec<(&str, &'static str, String)> {
    let references = values.iter().filter_map(|(field, value)| {
        let table = find_referred_table(field)?;
        let name = plain_text(value).filter(|name| !is_sys_id(name))?;
        Some((field.as_str(), table, name))
    });
    references.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::targets::samples_for_tests::field_values;

    #[test]
    fn only_names_of_what_fields_refer_to_are_looked_for() {
        let values = field_values(json!({
            "name": "PC-1", "manufacturer": "LENOVO", "model_id": null, "department": "5137153cc611227c000bbd1bd8cd2007",
        }));
        assert_eq!(
            list_references(&values),
            [("manufacturer", "core_company", "LENOVO".to_owned())]
        );
    }

    #[test]
    fn the_class_of_a_ci_is_kept_until_it_is_forgotten() {
        let mut known = KnownTables::default();
        let record = RecordId("5137153cc611227c000bbd1bd8cd2007".to_owned());
        known.note_class(&record, "cmdb_ci_computer");
        known.note_class(&record, "another");
        assert_eq!(known.class_of(&record), Some("cmdb_ci_computer"));
        known.forget_record(&record);
        assert_eq!(known.class_of(&record), None);
    }
}
