//! Operators, their tokens and the rights, as people read them; what waits for a second person before it is made.

use serde::Serialize;
use serde_json::json;

use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_value};
use super::pending_relaxations::print_relaxation;
use crate::contract::{AccountReply, HeldRoleView, IssuedToken, OperatorView, RelaxationView, TokenView};
use crate::model::RIGHTS;

/// Shows what became of a change, or what waits for a second person.
pub(crate) fn print_reply<T: Serialize>(
    reply: &AccountReply<T>,
    as_json: bool,
    print_made: impl FnOnce(&T) -> Result<(), CommandFailure>,
) -> Result<(), CommandFailure> {
    output::print_answer(reply, as_json, || match reply {
        AccountReply::Made(made) => print_made(made),
        AccountReply::Waits(waiting) => {
            print_relaxation(&waiting.waits)?;
            print_token_once(waiting.token.as_ref())
        }
    })
}

/// A new account with its first token.
#[derive(Serialize)]
pub(crate) struct AddedOperator {
    /// `None`: a role of it waits for a second person.
    #[serde(flatten)]
    operator: Option<OperatorView>,
    waits: Option<RelaxationView>,
    token: Option<IssuedToken>,
}

impl AddedOperator {
    pub(crate) fn from_replies(operator: AccountReply<OperatorView>, token: AccountReply<TokenView>) -> AddedOperator {
        let (token_waits, token) = match token {
            AccountReply::Made(made) => (None, made.token),
            AccountReply::Waits(waiting) => (Some(waiting.waits), waiting.token),
        };
        let (operator, waits) = match operator {
            AccountReply::Made(operator) => (Some(operator), token_waits),
            AccountReply::Waits(waiting) => (None, Some(waiting.waits)),
        };
        AddedOperator { operator, waits, token }
    }
}

pub(crate) fn print_added_operator(added: &AddedOperator) -> Result<(), CommandFailure> {
    match (&added.waits, &added.operator) {
        (Some(waits), _) => print_relaxation(waits)?,
        (None, Some(operator)) => print_operator(operator)?,
        (None, None) => (),
    }
    print_token_once(added.token.as_ref())
}

pub(crate) fn print_operators(operators: &[OperatorView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<OperatorView>; 8] = [
        ("NAME", |row| format_value(&row.name)),
        ("KIND", |row| format_value(&row.kind)),
        ("RIGHTS", |row| format_value(&row.rights)),
        ("INSTANCES", |row| format_value(&row.scope.instances)),
        ("SERVERS", |row| format_value(&row.scope.servers)),
        ("ROLES", |row| {
            format_value(&row.roles.iter().map(describe_held_role).collect::<Vec<_>>())
        }),
        ("PASSWORD", |row| format_value(&row.has_password)),
        ("DISABLED", |row| format_value(&row.disabled)),
    ];
    output::print_table(&columns, operators, "no operators")
}

pub(crate) fn print_operator(operator: &OperatorView) -> Result<(), CommandFailure> {
    print_operators(std::slice::from_ref(operator))
}

/// Its name, and where it holds if that is not everywhere.
fn describe_held_role(held: &HeldRoleView) -> String {
    let instances = held.scope.instances.iter().flatten().map(ToString::to_string);
    let servers = held.scope.servers.iter().flatten().map(ToString::to_string);
    let places: Vec<String> = instances.chain(servers).collect();
    if places.is_empty() {
        held.role.clone()
    } else {
        format!("{} ({})", held.role, places.join(" "))
    }
}

pub(crate) fn print_tokens(tokens: &[TokenView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<TokenView>; 6] = [
        ("NUMBER", |row| format_value(&row.id)),
        ("FOR", |row| format_value(&row.name)),
        ("CREATED", |row| format_value(&row.created_at)),
        ("EXPIRES", |row| format_value(&row.expires_at)),
        ("INSTANCES", |row| format_value(&row.scope.instances)),
        ("SERVERS", |row| format_value(&row.scope.servers)),
    ];
    output::print_table(&columns, tokens, "no tokens")
}

/// A token is shown in the answer that made it and never again.
pub(crate) fn print_token_once(token: Option<&IssuedToken>) -> Result<(), CommandFailure> {
    match token {
        Some(token) => {
            output::eprint_line("the token is shown only once; keep it in a file that only its user can read");
            output::print_verbatim(&token.0)
        }
        None => Ok(()),
    }
}

/// A right, and what it allows.
#[derive(Serialize)]
struct RightLine {
    right: &'static str,
    #[serde(rename = "for")]
    purpose: &'static str,
}

pub(crate) fn print_rights(as_json: bool) -> Result<(), CommandFailure> {
    let rights = RIGHTS.iter().map(|(right, purpose)| RightLine { right, purpose });
    let rows: Vec<RightLine> = rights.collect();
    let columns: [TableColumn<RightLine>; 2] = [
        ("RIGHT", |row| format_value(&row.right)),
        ("ALLOWS", |row| format_value(&row.purpose)),
    ];
    output::print_answer(&json!({ "rights": rows }), as_json, || {
        output::print_table(&columns, &rows, "")
    })
}
