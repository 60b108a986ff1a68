//! The Table API: queries, pages, and changes of one row.

use serde_json::{Map, Value, json};

use super::serve::{ApiAnswer, ApiRequest, failure, good};
use super::state::{ServiceNowState, columns_of, lineage};

/// One row as a query sees it.
struct SeenRow {
    sys_id: String,
    columns: Vec<(String, String)>,
}

impl SeenRow {
    fn value(&self, column: &str) -> Option<&str> {
        let mut columns = self.columns.iter();
        columns
            .find(|(name, _)| name == column)
            .map(|(_, value)| value.as_str())
    }
}

pub fn read_table(state: &mut ServiceNowState, request: &ApiRequest, table: &str) -> ApiAnswer {
    let Some(columns) = known_columns(table) else {
        return failure(400, "Invalid table", &format!("Invalid table {table}"));
    };
    let query = request.query_text("sysparm_query").unwrap_or_default();
    if query.to_ascii_lowercase().contains("javascript:") {
        state.scripts += 1;
    }
    let mut rows: Vec<SeenRow> = list_rows(state, table);
    rows.retain(|row| fits_query(row, &query, &columns));
    if query.contains("ORDERBYsys_id") {
        rows.sort_by(|one, other| one.sys_id.cmp(&other.sys_id));
    }
    let total = rows.len();
    let number = |name: &str, usual: usize| {
        let text = request.query_text(name);
        text.and_then(|text| text.parse::<usize>().ok()).unwrap_or(usual)
    };
    let (limit, offset) = (number("sysparm_limit", 10_000), number("sysparm_offset", 0));
    let page: Vec<SeenRow> = rows.into_iter().skip(offset).take(limit).collect();
    // Rights are looked at behind the limit.
    let shown: Vec<Value> = page
        .iter()
        .filter(|row| !state.options.hidden.contains(&row.sys_id))
        .map(|row| show_row(state, request, row))
        .collect();
    if shown.is_empty() && state.options.is_first_version {
        return failure(
            404,
            "No Record found",
            "Record doesn't exist or ACL restricts the record retrieval",
        );
    }
    let mut answer = good(200, json!({"result": shown}));
    answer.headers.push(("x-total-count", total.to_string()));
    if state.options.has_links {
        answer
            .headers
            .push(("link", build_links(request, table, offset, limit, total)));
    }
    answer
}

fn known_columns(table: &str) -> Option<Vec<String>> {
    let fixed: &[&str] = match table {
        "sys_user" => &["sys_id", "user_name", "email", "active", "department", "cost_center"],
        "core_company" | "cmdb_model" | "cmn_department" | "cmn_cost_center" | "cmn_location" => &["sys_id", "name"],
        _ => &[],
    };
    if !fixed.is_empty() {
        return Some(fixed.iter().map(|column| (*column).to_owned()).collect());
    }
    let columns = columns_of(table);
    (!columns.is_empty()).then(|| columns.into_iter().map(str::to_owned).collect())
}

fn list_rows(state: &ServiceNowState, table: &str) -> Vec<SeenRow> {
    let columns = known_columns(table).unwrap_or_default();
    if columns_of(table).is_empty() {
        let rows = state.rows.iter().filter(|row| row.table == table);
        let value = |values: &std::collections::BTreeMap<String, String>, id: &str, column: &str| match column {
            "sys_id" => id.to_owned(),
            other => values.get(other).cloned().unwrap_or_default(),
        };
        return rows
            .map(|row| SeenRow {
                sys_id: row.sys_id.clone(),
                columns: columns
                    .iter()
                    .map(|column| (column.clone(), value(&row.values, &row.sys_id, column)))
                    .collect(),
            })
            .collect();
    }
    // A table has the rows of all classes below it, with its own columns.
    let rows = state.cis.iter().filter(|ci| lineage(&ci.class).contains(&table));
    rows.map(|ci| SeenRow {
        sys_id: ci.sys_id.clone(),
        columns: columns
            .iter()
            .map(|column| (column.clone(), ci.text(column).to_owned()))
            .collect(),
    })
    .collect()
}

/// Conditions joined by `^`, each of them of alternatives joined by `^OR`. What names no column is passed over.
fn fits_query(row: &SeenRow, query: &str, columns: &[String]) -> bool {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    for part in query
        .split('^')
        .filter(|part| !part.is_empty() && !part.starts_with("ORDERBY"))
    {
        match (part.strip_prefix("OR"), groups.last_mut()) {
            (Some(alternative), Some(group)) => group.push(alternative),
            _ => groups.push(vec![part]),
        }
    }
    groups.iter().all(|group| {
        let judged: Vec<bool> = group
            .iter()
            .filter_map(|part| judge_condition(row, part, columns))
            .collect();
        judged.is_empty() || judged.contains(&true)
    })
}

/// `None`: there is no such column.
fn judge_condition(row: &SeenRow, part: &str, columns: &[String]) -> Option<bool> {
    for operator in ["LIKE", "IN", "="] {
        let Some((column, wanted)) = part.split_once(operator) else {
            continue;
        };
        if !columns.iter().any(|known| known == column) {
            continue;
        }
        let value = row.value(column).unwrap_or_default();
        return Some(match operator {
            "LIKE" => value.contains(wanted),
            "IN" => wanted.split(',').any(|one| one == value),
            _ => value == wanted,
        });
    }
    None
}

fn show_row(state: &ServiceNowState, request: &ApiRequest, row: &SeenRow) -> Value {
    let fields = request.query_text("sysparm_fields");
    let is_wanted = |column: &str| {
        let fields = fields.as_deref();
        fields.is_none_or(|fields| fields.split(',').any(|field| field == column))
    };
    let shows_all = request.query_text("sysparm_display_value").as_deref() == Some("all");
    let mut shown = Map::new();
    for (column, value) in row.columns.iter().filter(|(column, _)| is_wanted(column)) {
        let cell = if shows_all {
            json!({"value": value, "display_value": state.shown(column, value)})
        } else {
            json!(value)
        };
        shown.insert(column.clone(), cell);
    }
    Value::Object(shown)
}

fn build_links(request: &ApiRequest, table: &str, offset: usize, limit: usize, total: usize) -> String {
    let fields = request.query_text("sysparm_fields").unwrap_or_default();
    let link = |rel: &str, offset: usize| {
        format!(
            "<https://elsewhere.example/api/now/table/{table}?sysparm_fields={fields}&sysparm_limit={limit}&\
             sysparm_offset={offset}>;rel=\"{rel}\""
        )
    };
    let mut links = vec![link("first", 0)];
    if offset + limit < total {
        links.push(link("next", offset + limit));
    }
    links.push(link("last", total.saturating_sub(1) / limit.max(1) * limit));
    links.join(",")
}

/// `PATCH` of one row.
pub fn change_row(state: &mut ServiceNowState, request: &ApiRequest, table: &str, sys_id: &str) -> ApiAnswer {
    let Some(ci) = state.ci_mut(sys_id).filter(|ci| lineage(&ci.class).contains(&table)) else {
        return failure(
            404,
            "No Record found",
            "Record doesn't exist or ACL restricts the record retrieval",
        );
    };
    let columns = columns_of(&ci.class);
    for (column, value) in request.body.as_object().into_iter().flatten() {
        if columns.contains(&column.as_str()) {
            ci.values
                .insert(column.clone(), value.as_str().unwrap_or_default().to_owned());
        }
    }
    good(200, json!({"result": {"sys_id": sys_id}}))
}
