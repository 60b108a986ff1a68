//! What the stand-in is between two requests, and the way from a request to its answer.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

use super::custom_fields::{make_field, read_fields};
use super::device_read::{list_devices, show_device};
use super::device_write::{CheckedDevices, change_many, change_one, check_new, delete_one};
use super::name_rows::{make_name, read_names};
use super::options::{FaultRule, NetBoxOptions, NetBoxVersion};
use super::tables::{NAME_LISTS, NetBoxTables};
use super::tokens::read_tokens;
use super::wire::{ApiAnswer, ApiRequest, invalid, told};

pub struct NetBoxState {
    pub tables: NetBoxTables,
    pub options: NetBoxOptions,
    pub faults: Vec<FaultRule>,
    /// By kind.
    pub counts: BTreeMap<String, usize>,
}

/// What a request comes to.
pub enum Outcome {
    Answer(ApiAnswer),
    /// Looked at, and to be written when others have come so far.
    Checked(CheckedDevices),
}

impl NetBoxState {
    pub fn new(options: NetBoxOptions) -> NetBoxState {
        NetBoxState {
            tables: NetBoxTables::new(options.version == NetBoxVersion::V46),
            options,
            faults: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    /// `None`: the token is known; else why not.
    pub fn refuse_stranger(&self, headers: &HeaderMap) -> Option<ApiAnswer> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(given) = given else {
            return Some(told(403, "Authentication credentials were not provided."));
        };
        let token = &self.options.token;
        let expected = if !token.starts_with("nbt_") {
            format!("Token {token}")
        } else if self.options.version == NetBoxVersion::V46 {
            format!("Bearer {token}")
        } else {
            // It knows no such tokens.
            String::new()
        };
        (given != expected).then(|| told(403, "Invalid token"))
    }

    /// Does what the request asks for.
    pub fn answer(&mut self, request: &ApiRequest) -> Outcome {
        let kind = kind_of(&request.method, &request.path);
        let is_write = request.method != "GET";
        if self.options.denied.contains(&kind) || (is_write && self.options.is_read_only) {
            return Outcome::Answer(told(403, "You do not have permission to perform this action."));
        }
        if is_write && self.is_crashing(&request.body) {
            let body = json!({"error": "value out of range", "exception": "DataError"});
            return Outcome::Answer(ApiAnswer::new(500, body));
        }
        let (tables, options) = (&mut self.tables, &self.options);
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let list = path.join("/");
        let answer = match (request.method.as_str(), path.as_slice()) {
            ("GET", ["status"]) => status(options),
            ("GET", ["users", "tokens"]) => read_tokens(options, request),
            ("GET", ["dcim", "devices"]) => list_devices(tables, options, request),
            ("POST", ["dcim", "devices"]) => match check_new(tables, &request.body) {
                Ok(checked) => return Outcome::Checked(checked),
                Err(errors) => invalid(errors),
            },
            ("PATCH", ["dcim", "devices"]) => change_many(tables, &request.body),
            (method, ["dcim", "devices", id]) => match (method, id.parse::<u64>()) {
                ("GET", Ok(id)) => show_device(tables, options, id),
                ("PATCH", Ok(id)) => change_one(tables, options, request, id),
                ("DELETE", Ok(id)) => delete_one(tables, id),
                _ => no_page(),
            },
            ("GET", ["extras", "custom-fields"]) => read_fields(tables, options, request),
            ("POST", ["extras", "custom-fields"]) => make_field(tables, request),
            ("GET", _) if NAME_LISTS.contains(&list.as_str()) => read_names(tables, options, request, &list),
            ("POST", _) if NAME_LISTS.contains(&list.as_str()) => make_name(tables, request, &list),
            _ => no_page(),
        };
        Outcome::Answer(answer)
    }

    fn is_crashing(&self, body: &Value) -> bool {
        let Some(name) = &self.options.crashes_at else {
            return false;
        };
        let rows = body.as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter().any(|row| row["name"] == name.as_str())
    }
}

/// No such page: a page for people, and no JSON.
fn no_page() -> ApiAnswer {
    ApiAnswer::new(404, Value::String("<h1>Page Not Found</h1>".to_owned()))
}

fn status(options: &NetBoxOptions) -> ApiAnswer {
    let body = json!({
        "django-version": "5.2.4",
        "netbox-version": options.version.text(),
        "plugins": {},
        "python-version": "3.12.1",
        "rq-workers-running": 1,
    });
    ApiAnswer::new(200, body)
}

/// `PATCH dcim/devices/{id}`: the method, and the path with what differs left out.
pub fn kind_of(method: &str, path: &[String]) -> String {
    let parts = path.iter().map(|part| {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            "{id}"
        } else {
            part.as_str()
        }
    });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}
