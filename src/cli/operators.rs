//! `operators`: who may sign in, people and management servers alike, with which rights and where.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::access_review::review_access;
use super::account_output::{
    print_operator, print_operators, print_reply, print_rights, print_token_once, print_tokens,
};
use super::connection::{ConnectArgs, with_bus};
use super::dependencies::{DependencyArgs, send_with_dependencies};
use super::failure::CommandFailure;
use super::new_operator::NewOperatorArgs;
use super::new_password::NewPasswordSource;
use super::{instance_choice, output};
use crate::contract::{ConfirmQuery, GiveBody, NewTokenBody, OperatorBody};
use crate::model::{InstanceName, Right, RightScope, ServerId};
use crate::observe::Clock;

/// List, add, change and remove operators and their tokens
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector operators add acmp --kind server --token --data DIR
  intune-connector operators add anna --role administrator --data DIR
  intune-connector operators give ben auditor --data DIR
  intune-connector operators password --url https://bus.example:3900 --user ben
  intune-connector operators second-factor --url https://bus.example:3900 --user ben
  intune-connector operators recover anna --data DIR
  intune-connector operators review --csv access.csv --data DIR
  intune-connector operators rights")]
pub struct OperatorsArgs {
    #[command(subcommand)]
    command: Option<OperatorsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// Number of devices that its servers lose by a change, as reported without this option
    #[arg(long, global = true, value_name = "N")]
    yes_i_mean: Option<u64>,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum OperatorsCommand {
    /// List operators (default)
    List,
    /// List all rights
    Rights,
    /// Review access: who holds which right, through which role, where, since when, and who gave it
    Review {
        /// Write a new CSV file for a spreadsheet instead
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
    /// Add an operator; prompts for the password unless --new-password-file or --token is given
    Add(NewOperatorArgs),
    /// Change rights, scope or password of an operator; a change that gives control over an account that may
    /// approve, destroy or manage accounts waits for a second person
    Change(ChangeOperatorArgs),
    /// Remove an operator; its tokens are revoked at once
    Remove {
        /// Name of the operator
        name: String,
    },
    /// Create a token for a management server or for yourself; it is shown once
    AddToken {
        /// Name of the operator
        name: String,
        /// What the token is for
        #[arg(long, value_name = "TEXT", default_value = "command line")]
        label: String,
        /// Days until the token expires; never if omitted
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: Option<u32>,
        #[command(flatten)]
        scope: ScopeArgs,
    },
    /// Give an operator a role, everywhere or for a scope; replaces the role's previous scope
    Give {
        /// Name of the operator
        name: String,
        /// Name of the role, as `roles` lists it
        role: String,
        #[command(flatten)]
        scope: ScopeArgs,
    },
    /// Remove a role from an operator
    Take {
        /// Name of the operator
        name: String,
        /// Name of the role
        role: String,
    },
    /// List the tokens of an operator
    Tokens {
        /// Name of the operator
        name: String,
    },
    /// Remove a token
    RemoveToken {
        /// Name of the operator
        name: String,
        /// Number of the token, as `tokens` shows it
        id: i64,
    },
    /// Set your own password; requires the current one, and revokes all tokens of the account
    Password(super::password::PasswordArgs),
    /// Set up your own second factor (an authenticator app), or remove it; needs --url and --user
    SecondFactor(super::second_factor::SecondFactorArgs),
    /// Take away the second factor of somebody who has lost it
    ResetSecondFactor {
        /// Name of the operator
        name: String,
    },
    /// Create an administrator, or set a new administrator password, while the bus does not run
    Recover(super::recover::RecoverArgs),
}

#[derive(Debug, Args)]
struct ChangeOperatorArgs {
    /// Name of the operator
    name: String,
    /// New rights; they replace the old ones
    #[arg(long, value_name = "RIGHT,RIGHT", value_delimiter = ',')]
    rights: Option<Vec<Right>>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// File with the new password; - for standard input
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// Disable sign-in
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Enable sign-in again
    #[arg(long)]
    enable: bool,
    #[command(flatten)]
    dependencies: DependencyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ScopeArgs {
    /// Limit to these instances
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    instances: Option<Vec<InstanceName>>,
    /// Limit to these management servers
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    servers: Option<Vec<ServerId>>,
}

impl ScopeArgs {
    pub(crate) fn to_scope(&self) -> RightScope {
        RightScope {
            instances: self.instances.clone(),
            servers: self.servers.clone(),
        }
    }

    fn is_given(&self) -> bool {
        self.instances.is_some() || self.servers.is_some()
    }

    /// A scope that names an instance that does not exist would hold nowhere, and nobody would notice.
    pub(crate) async fn require_instances(&self, client: &SicsClient) -> Result<(), CommandFailure> {
        let Some(wanted) = self.instances.as_deref().filter(|wanted| !wanted.is_empty()) else {
            return Ok(());
        };
        let known = client.test_connection().await?.instances;
        match wanted.iter().find(|name| !known.contains(&name.to_string())) {
            Some(name) => Err(instance_choice::unknown_instance(name, &known)),
            None => Ok(()),
        }
    }
}

pub(crate) async fn run(args: OperatorsArgs) -> Result<(), CommandFailure> {
    let command = args.command.unwrap_or(OperatorsCommand::List);
    if let OperatorsCommand::Rights = command {
        return print_rights(args.json);
    }
    if let OperatorsCommand::Recover(recover) = &command {
        return super::recover::run(recover, &args.connect, args.json).await;
    }
    if let OperatorsCommand::Password(password) = &command {
        return super::password::run(password, &args.connect).await;
    }
    if let OperatorsCommand::SecondFactor(factor) = &command {
        return super::second_factor::run(factor, &args.connect, args.json).await;
    }
    if let OperatorsCommand::ResetSecondFactor { name } = &command {
        return super::second_factor::reset(name, &args.connect, args.json).await;
    }
    if let OperatorsCommand::Add(add) = &command {
        return super::new_operator::run(add, &args.connect, args.json).await;
    }
    let confirm = ConfirmQuery::from_count(args.yes_i_mean);
    with_bus(&args.connect, async |bus| {
        run_subcommand(&bus.client, &command, &confirm, args.json).await
    })
    .await
}

async fn run_subcommand(
    client: &SicsClient,
    command: &OperatorsCommand,
    confirm: &ConfirmQuery,
    as_json: bool,
) -> Result<(), CommandFailure> {
    match command {
        // The others are carried out already.
        OperatorsCommand::List
        | OperatorsCommand::Add(_)
        | OperatorsCommand::Rights
        | OperatorsCommand::Recover(_)
        | OperatorsCommand::SecondFactor(_)
        | OperatorsCommand::ResetSecondFactor { .. }
        | OperatorsCommand::Password(_) => {
            let all = client.list_operators().await?;
            output::print_answer(&all, as_json, || print_operators(&all.operators))
        }
        OperatorsCommand::Review { csv } => review_access(client, csv.as_deref(), as_json).await,
        OperatorsCommand::Change(change) => {
            let body = change.change_body()?;
            change.scope.require_instances(client).await?;
            let send = async |add_dependencies| {
                let body = OperatorBody {
                    add_dependencies,
                    ..body.clone()
                };
                client.change_operator(&change.name, confirm, &body).await
            };
            let reply = send_with_dependencies(&change.dependencies, send).await?;
            print_reply(&reply, as_json, print_operator)
        }
        OperatorsCommand::Remove { name } => {
            let reply = client.remove_operator(name).await?;
            print_reply(&reply, as_json, |()| {
                output::print_line(format!("operator {name} removed"))
            })
        }
        OperatorsCommand::AddToken {
            name,
            label,
            days,
            scope,
        } => {
            scope.require_instances(client).await?;
            let ends = |days: &u32| Clock::system().now() + TimeDelta::days(i64::from(*days));
            let body = NewTokenBody {
                name: label.clone(),
                expires_at: days.as_ref().map(ends),
                scope: scope.to_scope(),
            };
            let reply = client.add_token(name, &body).await?;
            print_reply(&reply, as_json, |token| print_token_once(token.token.as_ref()))
        }
        OperatorsCommand::Give { name, role, scope } => {
            scope.require_instances(client).await?;
            let scope = scope.to_scope();
            let reply = client.give_role(name, role, confirm, &GiveBody { scope }).await?;
            print_reply(&reply, as_json, print_operator)
        }
        OperatorsCommand::Take { name, role } => {
            let reply = client.take_role(name, role, confirm).await?;
            print_reply(&reply, as_json, |()| {
                output::print_line(format!("operator {name} no longer has the role {role}"))
            })
        }
        OperatorsCommand::Tokens { name } => {
            let all = client.list_tokens(name).await?;
            output::print_answer(&all, as_json, || print_tokens(&all.tokens))
        }
        OperatorsCommand::RemoveToken { name, id } => {
            client.remove_token(name, id).await?;
            output::print_answer(&(), as_json, || output::print_line(format!("token {id} removed")))
        }
    }
}

impl ChangeOperatorArgs {
    fn change_body(&self) -> Result<OperatorBody, CommandFailure> {
        let switched = self.disable || self.enable;
        if self.rights.is_none() && !self.scope.is_given() && self.new_password_file.is_none() && !switched {
            return Err(CommandFailure::usage_error(
                "no change given",
                "use --rights, --instances, --servers, --new-password-file or --disable",
            ));
        }
        let source = NewPasswordSource {
            file: self.new_password_file.as_deref(),
            option: "--new-password-file",
            prompt: format!("New password for {}", self.name),
        };
        let password = match source.file {
            Some(_) => source.read_without_asking()?,
            None => None,
        };
        Ok(OperatorBody {
            password,
            rights: self.rights.clone(),
            scope: self.scope.is_given().then(|| self.scope.to_scope()),
            disabled: switched.then_some(self.disable),
            ..OperatorBody::default()
        })
    }
}
