//! Requests as PHP sees them and answers as it writes them: texts trimmed and empty ones null on their way in, escaped for
//! HTML on their way out, errors with HTTP 200.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// One request, read.
#[derive(Debug, Clone)]
pub struct ApiRequest {
    pub method: String,
    /// Below `/api/v1`, decoded, without empty parts.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    /// The input: the body, with the query where there is no body.
    pub input: Map<String, Value>,
}

/// One answer: status and body.
#[derive(Debug, Clone)]
pub struct ApiAnswer {
    pub status: u16,
    pub body: Value,
}

impl ApiRequest {
    /// `filled`: there, and not empty.
    pub fn query_text(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether the input has it, with whatever value.
    pub fn has(&self, name: &str) -> bool {
        self.input.contains_key(name)
    }

    /// As text; `None` where it is empty or not there.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.input.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
            _ => None,
        }
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }
}

/// Laravel's `TrimStrings` and `ConvertEmptyStringsToNull`.
pub fn clean_input(value: Value) -> Value {
    match value {
        Value::String(text) => match text.trim() {
            "" => Value::Null,
            trimmed => Value::String(trimmed.to_owned()),
        },
        Value::Array(list) => Value::Array(list.into_iter().map(clean_input).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, clean_input(value))).collect()),
        other => other,
    }
}

/// PHP's `e()`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#039;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `e()` of a column that may be null: an empty text.
pub fn escape_or_empty(text: Option<&str>) -> Value {
    Value::String(text.map(escape).unwrap_or_default())
}

/// Null where there is nothing.
pub fn escape_or_null(text: Option<&str>) -> Value {
    text.filter(|text| !text.is_empty())
        .map_or(Value::Null, |text| Value::String(escape(text)))
}

pub fn datetime(at: Option<DateTime<Utc>>) -> Value {
    at.map_or(Value::Null, |at| {
        json!({
            "datetime": at.format("%Y-%m-%d %H:%M:%S").to_string(),
            "formatted": at.format("%a %b %d, %Y %I:%M%p").to_string(),
        })
    })
}

pub fn date(day: Option<&str>) -> Value {
    day.map_or(
        Value::Null,
        |day| json!({"date": day, "formatted": format!("on {day}")}),
    )
}

/// As a row is written that is not transformed.
pub fn raw_time(at: Option<DateTime<Utc>>) -> Value {
    at.map_or(Value::Null, |at| {
        Value::String(at.format("%Y-%m-%dT%H:%M:%S.000000Z").to_string())
    })
}

pub fn ok(body: Value) -> ApiAnswer {
    ApiAnswer { status: 200, body }
}

pub fn success(payload: Value, message: &str) -> ApiAnswer {
    ok(json!({"status": "success", "messages": message, "payload": payload}))
}

pub fn error(message: impl Into<Value>, payload: Value) -> ApiAnswer {
    let message: Value = message.into();
    ok(json!({"status": "error", "messages": message, "payload": payload}))
}

/// Errors of validation: field to what is wrong with it.
pub type FieldErrors = Map<String, Value>;

pub fn invalid(errors: FieldErrors) -> ApiAnswer {
    error(Value::Object(errors), Value::Null)
}

pub fn add_error(errors: &mut FieldErrors, field: &str, text: &str) {
    errors.insert(field.to_owned(), json!([text]));
}

pub fn no_such(what: &str) -> ApiAnswer {
    error(format!("{what} not found"), Value::Null)
}

/// 403, in the shape of the framework.
pub fn unauthorised_action() -> ApiAnswer {
    ApiAnswer {
        status: 403,
        body: json!({"message": "This action is unauthorized."}),
    }
}

pub fn no_endpoint() -> ApiAnswer {
    ApiAnswer {
        status: 404,
        body: json!({"status": "error", "messages": "404 endpoint not found", "payload": null}),
    }
}

pub fn no_method() -> ApiAnswer {
    ApiAnswer {
        status: 405,
        body: json!({"status": "error", "messages": "Method not allowed", "payload": null}),
    }
}

/// `total` and `rows` of a page: `limit` and `offset` as Snipe-IT takes them.
pub fn page(request: &ApiRequest, rows: Vec<Value>, most: u64) -> ApiAnswer {
    let total = rows.len();
    let asked = request.query_text("limit").and_then(|limit| limit.parse::<u64>().ok());
    let limit = asked.filter(|limit| (1..=most).contains(limit)).unwrap_or(most);
    let offset = request
        .query_text("offset")
        .and_then(|offset| offset.parse::<usize>().ok());
    let offset = offset.unwrap_or(0).min(total);
    let rows: Vec<Value> = rows.into_iter().skip(offset).take(limit as usize).collect();
    ok(json!({"total": total, "rows": rows}))
}

/// A list that knows no pages.
pub fn whole(rows: Vec<Value>) -> ApiAnswer {
    ok(json!({"total": rows.len(), "rows": rows}))
}
