//! Requests as NetBox sees them, and answers as it writes them.

use serde_json::{Map, Value, json};

/// One request, read.
#[derive(Debug, Clone)]
pub struct ApiRequest {
    pub method: String,
    /// Below `/api`, decoded, without empty parts.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub body: Value,
    pub if_match: Option<String>,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct ApiAnswer {
    pub status: u16,
    pub body: Value,
    pub etag: Option<String>,
}

impl ApiRequest {
    pub fn query_text(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn query_number(&self, name: &str) -> Option<u64> {
        self.query_text(name)?.parse().ok()
    }

    /// All values of a parameter that may come several times.
    pub fn query_texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.query.iter().filter(move |(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl ApiAnswer {
    pub fn new(status: u16, body: Value) -> ApiAnswer {
        ApiAnswer {
            status,
            body,
            etag: None,
        }
    }
}

/// Field to what is wrong with it.
pub type FieldErrors = Map<String, Value>;

pub fn add_error(errors: &mut FieldErrors, field: &str, text: impl Into<String>) {
    let text: String = text.into();
    errors.insert(field.to_owned(), json!([text]));
}

pub fn one_error(field: &str, text: impl Into<String>) -> FieldErrors {
    let mut errors = FieldErrors::new();
    add_error(&mut errors, field, text);
    errors
}

pub fn invalid(errors: FieldErrors) -> ApiAnswer {
    ApiAnswer::new(400, Value::Object(errors))
}

pub fn told(status: u16, detail: &str) -> ApiAnswer {
    ApiAnswer::new(status, json!({ "detail": detail }))
}

pub fn not_found() -> ApiAnswer {
    told(404, "Not found.")
}

/// How many rows a page has: 50, as many as are asked for, and never more than the limit, without a word.
fn page_size(request: &ApiRequest, most: u64) -> u64 {
    match request.query_number("limit") {
        Some(0) => most,
        Some(limit) => limit.min(most),
        None => most.min(50),
    }
}

/// A page of rows that are in order; `takes_cursor`: `start` is known.
pub fn page(request: &ApiRequest, rows: Vec<Value>, most: u64, takes_cursor: bool) -> ApiAnswer {
    let limit = page_size(request, most) as usize;
    if let Some(start) = request.query_number("start").filter(|_| takes_cursor) {
        let mut rows = rows;
        rows.sort_by_key(|row| row["id"].as_u64());
        rows.retain(|row| row["id"].as_u64() >= Some(start));
        rows.truncate(limit);
        return ApiAnswer::new(
            200,
            json!({"count": null, "next": null, "previous": null, "results": rows}),
        );
    }
    let offset = request.query_number("offset").unwrap_or(0) as usize;
    let total = rows.len();
    let is_last = offset + limit >= total;
    let next = (!is_last).then(|| format!("http://netbox/?limit={limit}&offset={}", offset + limit));
    let rows: Vec<Value> = rows.into_iter().skip(offset).take(limit).collect();
    ApiAnswer::new(
        200,
        json!({"count": total, "next": next, "previous": null, "results": rows}),
    )
}
