//! `operators`: who may sign in, people and management servers alike, with which rights and where.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Subcommand, ValueEnum};
use sics_client::SicsClient;

use super::account_output::{
    AddedOperator, print_added_operator, print_operator, print_operators, print_reply, print_rights, print_token_once,
    print_tokens,
};
use super::connection::{ConnectArgs, with_bus};
use super::dependencies::{DependencyArgs, send_with_dependencies};
use super::failure::CommandFailure;
use super::{output, secret_input};
use crate::contract::{AccountReply, ConfirmQuery, GiveBody, NewOperatorBody, NewTokenBody, OperatorBody};
use crate::model::{InstanceName, OperatorKind, Right, RightScope, ServerId};
use crate::observe::Clock;

/// What a management server needs, and no more.
const SERVER_RIGHTS: [&str; 2] = ["Changes_Read", "Servers_Announce"];

/// List, add, change and remove operators and their tokens
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector operators add acmp --kind server --token --data DIR
  intune-connector operators add anna --role administrator --data DIR
  intune-connector operators give ben auditor --data DIR
  intune-connector operators password --url https://bus.example:3900 --user ben
  intune-connector operators recover anna --data DIR
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OperatorKindArg {
    /// A person
    Person,
    /// A management server
    Server,
}

#[derive(Debug, Subcommand)]
enum OperatorsCommand {
    /// List operators (default)
    List,
    /// List all rights
    Rights,
    /// Add an operator; prompts for the password unless --password-file or --token is given
    Add(AddOperatorArgs),
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
        #[arg(long, value_name = "N")]
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
    /// Create an administrator, or set a new administrator password, while the bus does not run
    Recover(super::recover::RecoverArgs),
}

#[derive(Debug, Args)]
struct AddOperatorArgs {
    /// Name to sign in with
    name: String,
    /// Kind of operator
    #[arg(long, value_enum, default_value = "person")]
    kind: OperatorKindArg,
    /// Rights, e.g. 'Devices_Read,Servers_*' or '*'; servers get the rights they need automatically
    #[arg(long, value_name = "RIGHT,RIGHT", value_delimiter = ',')]
    rights: Vec<Right>,
    /// Roles to give, for the same scope, e.g. administrator; `roles` lists them
    #[arg(long, value_name = "ROLE,ROLE", value_delimiter = ',')]
    role: Vec<String>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// File with the password; - for standard input
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// Create and show a token instead of setting a password
    #[arg(long = "with-token", visible_alias = "token", conflicts_with = "new_password_file")]
    with_token: bool,
    #[command(flatten)]
    dependencies: DependencyArgs,
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
struct ScopeArgs {
    /// Limit to these instances
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    instances: Option<Vec<InstanceName>>,
    /// Limit to these management servers
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    servers: Option<Vec<ServerId>>,
}

impl ScopeArgs {
    fn to_scope(&self) -> RightScope {
        RightScope {
            instances: self.instances.clone(),
            servers: self.servers.clone(),
        }
    }

    fn is_given(&self) -> bool {
        self.instances.is_some() || self.servers.is_some()
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
        OperatorsCommand::List
        | OperatorsCommand::Rights
        | OperatorsCommand::Recover(_)
        | OperatorsCommand::Password(_) => {
            let all = client.list_operators().await?;
            output::print_answer(&all, as_json, || print_operators(&all.operators))
        }
        OperatorsCommand::Add(add) => add_operator(client, add, as_json).await,
        OperatorsCommand::Change(change) => {
            let body = change.change_body()?;
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

async fn add_operator(client: &SicsClient, add: &AddOperatorArgs, as_json: bool) -> Result<(), CommandFailure> {
    let body = add.new_body()?;
    let send = async |add_dependencies| {
        let body = NewOperatorBody {
            add_dependencies,
            ..body.clone()
        };
        client.add_operator(&body).await
    };
    let mut reply = send_with_dependencies(&add.dependencies, send).await?;
    if matches!(reply, AccountReply::Waits(_)) {
        return print_reply(&reply, as_json, print_operator);
    }
    for role in &add.role {
        let scope = add.scope.to_scope();
        let confirm = ConfirmQuery::default();
        reply = client.give_role(&add.name, role, &confirm, &GiveBody { scope }).await?;
    }
    if !add.with_token {
        return print_reply(&reply, as_json, print_operator);
    }
    let body = NewTokenBody {
        name: "first token".to_owned(),
        ..NewTokenBody::default()
    };
    let added = AddedOperator::from_replies(reply, client.add_token(&add.name, &body).await?);
    output::print_answer(&added, as_json, || print_added_operator(&added))
}

impl AddOperatorArgs {
    fn new_body(&self) -> Result<NewOperatorBody, CommandFailure> {
        let needed = || SERVER_RIGHTS.iter().filter_map(|right| right.parse().ok()).collect();
        let rights: Vec<Right> = match (self.kind, self.rights.is_empty()) {
            (_, true) if !self.role.is_empty() => Vec::new(),
            (OperatorKindArg::Server, true) => needed(),
            (OperatorKindArg::Person, true) => {
                return Err(CommandFailure::usage_error(
                    "no rights or role given",
                    "use --role administrator or --rights RIGHT,RIGHT; `roles` and `operators rights` list them",
                ));
            }
            (_, false) => self.rights.clone(),
        };
        if self.with_token && self.kind == OperatorKindArg::Person {
            return Err(CommandFailure::usage_error(
                "cannot create a token for another person",
                "omit --token: the person gets a password and creates tokens with `login`; for a program use --kind server",
            ));
        }
        let password = if self.with_token {
            None
        } else {
            let prompt = format!("Password for {}", self.name);
            Some(secret_input::read_secret(self.new_password_file.as_deref(), &prompt)?)
        };
        Ok(NewOperatorBody {
            name: self.name.clone(),
            kind: match self.kind {
                OperatorKindArg::Person => OperatorKind::Person,
                OperatorKindArg::Server => OperatorKind::Server,
            },
            password,
            rights,
            scope: self.scope.to_scope(),
            add_dependencies: false,
        })
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
        let password = match &self.new_password_file {
            Some(file) => Some(secret_input::read_secret(Some(file), "New password")?),
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
