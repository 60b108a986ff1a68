//! PN-21: the sample journey, by its own function, and over decisions of a real bus.

#[path = "../../examples/journey/journey.rs"]
mod example;

use serde_json::json;

use crate::compliance::{DEVICE, FOREIGN, Gate};
use example::{Known, Next, next};

/// The end of the journey for somebody who answers so.
fn end(outcome: &str, wants: bool, right: bool) -> (Next, usize) {
    let (mut known, mut questions) = (Known::default(), 0);
    loop {
        match next(known) {
            Next::AskConnector => known.outcome = Some(outcome),
            Next::AskWhetherSecondFactor => known.wants_second_factor = Some(wants),
            Next::AskSecondFactor => known.second_factor_is_right = Some(right),
            end => return (end, questions),
        }
        questions += 1;
    }
}

#[test]
fn pn21_full_level_for_compliant_lower_for_all_others_and_none_without_a_second_factor() {
    let (full, lower) = (Next::Success { level: 3 }, Next::Success { level: 2 });
    for wants in [true, false] {
        assert_eq!(
            end("COMPLIANT", wants, true),
            (full, 2),
            "it is not asked whether it wants"
        );
        assert_eq!(end("COMPLIANT", wants, false), (Next::Failure, 2));
    }
    for other in [
        "NONCOMPLIANT",
        "INGRACEPERIOD",
        "CONFIGMANAGER",
        "CONFLICT",
        "NOID",
        "UNKNOWN",
        "ERROR",
        "compliant",
        "",
        "SOMETHING NEW",
    ] {
        assert_eq!(end(other, true, true), (lower, 3), "{other}");
        assert_eq!(end(other, true, false), (Next::Failure, 3), "{other}");
        assert_eq!(end(other, false, true), (Next::Failure, 2), "{other}");
    }
}

#[tokio::test]
async fn pn21_the_journey_takes_what_the_connector_decides() {
    let gate = Gate::new(&[("node.default.time_budget_ms", "60000")]).await;
    let asked = |device: String| json!({"header": {"x-intune": device}, "options": {"fresh": true}});
    for (state, level) in [
        ("compliant", 3),
        ("noncompliant", 2),
        ("inGracePeriod", 2),
        ("configManager", 2),
        ("conflict", 2),
        ("error", 2),
        ("unknown", 2),
    ] {
        gate.change(DEVICE, json!({"complianceState": state})).await;
        let decision = gate.decide(asked(format!("CN={DEVICE}"))).await;
        let outcome = decision["outcome"].as_str().unwrap();
        assert_eq!(end(outcome, true, true).0, Next::Success { level }, "{state}");
    }
    for nobody in [format!("CN={FOREIGN}"), String::new(), "CN=../x".to_owned()] {
        let decision = gate.decide(asked(nobody.clone())).await;
        let outcome = decision["outcome"].as_str().unwrap();
        assert_eq!(end(outcome, true, true).0, Next::Success { level: 2 }, "{nobody}");
        assert_eq!(end(outcome, false, true).0, Next::Failure, "{nobody}");
    }
}
