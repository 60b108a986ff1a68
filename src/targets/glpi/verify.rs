//! The check of a GLPI, step by step: whether it is reached and takes inventories, sign-in, each right by a read, agents, the
//! state of what has gone, the clocks. It makes nothing and writes nothing: what it posts is an action that GLPI does not know.

use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use super::answer::{GlpiAnswer, InventoryTrouble, RequestEffect, judge_inventory};
use super::client::GlpiClient;
use crate::config::GlpiSettings;
use crate::contract::{CheckStep, CheckStepState};
use crate::targets::TargetFault;
use crate::targets::step_maker::{StepMaker, send_step};

/// What has to be readable.
const READ_LISTS: [&[&str]; 4] = [
    &["Assets", "Computer"],
    &["Assets", "Phone"],
    &["Dropdowns", "State"],
    &["Administration", "User"],
];
/// The last of them, which only the assignment of users needs.
const USERS: &str = "User";
/// Clocks further apart than this are told.
const CLOCK_MOST: Duration = Duration::from_secs(60);

pub(super) async fn verify_glpi(
    client: &GlpiClient,
    own: &GlpiSettings,
    assign_users: bool,
    steps: mpsc::Sender<CheckStep>,
) {
    let answer = check_inventory(client, &steps).await;
    if !client.has_api() {
        let step = StepMaker::new("signIn", "GLPI").note(
            "no user for the high-level API is set: nothing is read back, and devices that have gone stay as they are",
            "with GLPI 11, set client_id, client_secret, user and password",
        );
        send_step(&steps, step).await;
    } else if answer.is_none() {
        send_step(&steps, StepMaker::new("signIn", "GLPI").skip("reach")).await;
    } else if check_sign_in(client, &steps).await {
        check_rights(client, own, assign_users, &steps).await;
    }
    if let Some(answer) = answer {
        send_step(&steps, judge_time(answer.sent_at, SystemTime::now())).await;
    }
}

/// Reach, and whether inventories are taken; the answer, where there was one.
async fn check_inventory(client: &GlpiClient, steps: &mpsc::Sender<CheckStep>) -> Option<GlpiAnswer> {
    let reach = StepMaker::new("reach", client.host());
    let answer = match client.probe_inventory().await {
        Ok(answer) => answer,
        Err(fault) => {
            let field = if matches!(fault, TargetFault::SignIn { .. }) {
                "client_secret"
            } else {
                "url"
            };
            send_step(steps, reach.fail_by(&fault, Some(field))).await;
            send_step(steps, StepMaker::new("inventory", "GLPI").skip("reach")).await;
            return None;
        }
    };
    send_step(steps, reach.pass("it answers")).await;
    send_step(steps, judge_probe(&answer)).await;
    Some(answer)
}

/// An action that it does not know is refused by whoever takes inventories.
fn judge_probe(answer: &GlpiAnswer) -> CheckStep {
    let step = StepMaker::new("inventory", "GLPI");
    match judge_inventory(answer, RequestEffect::Read) {
        Err(InventoryTrouble::Fault(fault @ TargetFault::SignIn { .. })) => {
            step.fail_by(&fault, Some("inventory_sign_in"))
        }
        Err(InventoryTrouble::Fault(TargetFault::Refused { .. })) => step.pass("inventories are taken"),
        Err(InventoryTrouble::Fault(_)) if answer.status == 501 => step.pass("inventories are taken"),
        Err(InventoryTrouble::Fault(fault)) => step.fail_by(&fault, Some("url")),
        Ok(_) | Err(InventoryTrouble::Failed(_)) => step.pass("inventories are taken"),
    }
}

async fn check_sign_in(client: &GlpiClient, steps: &mpsc::Sender<CheckStep>) -> bool {
    let sign_in = StepMaker::new("signIn", "GLPI");
    match client.sign_in().await {
        Ok(()) => {
            send_step(steps, sign_in.pass("the user is accepted")).await;
            true
        }
        Err(fault) => {
            send_step(steps, sign_in.fail_by(&fault, Some("password"))).await;
            send_step(steps, StepMaker::new("right", "GLPI").skip("signIn")).await;
            false
        }
    }
}

async fn check_rights(client: &GlpiClient, own: &GlpiSettings, assign_users: bool, steps: &mpsc::Sender<CheckStep>) {
    let mut has_all = true;
    for path in READ_LISTS {
        if path.last() == Some(&USERS) && !assign_users {
            continue;
        }
        let name = path.join("/");
        let step = StepMaker::new("right", name.as_str());
        let step = match client.find_rows(path, "id==0").await {
            Ok(Some(_)) => step.pass("it can be read"),
            Ok(None) => step.fail(
                "tooOld",
                "this GLPI has no such list",
                "use GLPI 11 with its high-level API switched on; with GLPI 10, leave user and password empty",
            ),
            Err(fault) => step.fail_by(&fault, Some("user")),
        };
        has_all &= step.state != CheckStepState::Failed;
        send_step(steps, step).await;
    }
    send_step(steps, check_agents(client).await).await;
    let state = StepMaker::new("state", own.gone_state.as_str());
    let state = if has_all {
        match client.find_state(&own.gone_state).await {
            Ok(Some(_)) => state.pass("it is there"),
            Ok(None) => state.note(
                "it is not there yet; it is made when the first device has gone, where the user may",
                "no action needed; or make it in GLPI (Setup, Dropdowns, Statuses of items)",
            ),
            Err(fault) => state.fail_by(&fault, Some("user")),
        }
    } else {
        state.skip("right")
    };
    send_step(steps, state).await;
}

async fn check_agents(client: &GlpiClient) -> CheckStep {
    let step = StepMaker::new("right", "Inventory/Agent");
    match client.find_rows(&["Inventory", "Agent"], "id==0").await {
        Ok(Some(_)) => step.pass("it can be read"),
        Ok(None) => step.note(
            "this GLPI does not show its agents: devices are found again by their serial number alone",
            "upgrade to a GLPI whose high-level API is version 2.3 or newer",
        ),
        Err(fault) => step.fail_by(&fault, Some("user")),
    }
}

fn judge_time(theirs: Option<SystemTime>, ours: SystemTime) -> CheckStep {
    let step = StepMaker::new("time", "GLPI");
    let Some(theirs) = theirs else {
        return step.pass("the time over there is not told");
    };
    let apart = ours.duration_since(theirs).unwrap_or_else(|behind| behind.duration());
    if apart <= CLOCK_MOST {
        return step.pass("the clocks agree");
    }
    step.note(
        format!(
            "the clock of GLPI is {} s away from that of this machine",
            apart.as_secs()
        ),
        "set both by a time server",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_know_the_action_takes_inventories() {
        let probe = |status, body: &str| {
            judge_probe(&GlpiAnswer {
                status,
                body: body.as_bytes().to_vec(),
                ..GlpiAnswer::default()
            })
        };
        let error = r#"{"status":"error","message":"no"}"#;
        for (status, state) in [
            (501, CheckStepState::Ok),
            (400, CheckStepState::Ok),
            (401, CheckStepState::Failed),
            (403, CheckStepState::Failed),
            (404, CheckStepState::Failed),
        ] {
            assert_eq!(probe(status, error).state, state, "{status}");
        }
    }

    #[test]
    fn clocks_that_are_apart_are_told() {
        let now = SystemTime::now();
        assert_eq!(judge_time(Some(now), now).state, CheckStepState::Ok);
        let late = now + Duration::from_secs(600);
        assert_eq!(judge_time(Some(late), now).state, CheckStepState::Note);
    }
}
