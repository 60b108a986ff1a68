//! `$select` and `$count` of everything but devices, which have a table of their own: what was chosen is shown, what
//! the type does not have is refused.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Answer, Call};

/// The options that [`answer`] sees to; for collections in pages, [`super::paged`] sees to two more.
pub(super) const SELECT: &[&str] = &["$select"];
pub(super) const PAGED: &[&str] = &["$select", "$top", "$skiptoken", "$count"];

/// A type of which an answer is made.
pub(super) struct ResourceType {
    pub name: &'static str,
    /// All its members; none where the rows have only what was chosen already.
    pub fields: &'static [&'static str],
    /// Shown where nothing was chosen; all where it is empty.
    pub defaults: &'static [&'static str],
}

/// `body` is one object or a collection in `value`; the part that was asked for is the answer.
pub(super) fn answer(call: &Call, kind: &ResourceType, mut body: Value) -> Answer {
    let chosen = match chosen(call, kind) {
        Ok(chosen) => chosen,
        Err(name) => {
            let message = format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{}'.",
                kind.name
            );
            return call.refuse(StatusCode::BAD_REQUEST, "BadRequest", &message);
        }
    };
    if let Some(shown) = chosen.as_deref() {
        // What was expanded was asked for, too.
        let expanded = call.query.get("$expand").unwrap_or_default();
        let expanded = expanded
            .split(',')
            .map(|name| name.split('(').next().unwrap_or_default().trim());
        let kept: Vec<&str> = shown.iter().copied().chain(expanded).collect();
        match body["value"].as_array_mut() {
            Some(rows) => rows.iter_mut().for_each(|row| keep(row, &kept)),
            None => keep(&mut body, &kept),
        }
    }
    if call.query.get("$select").is_some()
        && let (Some(shown), Some(context)) = (chosen, body["@odata.context"].as_str())
    {
        let names = shown.join(",");
        let context = match context.strip_suffix("/$entity") {
            Some(entity) => format!("{entity}({names})/$entity"),
            None => format!("{context}({names})"),
        };
        body["@odata.context"] = json!(context);
    }
    Answer::json(StatusCode::OK, &body)
}

/// The names to show, as the type writes them; none where all are shown. The error is a name that it does not have.
fn chosen(call: &Call, kind: &ResourceType) -> Result<Option<Vec<&'static str>>, String> {
    // A type without fields was chosen from before.
    let select = call.query.get("$select").filter(|_| !kind.fields.is_empty());
    let Some(select) = select else {
        return Ok((!kind.defaults.is_empty()).then(|| kind.defaults.to_vec()));
    };
    let names = select.split(',').map(str::trim).filter(|name| !name.is_empty());
    let found = names.map(|name| {
        let field = kind.fields.iter().find(|field| field.eq_ignore_ascii_case(name));
        field.copied().ok_or_else(|| name.to_owned())
    });
    found.collect::<Result<Vec<_>, _>>().map(Some)
}

fn keep(object: &mut Value, shown: &[&str]) {
    if let Value::Object(members) = object {
        let all = std::mem::take(members);
        let kept = all
            .into_iter()
            .filter(|(name, _)| name.starts_with('@') || shown.contains(&name.as_str()));
        *members = kept.collect::<Map<_, _>>();
    }
}
