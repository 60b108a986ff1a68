//! `operators`: who may sign in, people and management servers alike, with which rights and where.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::client::{ApiClient, encode_segment};
use super::connection::{ConnectArgs, with_bus};
use super::dependencies::{BodyMethod, DependencyArgs, send_with_dependencies};
use super::failure::CommandFailure;
use super::{output, secret_input};
use crate::model::{InstanceName, RIGHTS, Right, ServerId};

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
    fn scope_body(&self) -> Option<Value> {
        let mut scope = Map::new();
        scope.extend(
            self.instances
                .as_ref()
                .map(|names| ("instances".to_owned(), json!(names))),
        );
        scope.extend(self.servers.as_ref().map(|ids| ("servers".to_owned(), json!(ids))));
        (!scope.is_empty()).then_some(Value::Object(scope))
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
    with_bus(&args.connect, async |bus| {
        let answer = run_subcommand(&bus.client, &command, args.yes_i_mean).await?;
        if args.json {
            output::print_json(&answer)
        } else {
            print_answer(&command, &answer)
        }
    })
    .await
}

fn print_rights(as_json: bool) -> Result<(), CommandFailure> {
    let rows: Vec<Value> = RIGHTS
        .iter()
        .map(|(right, what)| json!({ "right": right, "for": what }))
        .collect();
    if as_json {
        output::print_json(&json!({ "rights": rows }))
    } else {
        output::print_table(&[("RIGHT", "/right"), ("ALLOWS", "/for")], &rows, "")
    }
}

async fn run_subcommand(
    client: &ApiClient,
    command: &OperatorsCommand,
    yes_i_mean: Option<u64>,
) -> Result<Value, CommandFailure> {
    let path = |name: &str, rest: &str| format!("/operators/{}{rest}", encode_segment(name));
    let confirmed = |path| with_confirm_count(path, yes_i_mean);
    match command {
        OperatorsCommand::List
        | OperatorsCommand::Rights
        | OperatorsCommand::Recover(_)
        | OperatorsCommand::Password(_) => client.get("/operators", &[]).await,
        OperatorsCommand::Add(add) => add_operator(client, add).await,
        OperatorsCommand::Change(change) => {
            let path = confirmed(path(&change.name, ""));
            send_with_dependencies(
                client,
                BodyMethod::Patch,
                &path,
                change.change_body()?,
                &change.dependencies,
            )
            .await
        }
        OperatorsCommand::Remove { name } => client.delete(&path(name, ""), &[]).await,
        OperatorsCommand::AddToken {
            name,
            label,
            days,
            scope,
        } => {
            let mut body = json!({ "name": label });
            if let Some(scope) = scope.scope_body() {
                body["scope"] = scope;
            }
            if let Some(days) = days {
                let ends = crate::observe::Clock::system().now() + chrono::TimeDelta::days(i64::from(*days));
                body["expiresAt"] = json!(ends);
            }
            client.post(&path(name, "/tokens"), &body).await
        }
        OperatorsCommand::Give { name, role, scope } => {
            let body = match scope.scope_body() {
                Some(scope) => json!({"scope": scope}),
                None => json!({}),
            };
            client
                .put(
                    &confirmed(path(name, &format!("/roles/{}", encode_segment(role)))),
                    &body,
                )
                .await
        }
        OperatorsCommand::Take { name, role } => {
            client
                .delete(&confirmed(path(name, &format!("/roles/{}", encode_segment(role)))), &[])
                .await
        }
        OperatorsCommand::Tokens { name } => client.get(&path(name, "/tokens"), &[]).await,
        OperatorsCommand::RemoveToken { name, id } => client.delete(&path(name, &format!("/tokens/{id}")), &[]).await,
    }
}

/// The path of a change that may take devices from servers.
pub(crate) fn with_confirm_count(path: String, count: Option<u64>) -> String {
    match count {
        Some(count) => format!("{path}?confirm={count}"),
        None => path,
    }
}

async fn add_operator(client: &ApiClient, add: &AddOperatorArgs) -> Result<Value, CommandFailure> {
    let needed = || SERVER_RIGHTS.iter().filter_map(|right| right.parse().ok()).collect();
    let rights: Vec<Right> = match (add.kind, add.rights.is_empty()) {
        (_, true) if !add.role.is_empty() => Vec::new(),
        (OperatorKindArg::Server, true) => needed(),
        (OperatorKindArg::Person, true) => {
            return Err(CommandFailure::usage_error(
                "no rights or role given",
                "use --role administrator or --rights RIGHT,RIGHT; `roles` and `operators rights` list them",
            ));
        }
        (_, false) => add.rights.clone(),
    };
    if add.with_token && add.kind == OperatorKindArg::Person {
        return Err(CommandFailure::usage_error(
            "cannot create a token for another person",
            "omit --token: the person gets a password and creates tokens with `login`; for a program use --kind server",
        ));
    }
    let kind = match add.kind {
        OperatorKindArg::Person => "person",
        OperatorKindArg::Server => "server",
    };
    let mut body = json!({ "name": add.name, "kind": kind, "rights": rights });
    if let Some(scope) = add.scope.scope_body() {
        body["scope"] = scope;
    }
    if !add.with_token {
        let prompt = format!("Password for {}", add.name);
        let password = secret_input::read_secret(add.new_password_file.as_deref(), &prompt)?;
        body["password"] = json!(password.expose_secret());
    }
    let mut answer = send_with_dependencies(client, BodyMethod::Post, "/operators", body, &add.dependencies).await?;
    if answer["waits"].is_object() {
        return Ok(answer);
    }
    for role in &add.role {
        let path = format!(
            "/operators/{}/roles/{}",
            encode_segment(&add.name),
            encode_segment(role)
        );
        let body = add
            .scope
            .scope_body()
            .map_or(json!({}), |scope| json!({"scope": scope}));
        answer = client.put(&path, &body).await?;
    }
    if add.with_token {
        let path = format!("/operators/{}/tokens", encode_segment(&add.name));
        let token = client.post(&path, &json!({ "name": "first token" })).await?;
        if !answer["waits"].is_object() {
            answer["waits"] = token["waits"].clone();
        }
        answer["token"] = token["token"].clone();
    }
    Ok(answer)
}

