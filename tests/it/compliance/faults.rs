//! Every fault of Graph and of Entra, in both modes: while it lasts nothing but an error comes of it, and once it is over
//! the next question is answered.

use chrono::TimeDelta;
use serde_json::json;
use simulated_tenant::fault::catalogue::{Named, every};
use simulated_tenant::fault::{Fault, Rule};

use super::{EXCEPTION, Gate, MODES, ONE};

/// Those of one kind, lasting.
fn lasting(fits: impl Fn(&Named) -> bool) -> Vec<(&'static str, Rule)> {
    let fitting = every().into_iter().filter(|named| !named.slow && fits(named));
    let rules = fitting.map(|named| {
        let path = if named.rule.path.ends_with("/token") {
            named.rule.path.clone()
        } else {
            ONE.to_owned()
        };
        let rule = Rule {
            path,
            times: 0,
            ..named.rule
        };
        (named.name, rule)
    });
    rules.collect()
}

async fn each(faults: Vec<(&'static str, Rule)>) {
    assert!(faults.len() > 3, "{}", faults.len());
    let gate = Gate::both(&[("node.own.save_properties", "yes"), ("node.old.save_properties", "yes")]).await;
    for (name, rule) in faults {
        // The token of before is too old.
        gate.advance(TimeDelta::hours(2));
        gate.fault(serde_json::to_value(&rule).unwrap()).await;
        let asks = MODES.map(|mode| gate.fresh(mode));
        for decision in futures_util::future::join_all(asks).await {
            assert_eq!(decision["outcome"], "ERROR", "{name}: {decision}");
            let reason = &decision["reasons"][0];
            assert!(!reason["code"].as_str().unwrap().is_empty(), "{name}");
            assert!(
                decision["sharedState"][EXCEPTION].is_string(),
                "PN-07 {name}: {decision}"
            );
            assert!(
                decision["sharedState"].get("INTUNE_complianceState").is_none(),
                "{name}"
            );
            assert!(
                decision["source"].is_null() && decision["isCompliant"] == false,
                "{name}"
            );
        }
        gate.heal().await;
        // What was refused without a time is asked for again after five seconds (E9).
        gate.advance(TimeDelta::seconds(6));
        for mode in MODES {
            let after = gate.decide(json!({"node": mode, "deviceId": super::DEVICE})).await;
            assert_eq!(
                after["outcome"], "COMPLIANT",
                "after {name}, nothing of it is kept: {after}"
            );
        }
    }
}

/// What makes no difference to a single answer: late clocks, and resets behind the last byte.
fn is_harmless(named: &Named) -> bool {
    matches!(named.rule.fault, Fault::ClockOff { .. }) || named.name == "reset after the answer"
}

fn of_a_device(named: &Named) -> bool {
    named.rule.path.ends_with("managedDevices*") && !is_harmless(named)
}

fn is_refusal(named: &Named) -> bool {
    matches!(
        named.rule.fault,
        Fault::Throttled { .. }
            | Fault::Status { .. }
            | Fault::Unauthorized {}
            | Fault::Forbidden { .. }
            | Fault::Redirect { .. }
    )
}

#[tokio::test]
async fn pn07_pn15_every_refusal_of_graph_is_an_error_in_both_modes() {
    each(lasting(|named| of_a_device(named) && is_refusal(named))).await;
}

#[tokio::test]
async fn pn07_pn15_every_spoilt_answer_of_graph_is_an_error_in_both_modes() {
    each(lasting(|named| of_a_device(named) && !is_refusal(named))).await;
}

#[tokio::test]
async fn pn07_pn15_every_fault_of_entra_is_an_error_in_both_modes() {
    each(lasting(|named| named.rule.path.ends_with("/token"))).await;
}

#[tokio::test]
async fn pn07_what_makes_no_difference_makes_none() {
    let gate = Gate::both(&[]).await;
    let harmless = every().into_iter().filter(is_harmless);
    for named in harmless {
        let rule = Rule {
            path: ONE.to_owned(),
            times: 0,
            ..named.rule
        };
        gate.fault(serde_json::to_value(&rule).unwrap()).await;
        for mode in MODES {
            assert_eq!(gate.fresh(mode).await["outcome"], "COMPLIANT", "{}", named.name);
        }
        gate.heal().await;
    }
}

#[tokio::test]
async fn pn05_an_answer_about_another_device_is_no_answer() {
    let gate = Gate::both(&[]).await;
    let body = json!({"id": super::OTHER, "complianceState": "compliant"}).to_string();
    for body in [
        body,
        json!({"complianceState": "compliant"}).to_string(),
        "{}".to_owned(),
        "[]".to_owned(),
    ] {
        let fault = json!({"kind": "body", "status": 200, "contentType": "application/json", "body": body});
        gate.fault(json!({"fault": fault, "path": ONE, "times": 0})).await;
        for mode in MODES {
            assert_eq!(gate.fresh(mode).await["outcome"], "ERROR", "{body}");
        }
        gate.heal().await;
    }
}

/// Slow ones use up the whole time, so the limit is short; only what is late beyond it is looked at.
#[tokio::test]
async fn pn15_silence_and_answers_that_never_end_are_errors_in_both_modes_when_the_time_is_up() {
    let gate = Gate::new(&[
        ("node.own.time_budget_ms", "250"),
        ("node.old.time_budget_ms", "250"),
        ("node.old.compatible", "yes"),
    ])
    .await;
    for fault in [
        json!({"kind": "silent"}),
        json!({"kind": "late", "ms": 60_000}),
        json!({"kind": "slowBody", "chunkBytes": 16, "pauseMs": 5_000}),
    ] {
        gate.fault(json!({"fault": fault, "path": ONE, "times": 0})).await;
        for mode in MODES {
            let decision = gate.fresh(mode).await;
            assert_eq!(decision["outcome"], "ERROR", "{fault}: {decision}");
            assert!(decision["source"].is_null(), "{fault}: {decision}");
        }
        gate.heal().await;
    }
}
