//! The options of `action`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::connection::ConnectArgs;
use crate::model::{ActionKind, DeviceId, InstanceName, PendingActionPolicy};

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
    pub(super) verb: ActionKind,
    /// Instance; needed only if several have the device, or with --filter if there are several
    #[arg(long, value_name = "NAME")]
    pub(super) instance: Option<InstanceName>,
    /// Intune device id; repeatable
    #[arg(long = "device", value_name = "ID", value_delimiter = ',')]
    pub(super) devices: Vec<DeviceId>,
    /// Condition (CEL) that selects devices; not allowed for destructive actions
    #[arg(long, value_name = "CEL", conflicts_with = "devices")]
    pub(super) filter: Option<String>,
    /// Parameter of the action; NAME=@FILE reads the value from a file, which secrets require
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(super) parameters: Vec<String>,
    /// Reason, shown to the approver
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Your own id for the job: repeating it has no second effect
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<String>,
    /// If Intune shows a pending action that was not sent from here: stop, wait or goOn
    #[arg(long, value_name = "WHAT", default_value = "stop", value_parser = pending_policy_parser())]
    pub(super) when_pending: PendingActionPolicy,
    /// Do not wait for maintenance windows and queues (requires a separate right)
    #[arg(long)]
    pub(super) urgent: bool,
    /// Emergency: wipe, retire or lock one device without approval; everyone is notified
    #[arg(long, conflicts_with = "filter")]
    pub(super) break_glass: bool,
    /// Person who breaks the glass; prompts if omitted
    #[arg(long, value_name = "NAME", requires = "break_glass")]
    pub(super) person: Option<String>,
    /// File with their password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE", requires = "break_glass")]
    pub(super) person_password_file: Option<PathBuf>,
    /// Show what would happen to each device, without doing it
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Number of affected devices, instead of typing it when prompted
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    pub(super) yes_i_mean: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

fn pending_policy_parser() -> impl TypedValueParser<Value = PendingActionPolicy> {
    let words = PendingActionPolicy::ALL.iter().map(|policy| policy.name());
    PossibleValuesParser::new(words).map(|word| {
        let found = PendingActionPolicy::ALL.iter().find(|policy| policy.name() == word);
        found.copied().unwrap_or_default()
    })
}
