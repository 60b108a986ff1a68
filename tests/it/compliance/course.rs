//! How a decision is come by: tokens, time, concurrency, logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use futures_util::future::join_all;
use intune_connector::compliance::graph_of;
use intune_connector::observe::Clock;
use serde_json::{Value, json};

use super::{DEVICE, Gate, MODES, ONE, OTHER, codes};
use crate::support::scripted;

#[tokio::test]
async fn pn14_one_token_serves_many_decisions_and_is_renewed_in_time() {
    let gate = Gate::both(&[]).await;
    for _ in 0..5 {
        for mode in MODES {
            assert_eq!(gate.fresh(mode).await["outcome"], "COMPLIANT");
        }
    }
    assert_eq!(gate.signed_in(), 0, "the instance's token is good for them");
    gate.advance(TimeDelta::hours(2));
    for mode in MODES {
        assert_eq!(gate.fresh(mode).await["outcome"], "COMPLIANT");
    }
    assert_eq!(gate.signed_in(), 1);
}

#[tokio::test]
async fn pn15_a_graph_that_wants_to_be_left_alone_for_longer_than_the_budget_is_not_waited_for() {
    let gate = Gate::new(&[("node.own.time_budget_ms", "20000")]).await;
    gate.fault(json!({"fault": {"kind": "throttled", "retryAfter": {"seconds": 60}}, "path": ONE, "times": 1}))
        .await;
    let told = gate.fresh("own").await;
    assert_eq!(
        (&told["outcome"], codes(&told)),
        (&json!("ERROR"), vec!["throttled"]),
        "{told}"
    );
    assert_eq!(gate.asked().len(), 1, "nobody tried again");
}

#[tokio::test]
async fn pn15_what_passes_soon_is_tried_again_within_the_budget() {
    let gate = Gate::both(&[]).await;
    for fault in [
        json!({"kind": "status", "status": 503}),
        json!({"kind": "throttled", "retryAfter": "missing"}),
        json!({"kind": "unauthorized"}),
    ] {
        for mode in MODES {
            gate.fault(json!({"fault": fault, "path": ONE, "times": 1})).await;
            gate.forget().await;
            let decision = gate.fresh(mode).await;
            assert_eq!(decision["outcome"], "COMPLIANT", "{fault}: {decision}");
            assert_eq!(gate.asked().len(), 2, "{fault}");
        }
    }
}

#[tokio::test]
async fn pn15_the_time_limit_answers_honestly() {
    let gate = Gate::new(&[("node.own.time_budget_ms", "250")]).await;
    gate.fault(json!({"fault": {"kind": "silent"}, "path": ONE, "times": 0}))
        .await;
    let told = gate.fresh("own").await;
    assert_eq!((&told["outcome"], &told["source"]), (&json!("ERROR"), &Value::Null));
    assert!(["timeBudget", "timedOut"].contains(&codes(&told)[0]), "{told}");
}

#[tokio::test]
async fn pn20_concurrent_questions_are_kept_apart_and_those_about_one_device_ask_graph_once() {
    let gate = Gate::both(&[("node.own.save_properties", "yes")]).await;
    gate.device(OTHER, json!({"complianceState": "noncompliant", "deviceName": "OTHER"}))
        .await;
    gate.change(DEVICE, json!({"deviceName": "ONE"})).await;
    // The first two requests are held, so that all questions are there before one is answered.
    for id in [DEVICE, OTHER] {
        let path = format!("*/managedDevices/{id}");
        gate.fault(json!({"fault": {"kind": "hold", "stage": "before"}, "path": path, "times": 1}))
            .await;
    }
    let asks = (0..40).map(|n| {
        let id = if n % 2 == 0 { DEVICE } else { OTHER };
        gate.decide(json!({"node": "own", "deviceId": id}))
    });
    let release = async {
        gate.control("GET", "holds?count=2&waitMs=60000", json!({})).await;
        gate.control("POST", "holds", json!({"then": "go"})).await;
    };
    let (decisions, ()) = tokio::join!(join_all(asks), release);
    for (n, decision) in decisions.iter().enumerate() {
        let (id, outcome, name) = match n % 2 {
            0 => (DEVICE, "COMPLIANT", "ONE"),
            _ => (OTHER, "NONCOMPLIANT", "OTHER"),
        };
        assert_eq!(
            (&decision["deviceId"], &decision["outcome"]),
            (&json!(id), &json!(outcome))
        );
        assert_eq!(decision["sharedState"]["INTUNE_deviceName"], name);
    }
    // Whoever came to the bus behind the answer found it kept.
    assert_eq!(gate.asked().len(), 2, "{:?}", gate.asked());
}

