//! Lists of what has a name and a slug: sites, roles, tags, platforms, manufacturers, device types.

use serde_json::{Value, json};

use super::options::{NetBoxOptions, NetBoxVersion};
use super::tables::{NameRecord, NetBoxTables};
use super::wire::{ApiAnswer, ApiRequest, FieldErrors, add_error, invalid, page};

const LONGEST: usize = 100;
pub const TYPES: &str = "dcim/device-types";
pub const MAKERS: &str = "dcim/manufacturers";

pub fn read_names(tables: &NetBoxTables, options: &NetBoxOptions, request: &ApiRequest, list: &str) -> ApiAnswer {
    let is_by_id = request.query_text("ordering") == Some("id");
    let mut rows: Vec<&NameRecord> = tables.rows(list).iter().collect();
    if !is_by_id {
        rows.sort_by(|one, other| one.name.cmp(&other.name));
    }
    let rows = rows.into_iter().map(|row| describe_row(tables, list, row)).collect();
    page(
        request,
        rows,
        options.max_page_size,
        options.version == NetBoxVersion::V46,
    )
}

/// Short, as a device names it, or whole.
pub fn describe_row(tables: &NetBoxTables, list: &str, row: &NameRecord) -> Value {
    if list != TYPES {
        return json!({"id": row.id, "display": row.name, "name": row.name, "slug": row.slug});
    }
    let maker = row.manufacturer.and_then(|id| tables.row(MAKERS, id));
    let maker = maker.map(|maker| describe_row(tables, MAKERS, maker));
    json!({"id": row.id, "display": row.name, "manufacturer": maker, "model": row.name, "slug": row.slug})
}

pub fn make_name(tables: &mut NetBoxTables, request: &ApiRequest, list: &str) -> ApiAnswer {
    let name_key = if list == TYPES { "model" } else { "name" };
    let text = |key: &str| request.body[key].as_str().map(str::trim).unwrap_or_default().to_owned();
    let (name, slug) = (text(name_key), text("slug"));
    let mut errors = FieldErrors::new();
    for (key, value) in [(name_key, name.as_str()), ("slug", slug.as_str())] {
        if value.is_empty() {
            add_error(&mut errors, key, "This field is required.");
        } else if value.chars().count() > LONGEST {
            add_error(&mut errors, key, "Ensure this field has no more than 100 characters.");
        }
    }
    let is_slug = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !slug.chars().all(is_slug) {
        add_error(
            &mut errors,
            "slug",
            "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.",
        );
    }
    let manufacturer = request.body["manufacturer"].as_u64();
    if list == TYPES && manufacturer.and_then(|id| tables.row(MAKERS, id)).is_none() {
        add_error(&mut errors, "manufacturer", "This field is required.");
    }
    if errors.is_empty() {
        find_taken(tables, list, (name.as_str(), slug.as_str(), manufacturer), &mut errors);
    }
    if !errors.is_empty() {
        return invalid(errors);
    }
    let row = NameRecord {
        id: tables.new_id(),
        name,
        slug,
        manufacturer,
    };
    let told = describe_row(tables, list, &row);
    tables.names.entry(list.to_owned()).or_default().push(row);
    ApiAnswer::new(201, told)
}

fn find_taken(tables: &NetBoxTables, list: &str, made: (&str, &str, Option<u64>), errors: &mut FieldErrors) {
    let (name, slug, manufacturer) = made;
    for row in tables.rows(list) {
        if list == TYPES {
            if row.manufacturer == manufacturer && (row.name == name || row.slug == slug) {
                add_error(
                    errors,
                    "__all__",
                    "Device type with this manufacturer and model already exists.",
                );
            }
            continue;
        }
        if row.name == name {
            add_error(errors, "name", "object with this name already exists.");
        }
        if row.slug == slug {
            add_error(errors, "slug", "object with this slug already exists.");
        }
    }
}
