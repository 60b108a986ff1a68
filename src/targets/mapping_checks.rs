//! What a mapping that is offered may not name, and what of it has no effect, by what is known of its target without asking
//! the other side. One that is kept goes on as it is.

use super::mapping_error::{MappingError, MappingProblem, row_place, show_text};
use super::mapping_rules::TargetMapping;
use super::target_fault::TargetFault;
use crate::contract::{FieldMode, RetireAction};
use crate::inventory::device_class::{COMPUTER, OTHER, PHONE, TABLET};
use crate::model::nearest_name;

impl TargetMapping {
    /// That it names a field, and none that the target can't have; what `kept` writes already goes on. `check_field`:
    /// [`super::TargetAdapter::check_field`].
    pub fn check_fields(
        &self,
        kept: Option<&TargetMapping>,
        check_field: impl Fn(&str) -> Result<(), TargetFault>,
    ) -> Result<(), MappingError> {
        if self.fields.is_empty() {
            return Err(MappingError::at("fields", MappingProblem::NoField));
        }
        let written = self.fields.iter().enumerate();
        let is_kept = |field: &str| kept.is_some_and(|kept| kept.fields.iter().any(|row| row.field == field));
        let mut written = written.filter(|(_, row)| row.mode != FieldMode::Leave && !is_kept(&row.field));
        let refused = written.find_map(|(index, row)| Some((index, &row.field, check_field(&row.field).err()?)));
        match refused {
            Some((index, field, TargetFault::Misconfigured { problem, advice })) => {
                let (row, member) = (row_place("fields", index, Some(field)), "field");
                let place = format!("{row}: {member}");
                Err(MappingError::at(
                    place,
                    MappingProblem::RefusedField { problem, advice },
                ))
            }
            _ => Ok(()),
        }
    }

    /// That its classes are some that a device can have; those of `kept` go on. `own`: those that settings of instances make.
    pub fn check_classes(&self, kept: Option<&TargetMapping>, own: &[String]) -> Result<(), MappingError> {
        let built_in = [COMPUTER, PHONE, TABLET, OTHER].into_iter();
        let mut known: Vec<&str> = built_in.collect();
        for class in own {
            if !known.contains(&class.as_str()) {
                known.push(class);
            }
        }
        let is_kept = |class: &str| kept.is_some_and(|kept| kept.classes.iter().any(|row| row.class == class));
        let mut rows = self.classes.iter().enumerate();
        let unknown = rows.find(|(_, row)| !known.contains(&row.class.as_str()) && !is_kept(&row.class));
        let Some((index, row)) = unknown else {
            return Ok(());
        };
        let given = show_text(&row.class);
        let nearest = nearest_name(&row.class, known.iter().copied());
        if let Some(nearest) = nearest {
            known.sort_by_key(|name| *name != nearest);
        }
        let names = known.join(", ");
        let (row, member) = (row_place("classes", index, Some(&row.class)), "class");
        let place = format!("{row}: {member}");
        Err(MappingError::at(place, MappingProblem::UnknownClass { given, names }))
    }

    /// Whether it would have records deleted.
    pub fn deletes_records(&self) -> bool {
        let gone = self.gone;
        [gone.deleted, gone.wiped, gone.retired].contains(&RetireAction::Delete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(text: &str) -> TargetMapping {
        TargetMapping::parse(text).expect("a mapping")
    }

    fn told(result: Result<(), MappingError>) -> String {
        result.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn wn_83_a_field_that_the_target_can_not_have_is_refused_with_its_row() {
        let columns = |field: &str| match field {
            "deviceName" => Ok(()),
            _ => Err(TargetFault::Misconfigured {
                problem: format!("the file has no column {field}"),
                advice: "add it".to_owned(),
            }),
        };
        let row = |field: &str, mode: &str| {
            format!(r#"{{"fields": [{{"field": "{field}", "from": "deviceName", "mode": "{mode}"}}]}}"#)
        };
        assert_eq!(told(mapping(&row("deviceName", "own")).check_fields(None, columns)), "");
        assert_eq!(told(mapping(&row("Hostname", "leave")).check_fields(None, columns)), "");
        let error = mapping(&row("Hostname", "own"))
            .check_fields(None, columns)
            .expect_err("no column");
        assert_eq!((error.code(), error.advice()), ("mappingFile", "add it".to_owned()));
        assert_eq!(
            error.to_string(),
            "fields, row 1 (Hostname): field: the file has no column Hostname"
        );
    }

    #[test]
    fn wn_84_a_mapping_names_a_field() {
        let empty = mapping(r#"{"fields": [], "gone": {"deleted": "delete"}}"#);
        assert_eq!(told(empty.check_fields(None, |_| Ok(()))), "fields: it names no field");
        assert!(empty.deletes_records());
        assert!(!mapping(r#"{"fields": [], "gone": {"deleted": "retire"}}"#).deletes_records());
    }

    #[test]
    fn wn_86_a_class_that_no_device_has_is_told_with_those_that_there_are() {
        let of = |class: &str| {
            mapping(&format!(
                r#"{{"fields": [], "classes": [{{"class": "{class}", "name": "x"}}]}}"#
            ))
        };
        let own = ["kiosk".to_owned(), "phone".to_owned()];
        assert_eq!(told(of("kiosk").check_classes(None, &own)), "");
        assert_eq!(told(of("other").check_classes(None, &[])), "");
        assert_eq!(
            told(of("laptop").check_classes(None, &own)),
            "classes, row 1 (laptop): class: no device has the class \"laptop\"; known: computer, phone, tablet, other, kiosk"
        );
        assert!(told(of("tablets").check_classes(None, &[])).ends_with("known: tablet, computer, phone, other"));
    }
}
