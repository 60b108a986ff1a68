//! The high-level API of GLPI 11, as far as targets use it: lists with filters and pages, computers and phones, statuses, agents,
//! users. What a user changes on a record that inventories write is locked.

use serde_json::{Value, json};

use super::filter::RowFilter;
use super::options::GlpiOptions;
use super::tables::{GlpiTables, show_agent, show_user};

/// Rows of a page unless somebody asks for fewer.
const PAGE_ROWS: usize = 100;

/// One request below `/api.php/v2`.
pub struct ApiRequest {
    pub method: String,
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub body: Value,
}

/// One answer.
pub struct ApiAnswer {
    pub status: u16,
    pub body: Value,
    /// `Content-Range` of a list.
    pub range: Option<String>,
}

impl ApiRequest {
    fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn answer(status: u16, body: Value) -> ApiAnswer {
    ApiAnswer {
        status,
        body,
        range: None,
    }
}

pub fn refuse(status: u16, code: &str, title: &str) -> ApiAnswer {
    answer(status, json!({"status": code, "title": title, "detail": null}))
}

fn not_found() -> ApiAnswer {
    refuse(404, "ERROR_ITEM_NOT_FOUND", "Item not found")
}

pub fn answer_api(tables: &mut GlpiTables, options: &GlpiOptions, request: &ApiRequest) -> ApiAnswer {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["Assets", kind @ ("Computer" | "Phone")]) => {
            let own = tables.items.iter().filter(|item| item.item_type == *kind);
            let rows = own.map(|item| tables.show_item(item)).collect();
            list(rows, request, options.hides_trash)
        }
        ("GET", ["Inventory", "Agent"]) if options.shows_agents => {
            list(tables.agents.iter().map(show_agent).collect(), request, false)
        }
        ("GET", ["Administration", "User"]) => list(tables.users.iter().map(show_user).collect(), request, false),
        ("GET", ["Dropdowns", "State"]) => {
            let rows = tables.states.iter().map(|(id, name)| json!({"id": id, "name": name}));
            list(rows.collect(), request, false)
        }
        ("POST", ["Dropdowns", "State"]) => {
            let Some(name) = request.body["name"].as_str() else {
                return refuse(400, "ERROR_INVALID_PARAMETER", "Invalid input parameters");
            };
            let id = tables.add_state(name);
            answer(201, json!({"id": id, "href": format!("/Dropdowns/State/{id}")}))
        }
        (method, ["Assets", kind @ ("Computer" | "Phone"), id]) => {
            let known = id.parse::<u64>().ok().filter(|id| {
                let mut items = tables.items.iter();
                items.any(|item| item.id == *id && item.item_type == *kind)
            });
            match (method, known) {
                (_, None) => not_found(),
                ("GET", Some(id)) => answer(200, tables.show_item(tables.item(id))),
                ("PATCH", Some(id)) => change_item(tables, id, &request.body),
                ("DELETE", Some(id)) => {
                    if request.query("force").is_some() {
                        tables.items.retain(|item| item.id != id);
                    } else {
                        tables.item_mut(id).is_deleted = true;
                    }
                    answer(204, Value::Null)
                }
                _ => refuse(405, "ERROR_METHOD_NOT_ALLOWED", "Method not allowed"),
            }
        }
        _ => refuse(404, "ERROR_ROUTE_NOT_FOUND", "No route matches"),
    }
}

/// The page that was asked for; 206 while more follows.
fn list(mut rows: Vec<Value>, request: &ApiRequest, hides_trash: bool) -> ApiAnswer {
    let filter = request.query("filter").unwrap_or_default();
    if !filter.is_empty() {
        match RowFilter::parse(filter) {
            Ok(test) => rows.retain(|row| test.fits(row)),
            Err(problem) => return refuse(400, "ERROR_INVALID_PARAMETER", &problem),
        }
    }
    if hides_trash && !filter.contains("is_deleted") {
        rows.retain(|row| row["is_deleted"] != true);
    }
    let number = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
    let total = rows.len();
    let start = number("start").unwrap_or(0).min(total);
    let page: Vec<Value> = rows
        .into_iter()
        .skip(start)
        .take(number("limit").unwrap_or(PAGE_ROWS))
        .collect();
    let end = start + page.len();
    ApiAnswer {
        status: if end < total { 206 } else { 200 },
        range: Some(format!("{start}-{}/{total}", end.saturating_sub(1))),
        body: Value::Array(page),
    }
}

fn change_item(tables: &mut GlpiTables, id: u64, body: &Value) -> ApiAnswer {
    let number = |member: &str| {
        let value = body.get(member)?;
        let number = value.as_u64().or_else(|| value["id"].as_u64());
        Some(number.filter(|number| *number > 0))
    };
    let (status, user) = (number("status"), number("user"));
    let is_known = |user: &u64| tables.users.iter().any(|known| known.id == *user);
    if user.flatten().is_some_and(|user| !is_known(&user)) {
        return refuse(400, "ERROR_INVALID_PARAMETER", "Invalid input parameters");
    }
    let item = tables.item_mut(id);
    let mut changed = Vec::new();
    if let Some(status) = status {
        item.status = status;
        changed.push("status");
    }
    if let Some(user) = user {
        item.user = user;
        changed.push("user");
    }
    for (member, field) in [
        ("name", &mut item.name),
        ("serial", &mut item.serial),
        ("comment", &mut item.comment),
    ] {
        if let Some(text) = body[member].as_str() {
            *field = text.to_owned();
            changed.push(member);
        }
    }
    if item.is_dynamic {
        item.locks.extend(changed.into_iter().map(str::to_owned));
    }
    answer(200, tables.show_item(tables.item(id)))
}
