//! What is tried again, how often, and when it is given up.

use intune_connector::graph::BudgetLane;
use intune_connector::observe::{Metrics, metric};
use serde_json::json;

use super::{graph, page, walk};
use crate::support::scripted::{Say, Scripted, answer};

fn error(status: u16, headers: &[(&str, &str)], code: &str) -> Say {
    let body = json!({"error": {"code": code, "message": "An error has occurred."}}).to_string();
    answer(
        status,
        &[&[("Content-Type", "application/json")], headers].concat(),
        body.as_bytes(),
    )
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again() {
    let past = "Fri, 20 Nov 2020 10:00:00 GMT";
    for failure in [
        error(429, &[], "TooManyRequests"),
        error(429, &[("Retry-After", "0")], "TooManyRequests"),
        error(429, &[("retry-after", "0.002")], "TooManyRequests"),
        error(429, &[("Retry-After", past)], "TooManyRequests"),
        error(429, &[("Retry-After", "soon")], "TooManyRequests"),
        error(500, &[], "InternalServerError"),
        error(502, &[], ""),
        error(503, &[("Retry-After", "0")], "ServiceUnavailable"),
        error(504, &[], "UnknownError"),
        answer(503, &[("Content-Type", "text/html")], b"<html>maintenance</html>"),
    ] {
        let server = Scripted::graph(vec![failure.clone(), failure.clone(), page(&[1], None)]).await;
        let mut list = graph(&server).list_devices(super::everything());
        let page = list.next().await.unwrap().unwrap_or_else(|| panic!("{failure:?}"));
        assert_eq!(page.requests, 3, "{failure:?}");
    }
}

#[tokio::test]
async fn it_is_given_up_after_so_many_requests() {
    for (status, code) in [
        (429, "throttled"),
        (500, "serverError"),
        (502, "badGateway"),
        (503, "unavailable"),
        (504, "gatewayTimeout"),
    ] {
        let server = Scripted::graph(vec![error(status, &[], "X")]).await;
        let error = walk(&graph(&server)).await.1.unwrap();
        assert_eq!((error.code().as_str(), error.status()), (code, Some(status)));
        assert_eq!(server.asked().len(), 3, "{status}");
        assert!(error.advice().len() > 10);
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_not_waited_for() {
    let server = Scripted::graph(vec![error(429, &[("Retry-After", "3600")], "TooManyRequests")]).await;
    let error = walk(&graph(&server)).await.1.unwrap();
    assert_eq!(
        (error.code().as_str(), error.retry_after_s()),
        ("throttled", Some(3600))
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    for (status, code) in [
        (400, "badRequest"),
        (403, "forbidden"),
        (404, "notFound"),
        (410, "linkExpired"),
        (418, "unexpectedStatus"),
    ] {
        let server = Scripted::graph(vec![error(status, &[("Retry-After", "0")], "X")]).await;
        assert_eq!(walk(&graph(&server)).await.1.unwrap().code(), code);
        assert_eq!(server.asked().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = Scripted::graph(vec![error(401, &[], "InvalidAuthenticationToken"), page(&[1], None)]).await;
    let (found, error) = walk(&graph(&server)).await;
    assert_eq!((found, error.map(|e| e.code())), (vec![1], None));
    let tokens: Vec<_> = server
        .asked()
        .iter()
        .map(|heard| heard.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_token_that_stays_refused_is_an_error() {
    let server = Scripted::graph(vec![error(401, &[], "InvalidAuthenticationToken")]).await;
    assert_eq!(walk(&graph(&server)).await.1.unwrap().code(), "unauthorized");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_walk_can_ask_for_the_same_page_again() {
    let failure = error(503, &[], "X");
    let server = Scripted::graph(vec![failure.clone(), failure.clone(), failure, page(&[1], None)]).await;
    let mut walk = graph(&server).list_devices(super::everything());
    assert_eq!(walk.next().await.unwrap_err().code(), "unavailable");
    assert_eq!(super::ids(&walk.next().await.unwrap().unwrap()), [1]);
}

#[tokio::test]
async fn e2_e9_a_throttled_tenant_pauses_everybody_of_its_application() {
    let server = Scripted::graph(vec![
        error(429, &[("Retry-After", "700")], "TooManyRequests"),
        page(&[1], None),
    ])
    .await;
    let (one, other) = (graph(&server), graph(&server));
    assert_eq!(walk(&one).await.1.unwrap().code(), "throttled");
    for lane in [BudgetLane::Scan, BudgetLane::Decision, BudgetLane::Spare] {
        let error = walk(&other.in_lane(lane)).await.1.unwrap();
        assert_eq!(error.code(), "throttled");
        assert!(error.blocking_refusal().is_some(), "{error}");
    }
    assert_eq!(server.asked().len(), 1);
    assert_eq!(
        walk(&other.in_lane(BudgetLane::Action)).await.0,
        [1],
        "actions are a family of their own"
    );
    assert_eq!(one.active_refusals().len(), 1);
}

#[tokio::test]
async fn every_request_has_an_id_of_its_own_and_errors_tell_both() {
    let server = Scripted::graph(vec![error(503, &[("request-id", "graphs-own-id")], "X")]).await;
    let error = walk(&graph(&server)).await.1.unwrap();
    let sent: Vec<String> = server
        .asked()
        .iter()
        .map(|heard| heard.header("client-request-id").unwrap().to_owned())
        .collect();
    assert_eq!(sent.len(), 3);
    assert!(sent[0] != sent[1] && sent[1] != sent[2]);
    let text = error.to_string();
    assert!(text.contains("graphs-own-id") && text.contains(&sent[2]), "{text}");
}

#[tokio::test]
async fn answers_retries_and_tokens_are_counted_by_tenant() {
    let busy = error(429, &[("Retry-After", "0")], "TooManyRequests");
    let server = Scripted::graph(vec![busy, error(503, &[], "X"), page(&[1], None)]).await;
    let (graph, metrics) = (graph(&server), Metrics::new());
    graph.connect_metrics(&metrics, "contoso");
    walk(&graph).await;
    let number = |metric, labels: &[&str]| metrics.get(metric, labels);
    for (status, count) in [("429", 1.0), ("503", 1.0), ("200", 1.0)] {
        let found = number(&metric::GRAPH_REQUESTS, &["contoso", status]);
        assert_eq!(found, Some(count), "{status}");
    }
    assert_eq!(number(&metric::GRAPH_THROTTLED, &["contoso"]), Some(1.0));
    for code in ["throttled", "unavailable"] {
        assert_eq!(number(&metric::GRAPH_RETRIES, &["contoso", code]), Some(1.0), "{code}");
    }
    assert_eq!(number(&metric::TOKENS, &["contoso", "ok"]), Some(1.0));
    assert!(number(&metric::GRAPH_SECONDS, &["contoso"]).is_some());
}

#[tokio::test]
async fn a_request_without_an_answer_is_counted_too() {
    let server = Scripted::graph(vec![Say::ThenReset(Vec::new())]).await;
    let (graph, metrics) = (graph(&server), Metrics::new());
    graph.connect_metrics(&metrics, "contoso");
    walk(&graph).await;
    assert_eq!(metrics.get(&metric::GRAPH_REQUESTS, &["contoso", "0"]), Some(3.0));
}
