//! The job that an action becomes.

use serde_json::{Map, Value, json};

use super::{ActionArgs, failure_with_known_names};
use crate::cli::client::{ApiClient, encode_segment};
use crate::cli::failure::CommandFailure;
use crate::model::{ActionKind, DeviceId};

/// Largest file that a parameter is read from, bytes.
const LONGEST: u64 = 64 * 1024;

/// What the bus says of an action.
pub(crate) async fn fetch_action_spec(client: &ApiClient, verb: ActionKind) -> Result<Value, CommandFailure> {
    let all = client.get("/actions", &[]).await?;
    let actions = all["actions"].as_array().cloned().unwrap_or_default();
    let found = actions.into_iter().find(|action| action["name"] == verb.name());
    found.ok_or_else(|| {
        CommandFailure::general_error(
            format!("this bus has no action {verb}"),
            "list them: intune-connector actions",
        )
    })
}

/// All but id and confirmation.
pub(crate) async fn build_job(
    client: &ApiClient,
    args: &ActionArgs,
    spec: &Value,
    danger: &str,
) -> Result<Value, CommandFailure> {
    let mut job = json!({ "action": args.verb, "parameters": parse_parameters(&args.parameters, spec)? });
    if let Some(reason) = &args.reason {
        job["reason"] = json!(reason);
    }
    if args.when_pending != "stop" {
        job["whenPending"] = json!(args.when_pending);
    }
    if args.urgent {
        job["urgent"] = json!(true);
    }
    match &args.filter {
        Some(filter) => {
            job["filter"] = json!(filter);
            job["instance"] = json!(resolve_instance(client, args).await?);
        }
        None if danger == "harmless" => {
            if let Some(instance) = &args.instance {
                job["instance"] = json!(instance);
            }
            job["devices"] = args.devices.iter().map(|id| json!({ "id": id })).collect();
        }
        None => {
            let instance = resolve_instance(client, args).await?;
            let mut devices = Vec::new();
            for id in &args.devices {
                devices.push(json!({ "id": id, "seq": fetch_device_seq(client, &instance, *id).await? }));
            }
            job["instance"] = json!(instance);
            job["expectDevices"] = json!(devices.len());
            job["devices"] = Value::Array(devices);
        }
    }
    Ok(job)
}

/// The newest place of a device in the feed: the state that is meant is the one that is there now.
async fn fetch_device_seq(client: &ApiClient, instance: &str, id: DeviceId) -> Result<Value, CommandFailure> {
    let path = format!("/devices/{}/{id}", encode_segment(instance));
    Ok(client.get(&path, &[]).await?["seq"].clone())
}

async fn resolve_instance(client: &ApiClient, args: &ActionArgs) -> Result<String, CommandFailure> {
    if let Some(instance) = &args.instance {
        return Ok(instance.to_string());
    }
    let response = client.get("", &[]).await?;
    let names: Vec<String> = serde_json::from_value(response["instances"].clone()).unwrap_or_default();
    match names.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(failure_with_known_names(
            "no instance specified",
            &names,
            "use --instance NAME",
        )),
    }
}

/// Values get the type that the action's schema names, so that a code of digits stays text.
fn parse_parameters(assignments: &[String], spec: &Value) -> Result<Map<String, Value>, CommandFailure> {
    let known = &spec["parameters"]["properties"];
    let mut all = Map::new();
    for pair in assignments {
        let (name, text) = pair.split_once('=').ok_or_else(|| {
            CommandFailure::usage_error(format!("{pair:?} is not a parameter"), "use --param NAME=VALUE")
        })?;
        let schema = &known[name];
        if schema.is_null() {
            let names: Vec<String> = known
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect();
            let message = format!("the action has no parameter {name}");
            return Err(failure_with_known_names(
                &message,
                &names,
                "see the parameters: intune-connector actions --json",
            ));
        }
        let text = match text.strip_prefix('@') {
            Some(file) => read_text_input(file)?,
            None if schema["writeOnly"] == true => {
                return Err(CommandFailure::usage_error(
                    format!("{name} is secret: other users of the machine can see arguments"),
                    format!("use --param {name}=@FILE; @- for standard input"),
                ));
            }
            None => text.to_owned(),
        };
        let value = parse_parameter_value(name, &text, schema)?;
        if all.insert(name.to_owned(), value).is_some() {
            return Err(CommandFailure::duplicate_error(name));
        }
    }
    Ok(all)
}

fn parse_parameter_value(name: &str, text: &str, schema: &Value) -> Result<Value, CommandFailure> {
    let type_failure = |kind: &str| {
        CommandFailure::usage_error(
            format!("{name} must be {kind}"),
            "see the parameters: intune-connector actions --json",
        )
    };
    match schema["type"].as_str() {
        Some("boolean") => text
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| type_failure("true or false")),
        Some("integer") => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| type_failure("a whole number")),
        _ => Ok(Value::from(text)),
    }
}

fn read_text_input(file: &str) -> Result<String, CommandFailure> {
    use std::io::Read;
    let path = std::path::Path::new(file);
    let mut text = String::new();
    let read = match file {
        "-" => std::io::stdin().lock().take(LONGEST).read_to_string(&mut text),
        _ => std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text)),
    };
    read.map_err(|error| CommandFailure::file_error("read", path, &error))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Value {
        json!({ "parameters": { "properties": {
            "keepUserData": { "type": "boolean" }, "minutes": { "type": "integer" },
            "macOsUnlockCode": { "type": "string", "writeOnly": true }, "title": { "type": "string" } } } })
    }

    fn of(pair: &str) -> Result<Map<String, Value>, CommandFailure> {
        parse_parameters(&[pair.to_owned()], &spec())
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
        let refused = parse_parameters(&duplicates, &spec()).expect_err("refused");
        assert!(refused.to_string().contains("keepUserData is given twice"), "{refused}");
    }

    #[test]
    fn e1_a_secret_is_never_an_argument() {
        let refused = of("macOsUnlockCode=123456").expect_err("refused");
        assert!(!refused.to_string().contains("123456"), "{refused}");
    }
}