impl ChangeOperatorArgs {
    fn change_body(&self) -> Result<Value, CommandFailure> {
        let mut body = Map::new();
        body.extend(self.rights.as_ref().map(|rights| ("rights".to_owned(), json!(rights))));
        body.extend(self.scope.scope_body().map(|scope| ("scope".to_owned(), scope)));
        if let Some(file) = &self.new_password_file {
            let password = secret_input::read_secret(Some(file), "New password")?;
            body.insert("password".into(), json!(password.expose_secret()));
        }
        if self.disable || self.enable {
            body.insert("disabled".into(), json!(self.disable));
        }
        if body.is_empty() {
            Err(CommandFailure::usage_error(
                "no change given",
                "use --rights, --instances, --servers, --new-password-file or --disable",
            ))
        } else {
            Ok(Value::Object(body))
        }
    }
}

fn print_answer(command: &OperatorsCommand, answer: &Value) -> Result<(), CommandFailure> {
    if super::pending_relaxations::print_if_pending(answer)? {
        return print_token_once(answer);
    }
    let columns = [
        ("NAME", "/name"),
        ("KIND", "/kind"),
        ("RIGHTS", "/rights"),
        ("INSTANCES", "/scope/instances"),
        ("SERVERS", "/scope/servers"),
        ("ROLES", "/roleNames"),
        ("PASSWORD", "/hasPassword"),
        ("DISABLED", "/disabled"),
    ];
    let rows = |list: &str| -> Vec<Value> {
        answer[list]
            .as_array()
            .into_iter()
            .flatten()
            .map(with_role_names)
            .collect()
    };
    match command {
        OperatorsCommand::List
        | OperatorsCommand::Rights
        | OperatorsCommand::Recover(_)
        | OperatorsCommand::Password(_) => output::print_table(&columns, &rows("operators"), "no operators"),
        OperatorsCommand::Tokens { .. } => {
            let columns = [
                ("NUMBER", "/id"),
                ("FOR", "/name"),
                ("CREATED", "/createdAt"),
                ("EXPIRES", "/expiresAt"),
                ("INSTANCES", "/scope/instances"),
                ("SERVERS", "/scope/servers"),
            ];
            output::print_table(&columns, &rows("tokens"), "no tokens")
        }
        OperatorsCommand::Remove { name } => output::print_line(format!("operator {name} removed")),
        OperatorsCommand::Take { name, role } => {
            output::print_line(format!("operator {name} no longer has the role {role}"))
        }
        OperatorsCommand::RemoveToken { id, .. } => output::print_line(format!("token {id} removed")),
        OperatorsCommand::Add(_) | OperatorsCommand::Change(_) | OperatorsCommand::Give { .. } => {
            output::print_table(&columns, &[with_role_names(answer)], "")?;
            print_token_once(answer)
        }
        OperatorsCommand::AddToken { .. } => print_token_once(answer),
    }
}

/// With the names of its roles, those that do not hold everywhere marked.
fn with_role_names(operator: &Value) -> Value {
    let mut row = operator.clone();
    let roles = operator["roles"].as_array().into_iter().flatten();
    let names = roles.map(|held| {
        let name = held["role"].as_str().unwrap_or_default();
        let here = held["scope"]["instances"].as_array().into_iter().flatten();
        let there = held["scope"]["servers"].as_array().into_iter().flatten();
        let places: Vec<&str> = here.chain(there).filter_map(Value::as_str).collect();
        if places.is_empty() {
            name.to_owned()
        } else {
            format!("{name} ({})", places.join(" "))
        }
    });
    row["roleNames"] = json!(names.collect::<Vec<String>>());
    row
}

/// A token is shown in the answer that made it and never again.
fn print_token_once(answer: &Value) -> Result<(), CommandFailure> {
    match answer["token"].as_str() {
        Some(token) => {
            output::eprint_line("the token is shown only once; keep it in a file that only its user can read");
            output::print_line(token)
        }
        None => Ok(()),
    }
}
