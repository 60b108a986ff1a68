//! What becomes of a change of accounts: made, waiting for a second person, or refused until what it takes from
//! management servers is confirmed; and what the API refuses, in the console's own words where it has some.

use connector_core::model::EffectConfirmation;
use http::StatusCode;
use serde_json::Value;
use sics_client::ClientError;
use sics_client::contract::{AccountReply, ConfirmQuery, Problem};

use crate::failure::{PageFailure, PageResult, hyphenate};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::name_paths::waiting_path;
use crate::render::go_to;

/// Code of what does not exist: the API's own sentence names it.
const UNKNOWN: &str = "unknown";

/// Devices that management servers lose by a change, to be confirmed by a tick and their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LossConfirmation {
    pub(crate) count: u64,
    /// What the API takes as the confirmation of exactly this.
    pub(crate) confirm: String,
}

/// A change that was not made.
#[derive(Debug, Clone)]
pub(crate) struct RefusedChange {
    pub(crate) failure: PageFailure,
    /// Where confirming is all that is missing.
    pub(crate) loss: Option<LossConfirmation>,
}

impl RefusedChange {
    /// What the API said of it.
    pub(crate) fn from_error(ctx: &PageContext, error: ClientError) -> RefusedChange {
        let loss = error.confirmation().map(|confirm| LossConfirmation {
            count: error
                .problem
                .as_ref()
                .and_then(|problem| problem.count)
                .unwrap_or_default(),
            confirm: confirm.to_owned(),
        });
        RefusedChange {
            failure: explain_error(ctx, error),
            loss,
        }
    }

    /// Never 401: a browser would ask for a password of its own.
    pub(crate) fn status(&self) -> StatusCode {
        form_status(&self.failure)
    }
}

impl From<PageFailure> for RefusedChange {
    fn from(failure: PageFailure) -> RefusedChange {
        RefusedChange { failure, loss: None }
    }
}

/// A form whose content is wrong is shown again; 401 would ask a browser for a password of its own.
pub(crate) fn form_status(failure: &PageFailure) -> StatusCode {
    if failure.is_sign_in() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        failure.status
    }
}

/// What the form confirms, where it does; a tick without the number, or the other way round, confirms nothing.
pub(crate) fn read_confirmation(form: &FormFields) -> Result<ConfirmQuery, RefusedChange> {
    let Some(confirm) = form.given("confirm") else {
        return Ok(ConfirmQuery::default());
    };
    let shown = EffectConfirmation::try_from(confirm.clone())
        .map_err(|_| PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "failure-form"))?;
    if is_agreed(form.is_ticked("agree"), form.text("number"), shown.device_count()) {
        return Ok(ConfirmQuery { confirm: Some(shown) });
    }
    Err(RefusedChange {
        failure: PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "operators-number-wrong"),
        loss: Some(LossConfirmation {
            count: shown.device_count(),
            confirm,
        }),
    })
}

fn is_agreed(ticked: bool, number: &str, count: u64) -> bool {
    ticked && number.parse() == Ok(count)
}

/// A change that was made leads to `path`, where `done` is told; one that waits to the page that says for whom.
pub(crate) fn finish_change<T>(ctx: &PageContext, reply: &AccountReply<T>, path: &str, done: &str) -> PageResult {
    match reply {
        AccountReply::Made(_) => go_to(ctx, path, done),
        AccountReply::Waits(waiting) => go_to(ctx, &waiting_path(waiting.waits.id, path), ""),
    }
}

/// A refusal in the console's own words, where it has some.
pub(crate) fn explain_error(ctx: &PageContext, error: ClientError) -> PageFailure {
    let told = error
        .problem
        .as_deref()
        .and_then(|problem| describe_problem(ctx, problem));
    let mut failure = PageFailure::from(error);
    let key = format!("problem-{}", hyphenate(&failure.code));
    let cure_key = format!("{key}-cure");
    if ctx.has_text(&cure_key) {
        failure.advice = ctx.t(&cure_key);
    }
    if let Some(message) = told {
        // It says more than the text of the code.
        failure.code.clear();
        failure.message = message;
        failure.language = ctx.language();
    } else if ctx.has_text(&key) && failure.code != UNKNOWN {
        failure.message = ctx.t(&key);
        failure.language = ctx.language();
    }
    failure
}

/// With what the problem names.
fn describe_problem(ctx: &PageContext, problem: &Problem) -> Option<String> {
    match problem.code.as_str() {
        "confirmationNeeded" => Some(ctx.count("operators-confirm-loss", problem.count.unwrap_or_default())),
        "dependenciesMissing" => Some(ctx.t1("operators-rights-missing", "rights", list_missing(problem))),
        "missingRight" => {
            let right = problem.members.get("right").and_then(Value::as_str);
            right.map(|right| ctx.t1("operators-right-lacking", "right", right))
        }
        "beyondYours" => {
            let right = problem.members.get("right").and_then(Value::as_str);
            right.map(|right| ctx.t1("operators-beyond-yours", "right", right))
        }
        "ownsServers" => {
            let servers = problem.members.get("servers").and_then(Value::as_array);
            servers.map(|servers| ctx.t1("operators-owns-servers", "servers", join_texts(servers)))
        }
        "signInSlowed" => problem
            .retry_after
            .map(|seconds| ctx.count("sign-in-slowed-for", seconds)),
        _ => None,
    }
}

/// `Jobs_Send (Actions_Wipe)`: what is missing, and what needs it.
fn list_missing(problem: &Problem) -> String {
    let missing = problem.members.get("missing").and_then(Value::as_array);
    let text = |one: &Value, key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let describe = |one: &Value| format!("{} ({})", text(one, "right"), text(one, "neededBy"));
    let parts: Vec<String> = missing.into_iter().flatten().map(describe).collect();
    parts.join(", ")
}

fn join_texts(values: &[Value]) -> String {
    let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tick_and_the_very_number_confirm_and_nothing_less() {
        assert!(is_agreed(true, "12", 12));
        for (ticked, number) in [
            (false, "12"),
            (true, ""),
            (true, "11"),
            (true, "12 devices"),
            (true, "-12"),
        ] {
            assert!(!is_agreed(ticked, number, 12), "{ticked} {number}");
        }
    }

    #[test]
    fn missing_rights_are_named_with_what_needs_them() {
        let problem: Problem = serde_json::from_value(json!({
            "type": "t", "title": "t", "status": 409, "detail": "d", "code": "dependenciesMissing", "advice": "a",
            "missing": [{"right": "Jobs_Send", "neededBy": "Actions_Wipe"}],
        }))
        .unwrap();
        assert_eq!(list_missing(&problem), "Jobs_Send (Actions_Wipe)");
    }
}
