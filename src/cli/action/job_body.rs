//! The job that an action becomes.

use std::path::Path;

use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use sics_client::SicsClient;

use super::action_args::ActionArgs;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::instance_choice::{choose_instance, choose_instance_of};
use crate::cli::secret_input;
use crate::contract::{ActionParametersSchema, ActionView, GivenParameters, JobBody, JobTargetBody, ParameterSchema};
use crate::model::{ActionDanger, ActionKind};

/// Largest file that a parameter is read from, bytes.
const LONGEST: u64 = 64 * 1024;

/// What the bus says of an action.
pub(crate) async fn fetch_action(client: &SicsClient, verb: ActionKind) -> Result<ActionView, CommandFailure> {
    let all = client.list_actions().await?.actions;
    all.into_iter().find(|action| action.name == verb).ok_or_else(|| {
        CommandFailure::general_error(
            format!("this bus has no action {verb}"),
            "list them: intune-connector actions",
        )
    })
}

/// The bus tells the same job from another by its id: a repetition after a lost answer has no second effect.
pub(crate) fn choose_job_id(args: &ActionArgs) -> String {
    args.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string())
}

/// All but id and confirmation.
pub(crate) async fn build_job(
    client: &SicsClient,
    args: &ActionArgs,
    action: &ActionView,
) -> Result<JobBody, CommandFailure> {
    let mut job = JobBody {
        action: Some(args.verb),
        parameters: GivenParameters(parse_parameters(&args.parameters, &action.parameters)?),
        reason: args.reason.clone(),
        when_pending: args.when_pending,
        urgent: args.urgent,
        ..JobBody::default()
    };
    match &args.filter {
        Some(filter) => {
            job.filter = Some(filter.clone());
            job.instance = Some(choose_instance(client, args.instance.as_ref()).await?);
        }
        None if action.danger == ActionDanger::Harmless => {
            job.instance = args.instance.clone();
            job.devices = args.devices.iter().copied().map(JobTargetBody::from_id).collect();
        }
        None => {
            let instance = choose_instance_of(client, args.instance.as_ref(), &args.devices).await?;
            for id in &args.devices {
                // The newest place in the feed: the state that is meant is the one that is there now.
                let device = client.show_device(&instance, id).await?;
                job.devices.push(JobTargetBody {
                    seq: Some(device.seq),
                    ..JobTargetBody::from_id(*id)
                });
            }
            job.instance = Some(instance);
            job.expect_devices = Some(job.devices.len() as u64);
        }
    }
    Ok(job)
}

/// Values get the type that the action's schema names, so that a code of digits stays text.
fn parse_parameters(
    assignments: &[String],
    schema: &ActionParametersSchema,
) -> Result<Map<String, Value>, CommandFailure> {
    let mut all = Map::new();
    for pair in assignments {
        let (name, text) = pair.split_once('=').ok_or_else(|| {
            CommandFailure::usage_error(format!("{pair:?} is not a parameter"), "use --param NAME=VALUE")
        })?;
        let Some(parameter) = schema.find_parameter(name) else {
            return Err(failure_with_known_names(
                &format!("the action has no parameter {name}"),
                &schema.list_names(),
                "see the parameters: intune-connector actions --json",
            ));
        };
        let text = match text.strip_prefix('@') {
            Some(file) if parameter.write_only => read_secret_parameter(name, file)?,
            Some(file) => read_text_parameter(file)?,
            None if parameter.write_only => {
                return Err(CommandFailure::usage_error(
                    format!("{name} is secret: other users of the machine can see arguments"),
                    format!("use --param {name}=@FILE; @- for standard input"),
                ));
            }
            None => text.to_owned(),
        };
        let value = parse_parameter_value(name, &text, &parameter)?;
        if all.insert(name.to_owned(), value).is_some() {
            return Err(CommandFailure::duplicate_error(name));
        }
    }
    Ok(all)
}

fn parse_parameter_value(name: &str, text: &str, parameter: &ParameterSchema) -> Result<Value, CommandFailure> {
    let type_failure = |kind: &str| {
        CommandFailure::usage_error(
            format!("{name} must be {kind}"),
            "see the parameters: intune-connector actions --json",
        )
    };
    match parameter.kind.as_str() {
        "boolean" => text
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| type_failure("true or false")),
        "integer" => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| type_failure("a whole number")),
        _ => Ok(Value::from(text)),
    }
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

fn read_text_parameter(file: &str) -> Result<String, CommandFailure> {
    let text = secret_input::read_text_input(Path::new(file), LONGEST)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_secret_parameter(name: &str, file: &str) -> Result<String, CommandFailure> {
    let secret = secret_input::read_secret(Some(Path::new(file)), name)?;
    Ok(secret.expose_secret().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> ActionParametersSchema {
        let properties = serde_json::json!({
            "keepUserData": { "type": "boolean" }, "minutes": { "type": "integer" },
            "macOsUnlockCode": { "type": "string", "writeOnly": true }, "title": { "type": "string" } });
        ActionParametersSchema {
            kind: "object".to_owned(),
            properties: properties.as_object().cloned().expect("an object"),
            required: Vec::new(),
            additional_properties: false,
        }
    }

    fn of(pair: &str) -> Result<Map<String, Value>, CommandFailure> {
        parse_parameters(&[pair.to_owned()], &schema())
    }

    #[test]
    fn values_get_the_type_of_the_schema() {
        assert_eq!(of("keepUserData=true").expect("good")["keepUserData"], true);
        assert_eq!(of("minutes=5").expect("good")["minutes"], 5);
        assert_eq!(of("title=123456").expect("good")["title"], "123456");
        assert_eq!(of("title=a=b").expect("good")["title"], "a=b");
        for bad in ["keepUserData=yes", "minutes=many", "other=1", "title"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sec_l7_a_parameter_is_given_once() {
        let duplicates = ["keepUserData=true".to_owned(), "keepUserData=false".to_owned()];
        let refused = parse_parameters(&duplicates, &schema()).expect_err("refused");
        assert!(refused.to_string().contains("keepUserData is given twice"), "{refused}");
    }

    #[test]
    fn e1_a_secret_is_never_an_argument() {
        let refused = of("macOsUnlockCode=123456").expect_err("refused");
        assert!(!refused.to_string().contains("123456"), "{refused}");
    }
}
