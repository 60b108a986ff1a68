//! The command line: one file a command. A command is a client of the running bus ([`connection`]): it holds no policy,
//! asks, and prints. If it fails, it reports the cause and what to do, and exits with a code that scripts can use
//! ([`failure`]). `verify` and `scan --dry-run` also work with nothing but flags ([`tenant_args`]).

mod access_review;
mod account_output;
mod action;
mod actions;
mod approver;
mod apps;
mod argument_tips;
mod attention;
mod audit;
mod backup;
mod broken_glass;
#[cfg(feature = "simulator")]
mod called_program;
mod certificate_pin;
mod code_prompt;
mod command_tips;
mod completions;
mod compliance;
pub mod connection;
mod console_link;
#[cfg(feature = "simulator")]
mod demo;
mod dependencies;
mod devices;
mod doctor;
mod doctor_store;
pub mod failure;
mod filter_text;
mod fleet_proof;
pub mod follow;
mod heap;
mod help_text;
mod install;
mod instance_choice;
mod instance_tables;
mod instances;
mod jobs;
mod killswitch;
mod language;
mod limits;
mod local_connection;
mod log;
mod login;
mod man;
mod new_operator;
mod new_password;
mod notices;
mod offline_bus;
mod open_broken_glass;
mod operators;
mod orders;
mod output;
mod owner_commands;
mod parse_error;
mod password;
mod pending_relaxations;
mod period;
mod pinned_client;
mod preview;
mod preview_text;
mod products;
mod received_file;
mod recover;
mod reports;
mod restore;
mod roles;
mod run;
mod saved_connections;
mod scan;
mod scan_text;
mod second_factor;
mod secret_input;
mod server_tables;
mod server_webhook;
mod servers;
mod shell_words;
mod signals;
#[cfg(feature = "simulator")]
mod simulate;
mod steps;
mod table;
mod targets;
mod tenant_args;
mod terminal_question;
mod text_layout;
mod unresolved_tasks;
mod usage_line;
mod verify;
mod workflows;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use failure::{CommandFailure, EXIT_CODES};

const FIRST_STEPS: &str = "\
Try it without a tenant:
  intune-connector demo

With a tenant:
  intune-connector verify --tenant ID --client ID --secret-file F
  intune-connector run --data DIR";

/// Brings every change of a Microsoft Intune tenant to every management server
#[derive(Debug, Parser)]
#[command(name = "intune-connector", version, about, after_help = FIRST_STEPS, after_long_help = [FIRST_STEPS, EXIT_CODES].join("\n\n"))]
#[command(arg_required_else_help = true, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: CliCommand,
}

