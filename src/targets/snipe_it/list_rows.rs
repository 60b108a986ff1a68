//! Rows of the lists that Snipe-IT has beside its assets, as far as this adapter asks: custom fields, fieldsets, status
//! labels, models, and what only has a name. Pure. Names are un-escaped here, once.

use serde_json::Value;

use super::html_text::unescape_html;
use crate::targets::TargetFault;

/// A page of a list.
#[derive(Debug)]
pub(super) struct ListPart {
    pub rows: Vec<Value>,
    /// Rows of the whole list, as it counts now.
    pub total: u64,
}

/// A list is `{"total":…,"rows":[…]}`; anything else is none.
pub(super) fn read_list(answer: Value) -> Result<ListPart, TargetFault> {
    let unreadable = || TargetFault::Unreadable {
        problem: "a list of Snipe-IT has no rows".to_owned(),
    };
    let Value::Object(mut list) = answer else {
        return Err(unreadable());
    };
    let total = list.get("total").and_then(number_of);
    match (list.remove("rows"), total) {
        (Some(Value::Array(rows)), total) => Ok(ListPart {
            total: total.unwrap_or(rows.len() as u64),
            rows,
        }),
        // An empty list of PHP may be written so.
        (Some(Value::Object(rows)), Some(0)) if rows.is_empty() => Ok(ListPart {
            rows: Vec::new(),
            total: 0,
        }),
        _ => Err(unreadable()),
    }
}

/// A whole number, also where it is written as a text.
pub(super) fn number_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

pub(super) fn id_of(row: &Value) -> Option<u64> {
    row.get("id").and_then(number_of)
}

/// The text of a member that was read, without its escapes; `None` where it is empty.
pub(super) fn text_of(row: &Value, member: &str) -> Option<String> {
    let text = match row.get(member)? {
        Value::String(text) => unescape_html(text),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// The name of an object in a row.
pub(super) fn name_in(row: &Value, member: &str) -> Option<String> {
    text_of(row.get(member)?, "name")
}

/// Whether two names are one over there: its database does not tell case.
pub(super) fn is_same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// What only has a name: a manufacturer, a category of assets, a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedRow {
    pub id: u64,
    pub name: String,
}

pub(super) fn read_named(row: &Value) -> Option<NamedRow> {
    Some(NamedRow {
        id: id_of(row)?,
        name: text_of(row, "name")?,
    })
}

/// Categories of accessories and licences bear the same names.
pub(super) fn read_asset_category(row: &Value) -> Option<NamedRow> {
    // `Asset` or `asset`, by version.
    let kind = text_of(row, "category_type")?;
    kind.eq_ignore_ascii_case("asset").then(|| read_named(row)).flatten()
}

/// A status label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelRow {
    pub id: u64,
    pub name: String,
    /// `deployable`, `pending`, `undeployable` or `archived`.
    pub kind: String,
}

pub(super) fn read_label(row: &Value) -> Option<LabelRow> {
    Some(LabelRow {
        id: id_of(row)?,
        name: text_of(row, "name")?,
        kind: text_of(row, "type").unwrap_or_default(),
    })
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CustomField {
    pub id: u64,
    pub label: String,
    /// Its column among those of assets: `_snipeit_intune_id_7`. It is learnt, never made up.
    pub column: String,
    /// `ANY`, `MAC`, `BOOLEAN` …
    pub format: String,
    /// The only values that it takes; empty: any.
    pub values: Vec<String>,
}

pub(super) fn read_custom_field(row: &Value) -> Option<CustomField> {
    // A list has `db_column_name`, the answer to a create `db_column`.
    let column = text_of(row, "db_column_name").or_else(|| text_of(row, "db_column"))?;
    let values = text_of(row, "field_values").unwrap_or_default();
    let is_choice = text_of(row, "type").is_some_and(|element| element == "listbox" || element == "radio");
    Some(CustomField {
        id: id_of(row)?,
        label: text_of(row, "name")?,
        column,
        format: text_of(row, "format").unwrap_or_default(),
        values: if is_choice { read_choices(&values) } else { Vec::new() },
    })
}

/// One a line, or `value|what people see`.
fn read_choices(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.split('|').next());
    let trimmed = lines.map(str::trim).filter(|value| !value.is_empty());
    trimmed.map(str::to_owned).collect()
}

pub(super) fn find_field<'a>(fields: &'a [CustomField], label: &str) -> Option<&'a CustomField> {
    let exact = fields.iter().find(|field| field.label == label.trim());
    exact.or_else(|| fields.iter().find(|field| is_same_name(&field.label, label)))
}

