//! A definition on this machine, looked at without a bus: a line a finding, as compilers write them.

use std::path::Path;

use serde_json::{Value, json};

use crate::app::workflows;
use crate::cli::failure::{Exit, Failure};
use crate::cli::out;
use crate::workflow::read::read;
use crate::workflow::{advise, definition};
use crate::xml::Finding;

pub fn check(file: &Path, as_json: bool) -> Result<(), Failure> {
    let bytes = std::fs::read(file).map_err(|error| Failure::file("read", file, &error))?;
    // Names of files are not looked at, so any folder will do.
    let registry = workflows::known(Path::new(""));
    let checked = match std::str::from_utf8(&bytes) {
        Ok(text) => definition(text, &registry),
        Err(_) => Err(read(&bytes).1),
    };
    let (findings, good) = match checked {
        Ok(definition) => {
            let danger = definition.danger(&registry);
            (Vec::new(), Some((definition, danger)))
        }
        Err(findings) => (findings, None),
    };
    let advice = good.as_ref().map(|(definition, _)| advise(definition, &registry));
    let advice = advice.unwrap_or_default();
    match (as_json, &good) {
        (true, _) => {
            let told = |findings: &[Finding]| -> Vec<Value> {
                let values = findings.iter().map(serde_json::to_value);
                values.filter_map(Result::ok).collect()
            };
            let (name, version, danger) = match &good {
                Some((definition, danger)) => (json!(definition.name), json!(definition.version), json!(danger)),
                None => (Value::Null, Value::Null, Value::Null),
            };
            out::json(&json!({
                "good": good.is_some(), "name": name, "version": version, "danger": danger,
                "hash": hex::encode(openssl::sha::sha256(&bytes)), "findings": told(&findings),
                "advice": told(&advice),
            }))?;
        }
        (false, Some((definition, _))) => {
            advice
                .iter()
                .try_for_each(|finding| out::line(format!("{} (advice)", line(file, finding))))?;
            let (name, version) = (&definition.name, &definition.version);
            out::line(format!("{}: {name} version {version} can run", file.display()))?;
        }
        (false, None) => findings.iter().try_for_each(|finding| out::line(line(file, finding)))?,
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err(Failure::new(
            Exit::Failed,
            "one thing is wrong",
            "correct it, then check again",
        )),
        more => Err(Failure::new(
            Exit::Failed,
            format!("{more} things are wrong"),
            "correct them, then check again",
        )),
    }
}

fn line(file: &Path, finding: &Finding) -> String {
    let at = finding.at;
    let text = format!(
        "{}:{}:{}: {}; {}",
        file.display(),
        at.line,
        at.column,
        finding.problem,
        finding.advice
    );
    out::printable(&text, 600)
}
