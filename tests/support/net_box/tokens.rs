//! The API tokens that a user may view: their own.

use serde_json::{Value, json};

use super::options::{NetBoxOptions, NetBoxVersion};
use super::wire::{ApiAnswer, ApiRequest, page};

/// Of the same user, and in nobody's use.
const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffff";
/// Letters of a token of version 1 that are shown.
const SHOWN_LETTERS: usize = 6;

pub fn read_tokens(options: &NetBoxOptions, request: &ApiRequest) -> ApiAnswer {
    let other = describe_token(options.version, 1, OTHER, Some("2020-01-01T00:00:00Z"));
    let own = describe_token(options.version, 2, &options.token, options.token_expires.as_deref());
    let mut rows = vec![other, own];
    if let Some(wanted) = request.query_text("fields") {
        let is_wanted = |field: &str| wanted.split(',').any(|name| name == field);
        for row in rows.iter_mut().filter_map(Value::as_object_mut) {
            row.retain(|field, _| is_wanted(field));
        }
    }
    let takes_cursor = options.version == NetBoxVersion::V46;
    page(request, rows, options.max_page_size, takes_cursor)
}

fn describe_token(version: NetBoxVersion, id: u64, token: &str, expires: Option<&str>) -> Value {
    let key = token.strip_prefix("nbt_").and_then(|rest| rest.split('.').next());
    let display = match (key, version) {
        (Some(key), _) => key.to_owned(),
        // Shown whole, unless the settings forbid it.
        (None, NetBoxVersion::V42) => token.to_owned(),
        (None, NetBoxVersion::V46) => {
            let hidden = token.chars().count().saturating_sub(SHOWN_LETTERS);
            let shown: String = token.chars().skip(hidden).collect();
            format!("**********************************{shown}")
        }
    };
    json!({
        "id": id, "url": format!("http://netbox/api/users/tokens/{id}/"), "display": display,
        "user": {"id": 2, "display": "intune", "username": "intune"}, "description": "",
        "created": "2019-12-01T08:00:00Z", "expires": expires, "last_used": null, "write_enabled": true,
    })
}
