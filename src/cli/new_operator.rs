//! `operators add`: an account with its roles and its first token. All of it is made or nothing: what can be judged is
//! judged before, and what fails after that takes the account away again.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use sics_client::SicsClient;

use super::account_output::{AddedOperator, print_added_operator, print_operator, print_reply};
use super::connection::{ConnectArgs, with_new_bus};
use super::dependencies::{DependencyArgs, send_with_dependencies};
use super::failure::{CommandFailure, ExitReason};
use super::new_password::NewPasswordSource;
use super::operators::ScopeArgs;
use super::output;
use crate::contract::{AccountReply, ConfirmQuery, GiveBody, NewOperatorBody, NewTokenBody, OperatorView, TokenView};
use crate::model::{OperatorKind, Right, nearest_name};

/// What a management server needs, and no more.
const SERVER_RIGHTS: [&str; 2] = ["Changes_Read", "Servers_Announce"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OperatorKindArg {
    /// A person
    Person,
    /// A management server
    Server,
}

#[derive(Debug, Args)]
pub(crate) struct NewOperatorArgs {
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
    /// File with the password of the account; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// Create and show a token instead of setting a password
    #[arg(long = "with-token", visible_alias = "token", conflicts_with = "new_password_file")]
    with_token: bool,
    #[command(flatten)]
    dependencies: DependencyArgs,
}

/// `operators add --data DIR` may be what a data folder begins with.
pub(crate) async fn run(add: &NewOperatorArgs, connect: &ConnectArgs, as_json: bool) -> Result<(), CommandFailure> {
    let rights = add.chosen_rights()?;
    let source = add.password_source();
    let given = if add.with_token {
        None
    } else {
        source.read_without_asking()?
    };
    with_new_bus(connect, async |bus| {
        let client = &bus.client;
        add.scope.require_instances(client).await?;
        require_roles(client, &add.role).await?;
        let password = match given {
            None if !add.with_token => Some(source.read()?),
            given => given,
        };
        add_operator(client, add, add.new_body(rights, password), as_json).await
    })
    .await
}

/// Each role exists. Who may not see the roles is told by the bus when it is given.
async fn require_roles(client: &SicsClient, wanted: &[String]) -> Result<(), CommandFailure> {
    if wanted.is_empty() {
        return Ok(());
    }
    let known = match client.list_roles().await {
        Ok(all) => all.roles,
        Err(error) if error.status == Some(403) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let is_known = |name: &String| known.iter().any(|role| role.name.eq_ignore_ascii_case(name));
    let Some(name) = wanted.iter().find(|name| !is_known(name)) else {
        return Ok(());
    };
    let nearest = nearest_name(name, known.iter().map(|role| role.name.as_str()));
    let advice = match nearest {
        Some(near) => format!("did you mean {near}? list them: intune-connector roles"),
        None => "list them: intune-connector roles".to_owned(),
    };
    Err(CommandFailure::new(
        ExitReason::Conflict,
        format!("role {name} does not exist; no account was made"),
        advice,
    ))
}

async fn add_operator(
    client: &SicsClient,
    add: &NewOperatorArgs,
    body: NewOperatorBody,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let send = async |add_dependencies| {
        let body = NewOperatorBody {
            add_dependencies,
            ..body.clone()
        };
        client.add_operator(&body).await
    };
    let reply = send_with_dependencies(&add.dependencies, send).await?;
    if matches!(reply, AccountReply::Waits(_)) {
        print_reply(&reply, as_json, print_operator)?;
        for role in &add.role {
            output::eprint_line(format!(
                "when it is made, give it its role: intune-connector operators give {} {role}",
                add.name
            ));
        }
        return Ok(());
    }
    match complete_account(client, add, reply).await {
        Ok((reply, None)) => print_reply(&reply, as_json, print_operator),
        Ok((reply, Some(token))) => {
            let added = AddedOperator::from_replies(reply, token);
            output::print_answer(&added, as_json, || print_added_operator(&added))
        }
        Err(failure) => Err(take_back(client, &add.name, failure).await),
    }
}

/// What became of an account, and its token where it has one.
type CompletedAccount = (AccountReply<OperatorView>, Option<AccountReply<TokenView>>);

/// Roles and token of an account that was made.
async fn complete_account(
    client: &SicsClient,
    add: &NewOperatorArgs,
    mut reply: AccountReply<OperatorView>,
) -> Result<CompletedAccount, CommandFailure> {
    for role in &add.role {
        let scope = add.scope.to_scope();
        let confirm = ConfirmQuery::default();
        reply = client.give_role(&add.name, role, &confirm, &GiveBody { scope }).await?;
    }
    if !add.with_token {
        return Ok((reply, None));
    }
    let body = NewTokenBody {
        name: "first token".to_owned(),
        ..NewTokenBody::default()
    };
    let token = client.add_token(&add.name, &body).await?;
    Ok((reply, Some(token)))
}

/// Removes the account that could not be completed, and says what is left.
async fn take_back(client: &SicsClient, name: &str, failure: CommandFailure) -> CommandFailure {
    let removed = client.remove_operator(name).await;
    if matches!(removed, Ok(AccountReply::Made(()))) {
        return CommandFailure {
            message: format!("{}; no account was made", failure.message),
            ..failure
        };
    }
    CommandFailure {
        message: format!("{}; operator {name} was made, but is not complete", failure.message),
        advice: format!("remove it: intune-connector operators remove {name}"),
        ..failure
    }
}

impl NewOperatorArgs {
    fn chosen_rights(&self) -> Result<Vec<Right>, CommandFailure> {
        if self.with_token && self.kind == OperatorKindArg::Person {
            return Err(CommandFailure::usage_error(
                "cannot create a token for another person",
                "omit --with-token: the person gets a password and creates tokens with `login`; for a program use --kind server",
            ));
        }
        match (self.kind, self.rights.is_empty()) {
            (_, true) if !self.role.is_empty() => Ok(Vec::new()),
            (OperatorKindArg::Server, true) => {
                Ok(SERVER_RIGHTS.iter().filter_map(|right| right.parse().ok()).collect())
            }
            (OperatorKindArg::Person, true) => Err(CommandFailure::usage_error(
                "no rights or role given",
                "use --role administrator or --rights RIGHT,RIGHT; `roles` and `operators rights` list them",
            )),
            (_, false) => Ok(self.rights.clone()),
        }
    }

    fn password_source(&self) -> NewPasswordSource<'_> {
        NewPasswordSource {
            file: self.new_password_file.as_deref(),
            option: "--new-password-file",
            prompt: format!("Password for {}", self.name),
        }
    }

    fn new_body(&self, rights: Vec<Right>, password: Option<SecretString>) -> NewOperatorBody {
        NewOperatorBody {
            name: self.name.clone(),
            kind: match self.kind {
                OperatorKindArg::Person => OperatorKind::Person,
                OperatorKindArg::Server => OperatorKind::Server,
            },
            password,
            rights,
            scope: self.scope.to_scope(),
            add_dependencies: false,
        }
    }
}
