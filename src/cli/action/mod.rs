//! `action`: one action on devices, sent as a job in the operator's own name. What destroys shows its list and asks for
//! the number of devices to be typed; what was seen a moment ago is what the job is pinned to.

mod action_args;
mod break_glass;
mod confirmation;
mod job_body;
mod tables;

use sics_client::SicsClient;

use super::connection::with_bus;
use super::failure::{CommandFailure, ExitReason};
use super::output;
use crate::contract::{DryRunResult, ReceiptView, UnjudgedView};
use crate::model::{ActionDanger, ActionKind};

pub(super) use action_args::ActionArgs;
use tables::{print_devices, print_receipt};

pub(crate) async fn run(args: ActionArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        if args.break_glass {
            break_glass::run_break_glass(&bus.client, &args).await
        } else {
            send_job(&bus.client, &args).await
        }
    })
    .await
}

async fn send_job(client: &SicsClient, args: &ActionArgs) -> Result<(), CommandFailure> {
    let action = job_body::fetch_action(client, args.verb).await?;
    let mut job = job_body::build_job(client, args, &action).await?;
    let needs_confirmation = match action.danger {
        ActionDanger::Harmless => false,
        ActionDanger::Disruptive => args.filter.is_some(),
        ActionDanger::Destructive => true,
    };
    if args.dry_run || needs_confirmation {
        job.dry_run = true;
        let dry_run = client.send_own_job(&job).await?;
        job.dry_run = false;
        let left_out = dry_run.unjudged.iter().filter_map(UnjudgedView::describe_unjudged);
        left_out.for_each(output::eprint_line);
        if args.dry_run {
            return print_dry_run(args, &dry_run);
        }
        let devices = dry_run.dry_run.unwrap_or_default();
        if args.json {
            // Standard output is for the machine.
            output::print_sentence_counts(devices.iter().map(|device| device.effect.as_str()));
        } else {
            output::eprint_line(&dry_run.title);
            print_devices(&devices)?;
        }
        refuse_hopeless(args.verb, &devices)?;
        let count = devices.len() as u64;
        confirmation::confirm_device_count(args.verb, count, args.yes_i_mean)?;
        job.expect_devices = Some(count);
    }
    if !needs_confirmation && let Some(said) = args.yes_i_mean {
        // Nobody is asked, and the bus knows how many there are.
        job.expect_devices = Some(said);
    }
    if action.danger != ActionDanger::Harmless {
        job.confirm = Some(args.verb.name().to_owned());
    }
    job.id = Some(job_body::choose_job_id(args));
    let receipt = client.send_own_job(&job).await?;
    if args.json {
        output::print_json(&receipt)
    } else {
        print_receipt(&receipt)
    }
}

fn print_dry_run(args: &ActionArgs, dry_run: &ReceiptView) -> Result<(), CommandFailure> {
    if args.json {
        return output::print_json(dry_run);
    }
    output::eprint_line(&dry_run.title);
    print_devices(dry_run.dry_run.as_deref().unwrap_or_default())?;
    if dry_run.needs_approval {
        output::eprint_line("a second person would have to approve it");
    }
    Ok(())
}

/// Rules about what changes by itself: an old reading does not say whether they hold when the call is made.
const PASSING_RULES: [&str; 2] = ["lostMode", "encryption"];

/// Whether the action is sure not to be carried out on a device.
fn is_hopeless(device: &DryRunResult) -> bool {
    let passes = device.rule.as_deref().is_some_and(|rule| PASSING_RULES.contains(&rule));
    !device.would && (device.fresh || !passes)
}

/// Asks for no confirmation of what happens to no device.
fn refuse_hopeless(verb: ActionKind, devices: &[DryRunResult]) -> Result<(), CommandFailure> {
    if devices.is_empty() || !devices.iter().all(is_hopeless) {
        return Ok(());
    }
    let failure = CommandFailure::new(
        ExitReason::Conflict,
        format!("{verb} would be refused for every device; nothing was sent"),
        "see the reason of each device above, and choose other devices or another action",
    );
    Err(failure)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn n4_nothing_is_given_up_for_a_rule_that_an_old_reading_can_not_judge() {
        let device = |rule: Option<&str>, fresh: bool| -> DryRunResult {
            let view = json!({
                "deviceId": "7809c88c-0000-4000-8000-000000000001", "device": {}, "would": rule.is_none(), "effect": "",
                "pending": [], "fresh": fresh, "rule": rule, "reason": rule, "instead": null,
            });
            serde_json::from_value(view).expect("a device")
        };
        for (rule, fresh, hopeless) in [
            (None, false, false),
            (Some("platform"), false, true),
            (Some("lostMode"), false, false),
            (Some("lostMode"), true, true),
            (Some("encryption"), false, false),
        ] {
            let devices = [device(Some("platform"), false), device(rule, fresh)];
            let refused = refuse_hopeless(ActionKind::DisableLostMode, &devices).is_err();
            assert_eq!(refused, hopeless, "{rule:?} {fresh}");
        }
    }
}
