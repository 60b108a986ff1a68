//! What people do with the webhook of a management server: set it, give it a new key, test it, remove it. Devices go where it
//! leads, so whoever sets it must be able to read them. Another address gets another key (E7).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use super::composed_message::test_body;
use super::webhook_secrets::{WebhookUnusable, draw_key, open_target, open_url, seal_url};
use super::{TEST_TIMEOUTS, webhook_view};
use crate::config::SealError;
use crate::contract::{IssuedSecret, ServerWebhookBody, ServerWebhookChanged, ServerWebhookTest};
use crate::model::{ResourceRef, ServerId};
use crate::net::check_given_url;
use crate::sics::Sics;
use crate::sics::audit_recording::PerformedAct;
use crate::sics::auth::Caller;
use crate::sics::authorization::missing_right_problem;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::{ApiProblem, advise_server_address};
use crate::sics::servers::find_owner;
use crate::store::{InstanceRow, NewServerWebhook, OperatorRow, ServerRow, ServerWebhookRow};
use crate::webhooks::{MessagePost, SendOutcome};

/// Longest address, characters.
const URL_CHARS: usize = 2_000;
/// For so long the key before the present one signs as well.
const TWO_KEYS: TimeDelta = TimeDelta::days(1);
/// Rights by which the account of a server reads what is posted.
const READ_RIGHTS: [&str; 2] = ["Changes_Read", "Results_Read"];

pub(crate) async fn set_server_webhook(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ServerId>,
    JsonBody(body): JsonBody<ServerWebhookBody>,
) -> Result<Json<ServerWebhookChanged>, ApiProblem> {
    let row = sics.store().find_server(id.clone()).await?;
    let row = row.ok_or_else(|| ApiProblem::not_found("server", &id))?;
    require_no_target(&sics, &row).await?;
    require_may_read(&sics, &caller, &row).await?;
    let url = parse_url(&body)?;
    let before = sics.store().find_server_webhook(id.clone()).await?;
    // One whose address can't be opened any more counts as another.
    let is_same = |before: &ServerWebhookRow| open_url(sics.secret_key(), before).is_ok_and(|known| known == url);
    let (key, sealed_key) = if before.is_some_and(|before| is_same(&before)) {
        (None, None)
    } else {
        let (key, sealed) = draw_key(sics.secret_key(), &id, &url).map_err(|error| seal_problem(&error))?;
        (Some(key), Some(sealed))
    };
    let new = NewServerWebhook {
        sealed_url: seal_url(sics.secret_key(), &id, &url).map_err(|error| seal_problem(&error))?,
        address: shown_address(&url),
        allow_private: body.allow_private_addresses,
        sealed_key,
    };
    let detail = json!({
        "address": new.address, "allowPrivateAddresses": new.allow_private, "newKey": key.is_some(),
    });
    let audit_detail = move |_: &ServerWebhookRow| Some(detail.clone());
    let store = sics.recording(&caller, "server.webhookSet", &id, audit_detail);
    let stored = store.set_server_webhook(id, new).await?;
    Ok(Json(ServerWebhookChanged {
        webhook: webhook_view(&stored, sics.now()),
        key: key.map(|key| IssuedSecret(key.as_str().to_owned())),
    }))
}