/// A fieldset: which custom fields the models that have it show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldsetRow {
    pub id: u64,
    pub name: String,
    pub columns: Vec<String>,
}

pub(super) fn read_fieldset(row: &Value) -> Option<FieldsetRow> {
    let fields = row.get("fields").and_then(|fields| fields.get("rows"));
    let fields = fields.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Some(FieldsetRow {
        id: id_of(row)?,
        name: text_of(row, "name")?,
        columns: fields
            .iter()
            .filter_map(|field| text_of(field, "db_column_name"))
            .collect(),
    })
}

/// A model of assets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModelRow {
    pub id: u64,
    pub name: String,
    pub number: Option<String>,
    pub manufacturer: Option<String>,
    pub category: Option<u64>,
    pub fieldset: Option<u64>,
}

pub(super) fn read_model(row: &Value) -> Option<ModelRow> {
    Some(ModelRow {
        id: id_of(row)?,
        name: text_of(row, "name")?,
        number: text_of(row, "model_number"),
        manufacturer: name_in(row, "manufacturer"),
        category: row.get("category").and_then(id_of),
        fieldset: row.get("fieldset").and_then(id_of),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_has_rows_and_a_count_or_is_none() {
        let part = read_list(json!({"total": 700, "rows": [{"id": 1}]})).unwrap();
        assert_eq!((part.rows.len(), part.total), (1, 700));
        assert_eq!(read_list(json!({"rows": [{"id": 1}]})).unwrap().total, 1);
        assert_eq!(read_list(json!({"total": "0", "rows": {}})).unwrap().rows.len(), 0);
        for none in [
            json!([]),
            json!({"total": 3}),
            json!({"total": 1, "rows": {}}),
            json!("rows"),
        ] {
            assert!(read_list(none.clone()).is_err(), "{none}");
        }
    }

    #[test]
    fn names_are_unescaped_and_compared_as_the_database_does() {
        let row = json!({"id": "12", "name": " R&amp;D ", "category_type": "Asset"});
        let named = NamedRow {
            id: 12,
            name: "R&D".to_owned(),
        };
        assert_eq!(read_named(&row), Some(named.clone()));
        assert_eq!(read_asset_category(&row), Some(named));
        assert_eq!(
            read_asset_category(&json!({"id": 1, "name": "Mice", "category_type": "Accessory"})),
            None
        );
        assert!(is_same_name("ÄPFEL ", "äpfel") && !is_same_name("Dell", "Dell Inc."));
        assert_eq!(read_named(&json!({"id": 1, "name": ""})), None);
    }

    #[test]
    fn a_custom_field_says_which_column_it_has() {
        let listed = json!({"id": 7, "name": "Intune ID", "db_column_name": "_snipeit_intune_id_7", "format": "ANY",
            "field_values": null, "type": "text"});
        let made = json!({"id": 7, "name": "Intune ID", "db_column": "_snipeit_intune_id_7", "format": "ANY"});
        assert_eq!(read_custom_field(&listed), read_custom_field(&made));
        let choice = json!({"id": 8, "name": "State", "db_column_name": "_snipeit_state_8", "format": "ANY",
            "field_values": "new\r\nold|Old one\n\n", "type": "listbox"});
        let choice = read_custom_field(&choice).unwrap();
        assert_eq!(choice.values, ["new", "old"]);
        let fields = [read_custom_field(&listed).unwrap(), choice];
        assert_eq!(find_field(&fields, "intune id").map(|field| field.id), Some(7));
        assert_eq!(find_field(&fields, "Intune"), None);
        assert_eq!(read_custom_field(&json!({"id": 9, "name": "No column"})), None);
    }

    #[test]
    fn a_fieldset_tells_its_columns_and_a_model_its_fieldset() {
        let fieldset = json!({"id": 2, "name": "Intune", "fields": {"total": 1, "rows": [
            {"id": 7, "name": "Intune ID", "db_column_name": "_snipeit_intune_id_7"}]}});
        assert_eq!(read_fieldset(&fieldset).unwrap().columns, ["_snipeit_intune_id_7"]);
        assert_eq!(
            read_fieldset(&json!({"id": 3, "name": "Empty", "fields": {"total": 0, "rows": []}}))
                .unwrap()
                .columns,
            [""; 0]
        );
        let model = json!({"id": 4, "name": "Latitude 7450", "model_number": "", "manufacturer": {"id": 1, "name": "Dell"},
            "category": {"id": 9, "name": "Laptops"}, "fieldset": null});
        let model = read_model(&model).unwrap();
        assert_eq!((model.number, model.fieldset, model.category), (None, None, Some(9)));
        assert_eq!(model.manufacturer.as_deref(), Some("Dell"));
    }
}