#[tokio::test]
async fn an_answer_is_kept_for_thirty_seconds_and_says_how_old_it_is() {
    let gate = Gate::new(&[]).await;
    let ask = async || gate.decide(json!({"deviceId": DEVICE})).await;
    assert_eq!(ask().await["ageMs"], 0);
    gate.change(DEVICE, json!({"complianceState": "noncompliant"})).await;
    gate.advance(TimeDelta::seconds(29));
    let kept = ask().await;
    assert_eq!(
        (&kept["outcome"], &kept["ageMs"]),
        (&json!("COMPLIANT"), &json!(29_000))
    );
    let fresh = gate
        .decide(json!({"deviceId": DEVICE, "options": {"fresh": true}}))
        .await;
    assert_eq!(fresh["outcome"], "NONCOMPLIANT");
    gate.advance(TimeDelta::seconds(31));
    gate.change(DEVICE, json!({"complianceState": "conflict"})).await;
    assert_eq!(ask().await["outcome"], "CONFLICT");
}

#[tokio::test]
async fn pn19_national_clouds_and_proxies_hold_for_decisions_too() {
    for (cloud, graph) in [
        ("global", "https://graph.microsoft.com"),
        ("usgov", "https://graph.microsoft.us"),
        ("dod", "https://dod-graph.microsoft.us"),
        ("china", "https://microsoftgraph.chinacloudapi.cn"),
    ] {
        let settings = scripted::settings("", &[("cloud", cloud), ("login_url", ""), ("graph_url", "")]);
        let client = graph_of(&settings, &settings.nodes[0], &Clock::system()).unwrap();
        assert_eq!(client.base_url(), graph, "{cloud}");
    }
    let elsewhere = "http://graph.invalid";
    let proxy = scripted::Scripted::start(|_, heard| {
        if heard.target().contains("/token") {
            scripted::token("token", 3599)
        } else {
            scripted::json(200, &json!({"id": DEVICE, "complianceState": "compliant"}))
        }
    })
    .await;
    let base = proxy.base();
    let settings = scripted::settings(
        "http://login.localhost",
        &[("proxy", &base), ("graph_url", "http://graph.localhost")],
    );
    let client = graph_of(&settings, &settings.nodes[0], &Clock::system()).unwrap();
    client.read_device(DEVICE.parse().unwrap(), None).await.unwrap();
    let heard = proxy.asked();
    assert!(
        heard[0].target().starts_with("http://graph.localhost/v1.0/"),
        "{:?} {elsewhere}",
        heard[0].line
    );
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn pn18_the_decision_log_has_the_device_and_nothing_of_a_person_an_app_or_a_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    // With one subscriber alone, whoever comes first to a line on another thread would switch it off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let gate = Gate::both(&[
        ("node.own.save_apps", "yes"),
        ("node.own.save_properties", "yes"),
        ("node.old.save_apps", "yes"),
    ])
    .await;
    gate.change(
        DEVICE,
        json!({"userPrincipalName": "canary-mia@contoso.example", "deviceName": "canary-name"}),
    )
    .await;
    gate.apps(DEVICE, json!(["canary-app"])).await;
    for mode in MODES {
        gate.fresh(mode).await;
    }
    gate.decide(json!({"node": "own", "userPrincipalName": "canary-mia@contoso.example"}))
        .await;
    gate.decide(json!({"node": "own", "header": {"x-intune": "canary-id"}, "sharedState": {"p": "canary-state"}}))
        .await;
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let decided: Vec<&str> = text.lines().filter(|line| line.contains(" decision: ")).collect();
    assert_eq!(decided.len(), 4, "{decided:#?}");
    assert!(decided[0].contains(" INFO ") && decided[0].contains(DEVICE) && decided[0].contains("COMPLIANT"));
    assert!(decided[3].contains("idNotGuid"), "{}", decided[3]);
    let of_the_product = text
        .lines()
        .filter(|line| line.contains("intune_connector") && !line.contains("simulator"));
    for line in of_the_product.chain(decided) {
        assert!(!line.contains("canary"), "{line}");
        assert!(
            !line.contains(&gate.sim.registration.client_secret) && !line.contains("Bearer"),
            "{line}"
        );
    }
}