pub(crate) async fn remove_server_webhook(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ServerId>,
) -> Result<StatusCode, ApiProblem> {
    let webhook = find_webhook(&sics, &id).await?;
    let detail = json!({"address": webhook.address});
    sics.recording(&caller, "server.webhookRemoved", &id, move |(): &()| {
        Some(detail.clone())
    })
    .remove_server_webhook(id)
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn roll_server_webhook(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ServerId>,
) -> Result<Json<ServerWebhookChanged>, ApiProblem> {
    let webhook = find_webhook(&sics, &id).await?;
    if let Some(row) = sics.store().find_server(id.clone()).await? {
        require_may_read(&sics, &caller, &row).await?;
    }
    let url = open_url(sics.secret_key(), &webhook).map_err(|error| unusable_problem(&id, &error))?;
    let (key, sealed) = draw_key(sics.secret_key(), &id, &url).map_err(|error| seal_problem(&error))?;
    let detail = json!({"address": webhook.address});
    let audit_detail = move |_: &ServerWebhookRow| Some(detail.clone());
    let until = sics.now() + TWO_KEYS;
    let store = sics.recording(&caller, "server.webhookRolled", &id, audit_detail);
    let stored = store.roll_server_webhook(id, webhook.revision, sealed, until).await?;
    Ok(Json(ServerWebhookChanged {
        webhook: webhook_view(&stored, sics.now()),
        key: Some(IssuedSecret(key.as_str().to_owned())),
    }))
}

pub(crate) async fn test_server_webhook(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ServerId>,
) -> Result<Json<ServerWebhookTest>, ApiProblem> {
    let webhook = find_webhook(&sics, &id).await?;
    let subject = id.to_string();
    let tested = sics.perform_act(
        &caller,
        "server.webhookTested",
        subject.clone(),
        move |sics| async move {
            let problem = describe_failure(post_test(&sics, &webhook).await);
            if problem.is_none() {
                sics.store().resume_server_webhook(&webhook).await?;
            }
            let present = sics.store().find_server_webhook(id).await?.unwrap_or(webhook);
            Ok(PerformedAct {
                detail: json!({"accepted": problem.is_none(), "problem": problem}),
                answer: ServerWebhookTest {
                    accepted: problem.is_none(),
                    problem,
                    webhook: webhook_view(&present, sics.now()),
                },
                subject,
            })
        },
    );
    Ok(Json(tested.await?))
}

async fn post_test(sics: &Sics, webhook: &ServerWebhookRow) -> SendOutcome {
    let failed = |error: String| SendOutcome::Failed {
        error,
        retry_after: None,
    };
    let now = sics.now();
    let target = match open_target(sics.secret_key(), webhook, now) {
        Ok(target) => target,
        Err(unusable) => return failed(unusable.to_string()),
    };
    let id = format!("msg_{}", uuid::Uuid::new_v4().simple());
    match MessagePost::open(&target, TEST_TIMEOUTS) {
        Ok(post) => post.send(&id, &test_body(&webhook.server, now), now).await,
        Err(error) => failed(error.to_string()),
    }
}

fn describe_failure(outcome: SendOutcome) -> Option<String> {
    match outcome {
        SendOutcome::Accepted => None,
        SendOutcome::Gone => Some("HTTP 410: the address wants no more messages".to_owned()),
        SendOutcome::Failed { error, .. } => Some(error),
    }
}

async fn find_webhook(sics: &Sics, id: &ServerId) -> Result<ServerWebhookRow, ApiProblem> {
    let row = sics.store().find_server(id.clone()).await?;
    row.ok_or_else(|| ApiProblem::not_found("server", id))?;
    let found = sics.store().find_server_webhook(id.clone()).await?;
    found.ok_or_else(|| {
        ApiProblem::conflict(
            "noWebhook",
            format!("server {id} has no webhook"),
            format!("Set one: intune-connector servers webhook {id} --post-to https://…"),
        )
    })
}

/// A target reads its changes itself, inside the bus: what was posted would be taken from it.
async fn require_no_target(sics: &Sics, row: &ServerRow) -> Result<(), ApiProblem> {
    let targets = match sics.engine().target_provider() {
        Some(provider) => provider.list_targets().await?,
        None => Vec::new(),
    };
    if targets.iter().all(|target| target.server != row.id) {
        return Ok(());
    }
    Err(ApiProblem::conflict(
        "isTarget",
        format!("server {} is a target, which reads its changes itself", row.id),
        "Announce a management server of its own for the address: intune-connector servers announce ID",
    ))
}

/// Whoever sets an address can send there what the server reads, now or later, and whoever has the key can pass for the bus
/// there; they must be allowed to read it themselves, wherever its account may: which instances it receives, and whether the account is disabled, can change.
async fn require_may_read(sics: &Sics, caller: &Caller, row: &ServerRow) -> Result<(), ApiProblem> {
    let Some(owner) = find_owner(sics, row).await? else {
        return Ok(());
    };
    let instances = sics.store().list_instances().await?;
    for right in READ_RIGHTS {
        if !may_read(&owner, right, row, None) {
            continue;
        }
        let operator = &caller.operator;
        let is_wider = owner.has_right_for_all_instances(right) && !operator.has_right_for_all_instances(right);
        let mut owned = instances
            .iter()
            .filter(|instance| may_read(&owner, right, row, Some(*instance)));
        let covers_owned = owned.all(|instance| may_read(operator, right, row, Some(instance)));
        if is_wider || !covers_owned || !may_read(operator, right, row, None) {
            return Err(missing_right_problem(caller.name(), right));
        }
    }
    Ok(())
}

/// `instance`: `None`: at any.
fn may_read(operator: &OperatorRow, right: &str, server: &ServerRow, instance: Option<&InstanceRow>) -> bool {
    let at = ResourceRef {
        instance: instance.map(|instance| &instance.name),
        server: Some(&server.id),
    };
    operator.has_right(right, at)
}

fn parse_url(body: &ServerWebhookBody) -> Result<Url, ApiProblem> {
    let given = body.url.expose_secret();
    if given.chars().count() > URL_CHARS {
        let problem = format!("the address is longer than {URL_CHARS} characters");
        return Err(url_problem(&problem, "Give a shorter one."));
    }
    let url = Url::parse(given).map_err(|error| match error {
        url::ParseError::InvalidPort => url_problem(
            "url has a port that is no number from 0 to 65535",
            "Correct the number behind the last colon of the host.",
        ),
        _ => url_problem("url is not an address", "Write it as https://host/path."),
    })?;
    check_given_url(&url, body.allow_private_addresses)
        .map_err(|refused| url_problem(&refused.to_string(), advise_server_address(&refused)))?;
    Ok(url)
}

fn url_problem(problem: &str, advice: &str) -> ApiProblem {
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "settings", problem, advice).with_member("key", "url")
}