#[derive(Debug, Subcommand)]
pub enum CliCommand {
    #[cfg(feature = "simulator")]
    Demo(demo::DemoArgs),
    Run(run::RunArgs),
    Login(login::LoginArgs),
    ConsoleLink(console_link::ConsoleLinkArgs),
    Install(install::InstallArgs),
    Verify(verify::VerifyArgs),
    Scan(scan::ScanArgs),
    Follow(follow::FollowArgs),
    Attention(attention::AttentionArgs),
    Notices(notices::NoticesArgs),
    Devices(devices::DevicesArgs),
    Action(action::ActionArgs),
    Actions(actions::ActionsArgs),
    Jobs(jobs::JobsArgs),
    Apps(apps::AppsArgs),
    Orders(orders::OrdersArgs),
    Targets(targets::TargetsArgs),
    Killswitch(killswitch::KillswitchArgs),
    Limits(limits::LimitsArgs),
    BrokenGlass(broken_glass::BrokenGlassArgs),
    Servers(servers::ServersArgs),
    Operators(operators::OperatorsArgs),
    Roles(roles::RolesArgs),
    Instances(instances::InstancesArgs),
    Products(products::ProductsArgs),
    Workflows(workflows::WorkflowsArgs),
    Compliance(compliance::ComplianceArgs),
    Reports(reports::ReportsArgs),
    Audit(audit::AuditArgs),
    Log(log::LogArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    #[cfg(feature = "simulator")]
    Simulate(simulate::SimulateArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Carries a command out.
pub async fn run_command(command: CliCommand) -> Result<(), CommandFailure> {
    match command {
        #[cfg(feature = "simulator")]
        CliCommand::Demo(args) => demo::run(args).await,
        CliCommand::Run(args) => run::run(args).await,
        CliCommand::Login(args) => login::run(args).await,
        CliCommand::ConsoleLink(args) => console_link::run(args).await,
        CliCommand::Install(args) => install::run(args).await,
        CliCommand::Verify(args) => verify::run(args).await,
        CliCommand::Scan(args) => scan::run(args).await,
        CliCommand::Follow(args) => follow::run(args).await,
        CliCommand::Attention(args) => attention::run(args).await,
        CliCommand::Notices(args) => notices::run(args).await,
        CliCommand::Devices(args) => devices::run(args).await,
        CliCommand::Action(args) => action::run(args).await,
        CliCommand::Actions(args) => actions::run(args).await,
        CliCommand::Jobs(args) => jobs::run(args).await,
        CliCommand::Apps(args) => apps::run(args).await,
        CliCommand::Orders(args) => orders::run(args).await,
        CliCommand::Targets(args) => targets::run(args).await,
        CliCommand::Killswitch(args) => killswitch::run(args).await,
        CliCommand::Limits(args) => limits::run(args).await,
        CliCommand::BrokenGlass(args) => broken_glass::run(args).await,
        CliCommand::Servers(args) => servers::run(args).await,
        CliCommand::Operators(args) => operators::run(args).await,
        CliCommand::Roles(args) => roles::run(args).await,
        CliCommand::Instances(args) => instances::run(args).await,
        CliCommand::Products(args) => products::run(args).await,
        CliCommand::Workflows(args) => workflows::run(args).await,
        CliCommand::Compliance(args) => compliance::run(args).await,
        CliCommand::Reports(args) => reports::run(args).await,
        CliCommand::Audit(args) => audit::run(args).await,
        CliCommand::Log(args) => log::run(args).await,
        CliCommand::Backup(args) => backup::run(args).await,
        CliCommand::Restore(args) => restore::run(args).await,
        #[cfg(feature = "simulator")]
        CliCommand::Simulate(args) => simulate::run(args).await,
        CliCommand::Doctor(args) => doctor::run(args).await,
        CliCommand::Completions(args) => completions::run(args, Cli::command()).await,
        CliCommand::Man(args) => man::run(args, Cli::command()).await,
    }
}

/// What `main` does.
pub fn main() -> ExitCode {
    let command = parse_error::accept_negative_values(help_text::keep_examples_whole(Cli::command()));
    let line: Vec<OsString> = std::env::args_os().collect();
    let matches = match command.clone().try_get_matches_from(line.clone()) {
        Ok(matches) => matches,
        Err(error) => return parse_error::leave_with_error(error, &command, &line),
    };
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if matches!(cli.command, CliCommand::Run(_)) {
        heap::limit_to_one_heap();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::eprint_line(format!("error: failed to start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    // A name server that does not answer holds nobody up beyond the limit of the check.
    let leaves_lookups = matches!(&cli.command, CliCommand::Verify(args) if args.is_for_tenant());
    let ended = runtime.block_on(run_command(cli.command));
    if leaves_lookups {
        runtime.shutdown_background();
    }
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Whoever left a command by themselves has been told.
            if !failure.message.is_empty() {
                output::eprint_line(failure.to_string());
            }
            ExitCode::from(failure.exit as u8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(command: &clap::Command, path: &str, look: &mut dyn FnMut(&str, &clap::Command)) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = format!("{path} {}", sub.get_name());
            look(&path, sub);
            all(sub, &path, look);
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example_in_its_help() {
        let cli = Cli::command();
        for sub in cli.get_subcommands() {
            let help = sub
                .get_after_help()
                .or(sub.get_after_long_help())
                .map(ToString::to_string)
                .unwrap_or_default();
            let example = format!("intune-connector {}", sub.get_name());
            assert!(help.contains(&example), "{} shows no example", sub.get_name());
        }
    }

    #[test]
    fn e1_no_option_takes_a_secret_as_its_value() {
        let mut seen = 0;
        all(&Cli::command(), "", &mut |path, command| {
            let with_value = |argument: &&clap::Arg| argument.get_action().takes_values();
            for option in command
                .get_arguments()
                .filter(with_value)
                .filter_map(clap::Arg::get_long)
            {
                seen += 1;
                let secret = ["password", "secret", "token", "key"]
                    .iter()
                    .any(|word| option.ends_with(word));
                // --key names a PEM file, like --cert.
                assert!(!secret || option == "key", "{path} --{option}");
            }
        });
        assert!(seen > 50, "{seen}");
    }

    /// How a command reaches what it changes, and whether that loosens the guard.
    enum Way {
        /// Through the API, where the row of the route says it; also where no bus runs.
        Api,
        /// On the data folder itself, past the API; who owns it owns the bus. How it is told.
        Folder(&'static str),
        /// It touches no bus.
        Apart,
    }

    /// Commands, the longest path that fits first. A command without a row is found by the test below.
    const WAYS: &[(&str, Way)] = &[
        (
            "operators recover",
            Way::Folder("a notice for 24 hours, the audit trail"),
        ),
        ("operators rights", Way::Apart),
        ("restore", Way::Folder("a notice for 24 hours, the kill switch is on")),
        (
            "run",
            Way::Folder("what loosens in the files waits, the log says for whom"),
        ),
        ("demo", Way::Apart),
        ("doctor", Way::Apart),
        ("simulate", Way::Apart),
        ("actions", Way::Apart),
        ("completions", Way::Apart),
        ("man", Way::Apart),
        ("verify", Way::Api),
        ("products pack", Way::Apart),
        ("products keygen", Way::Apart),
        ("workflows check", Way::Apart),
        ("login", Way::Api),
        ("console-link", Way::Api),
        ("install", Way::Api),
        ("scan", Way::Api),
        ("follow", Way::Api),
        ("attention", Way::Api),
        ("notices", Way::Api),
        ("devices", Way::Api),
        ("action", Way::Api),
        ("jobs", Way::Api),
        ("apps", Way::Api),
        ("orders", Way::Api),
        ("targets", Way::Api),
        ("killswitch", Way::Api),
        ("limits", Way::Api),
        ("broken-glass", Way::Api),
        ("servers", Way::Api),
        ("operators", Way::Api),
        ("roles", Way::Api),
        ("instances", Way::Api),
        ("products", Way::Api),
        ("workflows", Way::Api),
        ("compliance", Way::Api),
        ("reports", Way::Api),
        ("audit", Way::Api),
        ("audit check-evidence", Way::Apart),
        ("log", Way::Api),
        ("backup", Way::Api),
    ];

    #[test]
    fn a9_every_command_says_how_it_reaches_what_it_changes() {
        let mut on_folder = Vec::new();
        all(&Cli::command(), "", &mut |path, _| {
            let path = path.trim();
            let fits = |known: &&(&str, Way)| path == known.0 || path.starts_with(&format!("{} ", known.0));
            let row = WAYS.iter().filter(fits).max_by_key(|(known, _)| known.len());
            let (_, way) = row.unwrap_or_else(|| panic!("{path} has no row: does it loosen the guard?"));
            match way {
                Way::Folder(told) => {
                    assert!(!told.is_empty(), "{path}");
                    on_folder.push(path.to_owned());
                }
                Way::Api | Way::Apart => (),
            }
        });
        assert_eq!(on_folder, ["run", "operators recover", "restore"]);
    }

    #[test]
    fn every_command_and_option_says_what_it_is_for() {
        all(&Cli::command(), "", &mut |path, command| {
            assert!(command.get_about().is_some(), "{path}");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{path} {}", argument.get_id());
            }
        });
    }
}

#[cfg(test)]
#[path = "examples_tests.rs"]
mod examples_tests;
