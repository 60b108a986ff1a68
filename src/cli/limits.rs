//! `limits`: the limits of the guard of actions, and pending changes that loosen them. Tightening works at once;
//! loosening waits for a second person, who gives their own name and password.

use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::approver::{ApproverArgs, ask_for_approver};
use super::code_prompt::send_with_code;
use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::output::{self, TableColumn, format_value};
use super::pending_relaxations::print_relaxation;
use crate::config::{BUS_TABLE, ValueKind};
use crate::contract::{AgreementBody, GuardBody, GuardView, InstanceGuardView, PersonBody, RelaxationView};

/// Show and change the limits of actions, and approve relaxations
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector limits --data DIR
  intune-connector limits set limit_per_job=5 approval_above=1 --data DIR
  intune-connector limits approve 3 --approver anna --data DIR")]
pub struct LimitsArgs {
    #[command(subcommand)]
    command: Option<LimitsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum LimitsCommand {
    /// Show the limits and what waits for a second person (default)
    Show,
    /// Change limits; keys as in bus.ini
    Set {
        /// limit_per_job, limit_per_hour, limit_per_day, operator_per_hour, operator_per_day, approval_above,
        /// approval_per_hour, approval_per_day, approval_always, approval_needed, disruptive_per_job, disruptive_per_hour or broken_glass
        #[arg(value_name = "KEY=VALUE", required = true)]
        pairs: Vec<String>,
    },
    /// Approve a pending relaxation
    Approve(DecideRelaxationArgs),
    /// Refuse a pending relaxation
    Reject(DecideRelaxationArgs),
    /// Request that a suspended operator gets the destructive rights back
    Lift {
        /// Name of the operator
        operator: String,
    },
}

#[derive(Debug, Args)]
struct DecideRelaxationArgs {
    /// Number of the pending relaxation, as `limits` shows it
    #[arg(value_name = "ID")]
    id: i64,
    #[command(flatten)]
    person: ApproverArgs,
}

/// A key of bus.ini: where its value stands in what is shown and in the request.
struct LimitKey {
    name: &'static str,
    read: fn(&GuardView) -> String,
    field: for<'a> fn(&'a mut GuardBody) -> LimitField<'a>,
}

enum LimitField<'a> {
    Number(&'a mut Option<u64>),
    Flag(&'a mut Option<bool>),
}

macro_rules! limit_keys {
    ($($name:literal $kind:ident $part:ident . $field:ident),* $(,)?) => {
        const KEYS: &[LimitKey] = &[$(LimitKey {
            name: $name,
            read: |view| format_value(&view.$part.$field),
            field: |body| LimitField::$kind(&mut body.$part.$field),
        }),*];
    };
}

limit_keys! {
    "limit_per_job" Number limits.per_job,
    "limit_per_hour" Number limits.per_hour,
    "limit_per_day" Number limits.per_day,
    "operator_per_hour" Number limits.operator_per_hour,
    "operator_per_day" Number limits.operator_per_day,
    "approval_above" Number approval.above,
    "approval_per_hour" Number approval.per_hour,
    "approval_per_day" Number approval.per_day,
    "approval_always" Flag approval.always,
    "approval_needed" Flag approval.needed,
    "disruptive_per_job" Number limits.disruptive_per_job,
    "disruptive_per_hour" Number limits.disruptive_per_hour,
    "broken_glass" Flag approval.broken_glass,
}

pub(crate) async fn run(args: LimitsArgs) -> Result<(), CommandFailure> {
    let changed = match &args.command {
        Some(LimitsCommand::Set { pairs }) => limits_body(pairs)?,
        _ => GuardBody::default(),
    };
    with_bus(&args.connect, async |bus| {
        let client = &bus.client;
        match &args.command {
            None | Some(LimitsCommand::Show) => print_limits(&client.show_limits().await?, args.json),
            Some(LimitsCommand::Set { .. }) => print_limits(&client.change_limits(&changed).await?, args.json),
            Some(LimitsCommand::Approve(decide)) => {
                let digest = show_relaxation(client, decide.id, args.json).await?;
                let (name, password) = ask_for_approver(&decide.person)?;
                let approve = async |code| {
                    let body = AgreementBody {
                        name: name.clone(),
                        password: password.clone(),
                        digest: digest.clone(),
                        code,
                    };
                    client.approve_loosening(decide.id, &body).await
                };
                print_decision(&send_with_code(&name, approve).await?, args.json)
            }
            Some(LimitsCommand::Reject(decide)) => {
                match show_relaxation(client, decide.id, args.json).await {
                    // Whoever decides may see more than whoever is connected.
                    Err(_) if !bus.sees_everything() => (),
                    shown => drop(shown?),
                }
                let (name, password) = ask_for_approver(&decide.person)?;
                let reject = async |code| {
                    let body = PersonBody {
                        name: name.clone(),
                        password: password.clone(),
                        code,
                    };
                    client.reject_loosening(decide.id, &body).await
                };
                print_decision(&send_with_code(&name, reject).await?, args.json)
            }
            Some(LimitsCommand::Lift { operator }) => {
                let row = client.lift_suspension(operator).await?;
                if args.json {
                    output::print_json(&row)
                } else {
                    print_relaxation(&row)
                }
            }
        }
    })
    .await
}

fn limits_body(pairs: &[String]) -> Result<GuardBody, CommandFailure> {
    let mut body = GuardBody::default();
    for pair in pairs {
        let unknown_failure = || {
            let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            CommandFailure::usage_error(
                format!("{pair:?} is not a limit"),
                format!("use KEY=VALUE with one of: {}", names.join(", ")),
            )
        };
        let Some((name, text)) = pair.split_once('=') else {
            return Err(match KEYS.iter().find(|key| key.name == pair) {
                Some(key) => CommandFailure::usage_error(
                    format!("= is missing behind {pair}"),
                    format!("write {pair}=VALUE without blanks; {}", value_advice(key.name)),
                ),
                None => unknown_failure(),
            });
        };
        let key = KEYS.iter().find(|key| key.name == name).ok_or_else(unknown_failure)?;
        let was_given = match (key.field)(&mut body) {
            LimitField::Flag(field) => {
                let flag = match text {
                    "yes" | "true" => true,
                    "no" | "false" => false,
                    _ => {
                        let problem = format!("{name} must be yes or no, not {text:?}");
                        return Err(CommandFailure::usage_error(problem, value_advice(name)));
                    }
                };
                field.replace(flag).is_some()
            }
            LimitField::Number(field) => {
                let number = text.parse().map_err(|_| {
                    let problem = format!("{name} must be a whole number, not {text:?}");
                    CommandFailure::usage_error(problem, value_advice(name))
                })?;
                field.replace(number).is_some()
            }
        };
        if was_given {
            return Err(CommandFailure::duplicate_error(name));
        }
    }
    Ok(body)
}

/// What may be written, as the key of bus.ini has it.
fn value_advice(name: &str) -> String {
    match BUS_TABLE.find_key(name).map(|key| key.kind) {
        Some(ValueKind::Number { min, max }) => format!("{name} is a whole number from {min} to {max}"),
        _ => format!("{name} is yes or no"),
    }
}

/// Shows what is to be agreed to; the digest says which it was.
async fn show_relaxation(client: &SicsClient, id: i64, as_json: bool) -> Result<String, CommandFailure> {
    let waiting = client.show_limits().await?.waiting;
    let Some(row) = waiting.into_iter().find(|row| row.id == id) else {
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            format!("no pending relaxation has the number {id}"),
            "list them: intune-connector limits",
        ));
    };
    if !as_json {
        let by = row.asked_by.as_deref().unwrap_or("a settings file");
        let text = format!("{by} requests: {}", row.sentence());
        output::eprint_line(output::to_one_line(&text));
    }
    Ok(row.digest)
}