fn seal_problem(error: &SealError) -> ApiProblem {
    ApiProblem::internal("webhookSeal", error)
}

fn unusable_problem(id: &ServerId, error: &WebhookUnusable) -> ApiProblem {
    ApiProblem::conflict(
        "webhookUnusable",
        format!("the webhook of server {id} cannot be used: {error}"),
        format!("Set its address again: intune-connector servers webhook {id} --post-to https://…"),
    )
}

/// Scheme, host and port: what stands behind them may be a secret.
fn shown_address(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str, allow_private_addresses: bool) -> Result<Url, ApiProblem> {
        parse_url(&ServerWebhookBody {
            url: url.into(),
            allow_private_addresses,
        })
    }

    #[test]
    fn e1_of_an_address_no_path_and_no_query_is_shown() {
        let url = parse("https://cmdb.example:8443/hooks/s3cret?token=t", false).unwrap();
        assert_eq!(shown_address(&url), "https://cmdb.example:8443");
        let url = parse("http://[::1]:9000/hook", true).unwrap();
        assert_eq!(shown_address(&url), "http://[::1]:9000");
    }

    #[test]
    fn addresses_that_are_never_posted_to_are_refused_with_a_cure() {
        let long = format!("https://cmdb.example/{}", "a".repeat(URL_CHARS));
        for (url, allow_private) in [
            ("cmdb", false),
            ("http://cmdb.example/", false),
            ("https://10.0.0.1/", false),
            ("https://169.254.169.254/", true),
            ("https://me:secret@cmdb.example/", false),
            (long.as_str(), false),
        ] {
            let problem = parse(url, allow_private).unwrap_err();
            assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY, "{url}");
            assert!(!problem.detail().contains("secret@"), "{}", problem.detail());
        }
    }
}
