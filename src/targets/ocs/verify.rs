//! The check of OCS, step by step: reach and sign-in by a question that changes nothing, the REST API, the level of duplicates
//! and the clock.

use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use url::Url;

use super::client::OcsClient;
use super::duplicates::describe_level;
use crate::config::OcsSettings;
use crate::contract::CheckStep;
use crate::targets::TargetFault;
use crate::targets::step_maker::{StepMaker, send_step};

/// Clocks further apart than this are told.
const CLOCK_MOST: Duration = Duration::from_secs(120);
/// Nobody has this DEVICEID.
const NOBODY: &str = "INTUNE-VERIFY-2000-01-01-00-00-00";

pub(super) async fn verify_ocs(client: &OcsClient, own: &OcsSettings, steps: mpsc::Sender<CheckStep>) {
    let shown = show_address(client.url());
    let reach = StepMaker::new("reach", shown.as_str());
    let blocker = match client.probe_server().await {
        Ok(()) => {
            send_step(&steps, reach.pass("OCS answers, and its database works")).await;
            None
        }
        Err(fault) => {
            let field = blamed_setting(&fault);
            send_step(&steps, reach.fail_by(&fault, Some(field))).await;
            Some("reach")
        }
    };
    let time = StepMaker::new("time", shown.as_str());
    match (blocker, client.server_time()) {
        (Some(blocker), _) => send_step(&steps, time.skip(blocker)).await,
        (None, told) => send_step(&steps, judge_time(time, told, SystemTime::now())).await,
    }
    send_step(&steps, check_rest(client).await).await;
    send_step(&steps, judge_level(own.duplicate_level)).await;
    if let Some(tag) = &own.tag {
        let step = StepMaker::new("tag", tag.as_str());
        let step = step.note(
            "OCS takes the tag of new computers only; those that it has keep theirs",
            "change the tag of a computer in the console of OCS",
        );
        send_step(&steps, step).await;
    }
}

/// Without a query: it may hold a secret.
fn show_address(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path())
}

fn blamed_setting(fault: &TargetFault) -> &'static str {
    match fault {
        TargetFault::SignIn { .. } => "password",
        _ => "url",
    }
}

fn judge_time(step: StepMaker, told: Option<SystemTime>, now: SystemTime) -> CheckStep {
    let Some(told) = told else {
        return step.pass("the server does not tell its time");
    };
    let apart = told.duration_since(now).unwrap_or_else(|earlier| earlier.duration());
    if apart <= CLOCK_MOST {
        return step.pass("the clocks agree");
    }
    step.note(
        format!(
            "the clock of the server is {} s away from that of this machine; OCS dates the last contact by its own",
            apart.as_secs()
        ),
        "set both by a time server",
    )
}

async fn check_rest(client: &OcsClient) -> CheckStep {
    let Some(url) = client.rest_url() else {
        return StepMaker::new("rest", "rest_url").note(
            "no REST API is set: nothing is read back, and a revert is not possible",
            "set `rest_url`, such as https://ocs.example/ocsapi/v1",
        );
    };
    let step = StepMaker::new("rest", show_address(url));
    let query = [("DEVICEID", NOBODY)];
    match client.read_json(&["computers", "search"], &query).await {
        Ok(Some(found)) if found.is_array() => step.pass("the REST API answers"),
        Ok(_) => {
            let fault = TargetFault::Unreadable {
                problem: "the search of the REST API of OCS is not a list of numbers".to_owned(),
            };
            step.fail_by(&fault, Some("rest_url"))
        }
        Err(fault) => step.fail_by(&fault, Some("rest_url")),
    }
}

fn judge_level(level: u8) -> CheckStep {
    let step = StepMaker::new("duplicates", format!("duplicate_level {level}"));
    match describe_level(level) {
        Ok(detail) => step.pass(detail),
        Err(detail) => step.note(
            detail,
            "set AUTO_DUPLICATE_LVL of OCS to 3 or more, with the serial number in it, and `duplicate_level` to the same",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CheckStepState;

    #[test]
    fn clocks_that_are_apart_are_told() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let judged = |told| judge_time(StepMaker::new("time", "x"), told, at(10_000)).state;
        assert_eq!(judged(Some(at(10_100))), CheckStepState::Ok);
        assert_eq!(judged(Some(at(9_000))), CheckStepState::Note);
        assert_eq!(judged(Some(at(11_000))), CheckStepState::Note);
        assert_eq!(judged(None), CheckStepState::Ok);
    }

    #[test]
    fn a_level_that_merges_by_name_is_told() {
        assert_eq!(judge_level(7).state, CheckStepState::Ok);
        assert_eq!(judge_level(1).state, CheckStepState::Note);
        assert!(judge_level(1).cure.unwrap().contains("AUTO_DUPLICATE_LVL"));
    }

    #[test]
    fn an_address_is_shown_without_its_query() {
        let url = Url::parse("https://ocs.example/ocsinventory?token=canary").unwrap();
        assert_eq!(show_address(&url), "ocs.example/ocsinventory");
    }
}
