//! What stands before the tables: sign-in, the budget of requests, rights, faults on request; and which request is of which
//! kind.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::asset_read::{list_assets, show_asset, show_by_serial, show_by_tag};
use super::asset_write::{change_asset, check_in, check_out, create_asset, delete_asset, restore_asset};
use super::name_lists::{read_name, read_names};
use super::name_writes::{associate_field, change_model, make_name};
use super::options::{FaultRule, SnipeOptions};
use super::tables::SnipeTables;
use super::wire::{ApiAnswer, ApiRequest, no_endpoint, no_method, ok, unauthorised_action};

/// The whole server: what it keeps, how it behaves, what it has seen.
pub struct SnipeState {
    pub tables: SnipeTables,
    pub options: SnipeOptions,
    pub faults: Vec<FaultRule>,
    pub counts: BTreeMap<String, usize>,
    /// Requests that it refused because the budget was used up.
    pub throttled: usize,
    window: Option<(DateTime<Utc>, u32)>,
}

/// What is left of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub limit: u32,
    pub remaining: u32,
    /// `Some`: this request is too much, and so long nothing is taken.
    pub wait: Option<Duration>,
}

impl SnipeState {
    pub fn new(options: SnipeOptions) -> SnipeState {
        SnipeState {
            tables: SnipeTables::fresh(),
            options,
            faults: Vec::new(),
            counts: BTreeMap::new(),
            throttled: 0,
            window: None,
        }
    }

    /// Counts this request in the window that began with the first one.
    pub fn use_budget(&mut self) -> Budget {
        let limit = self.options.per_minute;
        let now = Utc::now();
        let age = |began: DateTime<Utc>| (now - began).to_std().unwrap_or_default();
        let (began, used) = match self.window {
            Some((began, used)) if age(began) < self.options.window => (began, used),
            _ => (now, 0),
        };
        let left = self.options.window.saturating_sub(age(began));
        if used >= limit {
            self.throttled += 1;
            return Budget {
                limit,
                remaining: 0,
                wait: Some(left),
            };
        }
        self.window = Some((began, used + 1));
        Budget {
            limit,
            remaining: limit - used - 1,
            wait: None,
        }
    }

    pub fn is_signed_in(&self, headers: &HeaderMap) -> bool {
        let expected = format!("Bearer {}", self.options.token);
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        given == Some(expected.as_str())
    }

    /// Does what the request asks for.
    pub fn answer(&mut self, request: &ApiRequest) -> ApiAnswer {
        if self.options.denied.contains(&kind_of(&request.method, &request.path)) {
            return unauthorised_action();
        }
        let (tables, options) = (&mut self.tables, &self.options);
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        match path.as_slice() {
            ["version"] => ok(version(options)),
            ["hardware"] if method == "GET" => list_assets(tables, options, request),
            ["hardware"] if method == "POST" => create_asset(tables, options, request),
            ["hardware", "byserial", ..] if method == "GET" => {
                show_by_serial(tables, options, request, &path[2..].join("/"))
            }
            ["hardware", "bytag", ..] if method == "GET" => show_by_tag(tables, options, request, &path[2..].join("/")),
            ["hardware", id] => with_id(id, |id| match method {
                "GET" => show_asset(tables, options, id),
                "PATCH" | "PUT" => change_asset(tables, options, request, id),
                "DELETE" => delete_asset(tables, id),
                _ => no_method(),
            }),
            ["hardware", id, act] if method == "POST" => with_id(id, |id| match *act {
                "checkout" => check_out(tables, options, request, id),
                "checkin" => check_in(tables, request, id),
                "restore" => restore_asset(tables, options, id),
                _ => no_endpoint(),
            }),
            ["models", id] if method == "PATCH" || method == "PUT" => {
                with_id(id, |id| change_model(tables, request, id))
            }
            ["fields", id, "associate"] if method == "POST" => {
                with_id(id, |id| associate_field(tables, request, id, true))
            }
            ["fields", id, "disassociate"] if method == "POST" => {
                with_id(id, |id| associate_field(tables, request, id, false))
            }
            [list] if method == "GET" => read_names(tables, options, request, list).unwrap_or_else(no_endpoint),
            [list] if method == "POST" => make_name(tables, request, list).unwrap_or_else(no_endpoint),
            [list, id] if method == "GET" => with_id(id, |id| {
                read_name(tables, options, request, list, id).unwrap_or_else(no_endpoint)
            }),
            _ => no_endpoint(),
        }
    }
}

fn with_id(id: &str, act: impl FnOnce(u64) -> ApiAnswer) -> ApiAnswer {
    id.parse().map_or_else(|_| no_endpoint(), act)
}

fn version(options: &SnipeOptions) -> Value {
    let version = options.version.text();
    json!({
        "version": version,
        "full_version": format!("{version} - build 18000-g1234567"),
        "build_version": "18000",
        "hash_version": "g1234567",
    })
}

/// `PATCH hardware/{id}`, `GET hardware/byserial`: the method, and the path with what differs left out.
pub fn kind_of(method: &str, path: &[String]) -> String {
    let mut parts = Vec::new();
    for part in path {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            parts.push("{id}");
        } else {
            parts.push(part.as_str());
        }
        if matches!(part.as_str(), "byserial" | "bytag") {
            break;
        }
    }
    format!("{method} {}", parts.join("/"))
}
