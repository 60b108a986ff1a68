//! `action`: one action on devices, sent as a job in the operator's own name. What destroys shows its list and asks for
//! the number of devices to be typed; what was seen a moment ago is what the job is pinned to.

mod break_glass;
mod confirmation;
mod job_body;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::output::{self, TableColumn, format_name, format_value};
use crate::contract::{DryRunResult, ReceiptView, UnjudgedView};
use crate::model::{ActionDanger, ActionKind, DeviceId, InstanceName, PendingActionPolicy, format_count};

pub(crate) use confirmation::read_typed_count;

/// Run an action on devices: sync, lock, retire, wipe … (`actions` lists all)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector action sync --instance IntuneConnector_1 --filter 'operatingSystem == \"iOS\"' --data DIR
  intune-connector action remoteLock --device 7809c88c-0000-4000-8000-000000000001 --reason \"left in a train\"
  intune-connector action wipe --device 7809c88c-0000-4000-8000-000000000001 --param keepUserData=true --dry-run
  intune-connector action wipe --device 7809c88c-0000-4000-8000-000000000001 --break-glass --person anna")]
#[command(group(clap::ArgGroup::new("selection").required(true).args(["devices", "filter"])))]
pub struct ActionArgs {
    /// Name of the action
    #[arg(value_name = "ACTION")]
    verb: ActionKind,
    /// Instance; needed only if several have the device, or with --filter if there are several
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Intune device id; repeatable
    #[arg(long = "device", value_name = "ID", value_delimiter = ',')]
    devices: Vec<DeviceId>,
    /// Condition (CEL) that selects devices; not allowed for destructive actions
    #[arg(long, value_name = "CEL", conflicts_with = "devices")]
    filter: Option<String>,
    /// Parameter of the action; NAME=@FILE reads the value from a file, which secrets require
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Reason, shown to the approver
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Your own id for the job: repeating it has no second effect
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// If Intune shows a pending action that was not sent from here: stop, wait or goOn
    #[arg(long, value_name = "WHAT", default_value = "stop", value_parser = pending_policy_parser())]
    when_pending: PendingActionPolicy,
    /// Do not wait for maintenance windows and queues (requires a separate right)
    #[arg(long)]
    urgent: bool,
    /// Emergency: wipe, retire or lock one device without approval; everyone is notified
    #[arg(long, conflicts_with = "filter")]
    break_glass: bool,
    /// Person who breaks the glass; prompts if omitted
    #[arg(long, value_name = "NAME", requires = "break_glass")]
    person: Option<String>,
    /// File with their password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE", requires = "break_glass")]
    person_password_file: Option<PathBuf>,
    /// Show what would happen to each device, without doing it
    #[arg(long)]
    dry_run: bool,
    /// Number of affected devices, instead of typing it when prompted
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    yes_i_mean: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

fn pending_policy_parser() -> impl TypedValueParser<Value = PendingActionPolicy> {
    let words = PendingActionPolicy::ALL.iter().map(|policy| policy.name());
    PossibleValuesParser::new(words).map(|word| {
        let found = PendingActionPolicy::ALL.iter().find(|policy| policy.name() == word);
        found.copied().unwrap_or_default()
    })
}

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

/// What becomes of a device, one sentence.
fn describe_effect(device: &DryRunResult) -> String {
    match &device.reason {
        Some(reason) if !device.would => describe_refusal(reason, device.instead.as_deref()),
        _ => device.effect.clone(),
    }
}

fn describe_refusal(reason: &str, instead: Option<&str>) -> String {
    match instead {
        Some(instead) => format!("refused: {reason}; instead: {instead}"),
        None => format!("refused: {reason}"),
    }
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

/// Devices of an accepted job that will be refused.
fn report_unfit(receipt: &ReceiptView) {
    let Some(unfit) = &receipt.unfit else { return };
    let devices = if unfit.count == 1 { "device" } else { "devices" };
    output::eprint_line(format!("  {} {devices} of it will be refused:", unfit.count));
    let sentences: Vec<String> = unfit
        .devices
        .iter()
        .map(|device| describe_refusal(&device.reason, device.instead.as_deref()))
        .collect();
    output::print_sentence_counts(sentences.iter().map(String::as_str));
}

fn print_devices(devices: &[DryRunResult]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<DryRunResult>; 6] = [
        ("DEVICE ID", |row| format_value(&row.device_id)),
        ("NAME", |row| format_name(&row.device.device_name)),
        ("SERIAL NUMBER", |row| format_value(&row.device.serial_number)),
        ("USER", |row| format_value(&row.device.user_principal_name)),
        ("LAST CHECK-IN", |row| format_value(&row.device.last_sync_date_time)),
        ("EFFECT", |row| format_value(&describe_effect(row))),
    ];
    output::print_table(&columns, devices, "no devices affected")?;
    let effects: Vec<String> = devices.iter().map(describe_effect).collect();
    output::print_sentence_counts(effects.iter().map(String::as_str));
    Ok(())
}

fn print_receipt(receipt: &ReceiptView) -> Result<(), CommandFailure> {
    let known = if receipt.known {
        "was accepted before"
    } else {
        "is accepted"
    };
    let job = format_value(&receipt.job);
    output::print_line(format!(
        "job {job} {known}: {} of {} of {}",
        receipt.action,
        format_count(receipt.devices, "device"),
        receipt.instance,
    ))?;
    report_unfit(receipt);
    output::eprint_line(if receipt.needs_approval {
        format!("  it waits for a second person: intune-connector jobs approve {job}")
    } else {
        format!("  follow it: intune-connector jobs watch {job}")
    });
    Ok(())
}

/// Whether there is a terminal to prompt on.
fn can_ask_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn failure_with_known_names(what: &str, known: &[impl AsRef<str>], advice: &str) -> CommandFailure {
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    let known = if known.is_empty() {
        String::new()
    } else {
        format!("; known: {}", known.join(", "))
    };
    CommandFailure::new(ExitReason::Usage, format!("{what}{known}"), advice)
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
