//! `scan confirm-complete`: why snapshots are open, and their end by an operator's word.

use serde_json::Value;

use super::client::{Client, segment};
use super::failure::Failure;
use super::out;
use crate::model::InstanceName;

pub async fn show(client: &Client, instance: &InstanceName, as_json: bool) -> Result<(), Failure> {
    let path = format!("/instances/{}/snapshot", segment(instance.as_str()));
    let shown = client.get(&path, &[]).await?;
    if as_json {
        return out::json(&shown);
    }
    if shown.pointer("/fleet/proven") == Some(&Value::Bool(true)) {
        return out::line(format!(
            "{instance}: the fleet is proven whole, snapshots end by themselves"
        ));
    }
    out::line(format!(
        "{instance}: snapshots are open, and servers keep what they hold, because"
    ))?;
    because(&shown["fleet"]).iter().try_for_each(out::line)?;
    for problem in shown["problems"].as_array().into_iter().flatten() {
        let text = format!("  ! {}", problem.as_str().unwrap_or_default());
        out::line(out::printable(&text, 400))?;
    }
    if let Some(at) = shown.pointer("/fleet/nextTry").and_then(Value::as_str) {
        out::line(format!("the next full scan comes by itself at {at}"))?;
    }
    let count = shown["count"].as_u64().unwrap_or(0);
    if let Some(digest) = shown["digest"].as_str() {
        out::say(format!(
            "\nIf the {count} devices of the list are all that there are (servers lose what they hold beyond them):\n  \
             intune-connector scan confirm-complete --instance {instance} --digest {digest} --yes-i-mean {count}"
        ));
    }
    Ok(())
}

/// Why snapshots are open, a line each.
pub fn because(fleet: &Value) -> Vec<String> {
    let reasons = fleet["openBecause"].as_array().into_iter().flatten();
    let line = |why: &Value| format!("  {} ({})", out::cell(why.get("detail")), out::cell(why.get("code")));
    reasons.map(|why| out::printable(&line(why), 300)).collect()
}