fn print_decision(row: &RelaxationView, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        output::print_json(row)
    } else {
        output::print_line(format!("{}: {}", row.state.name(), output::to_one_line(row.sentence())))
    }
}

fn print_limits(view: &GuardView, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        return output::print_json(view);
    }
    let rows: Vec<(&str, String)> = KEYS.iter().map(|key| (key.name, (key.read)(view))).collect();
    let columns: [TableColumn<(&str, String)>; 2] = [("LIMIT", |row| row.0.to_owned()), ("VALUE", |row| row.1.clone())];
    output::print_table(&columns, &rows, "")?;
    if !view.instances.is_empty() {
        output::print_line("")?;
        let columns: [TableColumn<InstanceGuardView>; 2] = [
            ("INSTANCE", |row| format_value(&row.instance)),
            ("ENABLED ACTIONS", |row| format_value(&row.policy.verbs)),
        ];
        output::print_table(&columns, &view.instances, "")?;
    }
    view.waiting.iter().try_for_each(print_relaxation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ApprovalPart, LimitsPart};

    fn body_of(pairs: &[&str]) -> Result<GuardBody, CommandFailure> {
        limits_body(&pairs.iter().copied().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn keys_of_the_file_become_the_request() {
        let expected = GuardBody {
            limits: LimitsPart {
                per_job: Some(5),
                ..LimitsPart::default()
            },
            approval: ApprovalPart {
                always: Some(true),
                ..ApprovalPart::default()
            },
        };
        assert_eq!(
            body_of(&["limit_per_job=5", "approval_always=yes"]).expect("good"),
            expected
        );
        let expected = GuardBody {
            limits: LimitsPart {
                disruptive_per_job: Some(9),
                ..LimitsPart::default()
            },
            approval: ApprovalPart {
                broken_glass: Some(false),
                per_day: Some(1),
                ..ApprovalPart::default()
            },
        };
        let pairs = ["broken_glass=no", "disruptive_per_job=9", "approval_per_day=1"];
        assert_eq!(body_of(&pairs).expect("good"), expected);
        for bad in [
            "broken_glass=1",
            "limit_per_job",
            "limit_per_job=many",
            "other=1",
            "approval_always=perhaps",
        ] {
            assert!(body_of(&[bad]).is_err(), "{bad}");
        }
        assert!(body_of(&["limit_per_job=5", "limit_per_job=6"]).is_err());
    }

    #[test]
    fn m17_a_limit_without_its_sign_or_number_says_what_may_be_written() {
        let told = |pair: &str| body_of(&[pair]).expect_err("wrong").to_string();
        let missing = told("limit_per_job");
        assert!(missing.contains("= is missing behind limit_per_job"), "{missing}");
        for pair in ["limit_per_job", "limit_per_job=abc"] {
            let text = told(pair);
            assert!(text.contains("limit_per_job is a whole number from "), "{text}");
        }
        assert!(told("limit_per_jobs=3").contains("is not a limit"));
        assert!(told("broken_glass=1").contains("broken_glass is yes or no"));
        for key in KEYS {
            assert!(BUS_TABLE.find_key(key.name).is_some(), "{}", key.name);
        }
    }

    #[test]
    fn only_what_is_given_is_sent() {
        let body = body_of(&["limit_per_job=5"]).expect("good");
        let sent = serde_json::to_value(&body).expect("JSON");
        assert_eq!(sent, serde_json::json!({ "limits": { "perJob": 5 }, "approval": {} }));
    }
}
