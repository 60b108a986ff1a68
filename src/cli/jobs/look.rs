//! Jobs as tables.

use serde_json::{Value, json};

use super::ListArgs;
use crate::cli::client::{Client, segment};
use crate::cli::failure::Failure;
use crate::cli::{attention, broken_glass, out};

/// Devices of a job in one request.
const PAGE: u32 = 1_000;

pub async fn list(client: &Client, args: &ListArgs, as_json: bool) -> Result<(), Failure> {
    let mut query = vec![("limit", args.limit.to_string())];
    query.extend(args.instance.as_ref().map(|name| ("instance", name.to_string())));
    query.extend(args.open.then(|| ("open", "true".to_owned())));
    query.extend(args.waiting.then(|| ("approval", "waiting".to_owned())));
    let answer = client.get("/jobs", &query).await?;
    if as_json {
        return out::json(&answer);
    }
    attention::tell(&answer["needsOperator"]);
    broken_glass::tell(&answer["brokenGlass"]);
    for one in answer["suspended"].as_array().into_iter().flatten() {
        out::say(out::printable(
            &format!(
                "suspended: {} may do nothing destructive since {}: {}",
                one["operator"].as_str().unwrap_or("-"),
                out::cell(one.get("since")),
                one["why"].as_str().unwrap_or("-"),
            ),
            400,
        ));
    }
    let rows: Vec<Value> = answer["jobs"].as_array().into_iter().flatten().map(row).collect();
    let columns = [
        ("JOB", "/job"),
        ("ACTION", "/action"),
        ("INSTANCE", "/instance"),
        ("DEVICES", "/devices"),
        ("WHERE THEY STAND", "/states"),
        ("APPROVAL", "/approval"),
        ("SENT BY", "/by"),
        ("SENT AT", "/at"),
    ];
    out::table(&columns, &rows, "no job fits")?;
    if !answer["before"].is_null() {
        out::say("there are older ones: --limit shows more");
    }
    Ok(())
}

fn row(job: &Value) -> Value {
    let by = if job["server"].is_null() {
        &job["operator"]
    } else {
        &job["server"]
    };
    json!({
        "job": job["job"], "action": job["action"], "instance": job["instance"], "devices": job["devices"],
        "states": states(job), "approval": job["approval"], "by": by, "at": job["createdAt"],
    })
}

/// States in the order in which they are told: what waits for a person comes first.
const FIRST: [&str; 2] = ["goneUnproven", "needsOperator"];

fn rank(state: &str) -> usize {
    FIRST.iter().position(|first| *first == state).unwrap_or(FIRST.len())
}

/// `1 goneUnproven, 3 done`
pub fn states(job: &Value) -> String {
    let mut states: Vec<_> = job["states"].as_object().into_iter().flatten().collect();
    states.sort_by_key(|(state, _)| rank(state));
    states
        .into_iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A job with all its devices.
pub async fn whole(client: &Client, job: &str) -> Result<Value, Failure> {
    let path = format!("/jobs/{}", segment(job));
    let mut whole = client.get(&path, &[("limit", PAGE.to_string())]).await?;
    let mut after = whole["after"].as_i64();
    while let Some(place) = after {
        let query = [("limit", PAGE.to_string()), ("after", place.to_string())];
        let mut page = client.get(&path, &query).await?;
        after = page["after"].as_i64();
        if let (Some(all), Some(more)) = (whole["tasks"].as_array_mut(), page["tasks"].as_array_mut()) {
            all.append(more);
        }
    }
    if let Some(map) = whole.as_object_mut() {
        map.remove("after");
    }
    Ok(whole)
}

pub async fn show(client: &Client, job: &str, as_json: bool) -> Result<(), Failure> {
    let whole = whole(client, job).await?;
    match as_json {
        true => out::json(&whole),
        false => print(&whole),
    }
}

pub fn print(whole: &Value) -> Result<(), Failure> {
    head(whole)?;
    let mut rows: Vec<Value> = whole["tasks"].as_array().into_iter().flatten().map(task).collect();
    rows.sort_by_key(|row| rank(row["state"].as_str().unwrap_or_default()));
    let columns = [
        ("TASK", "/task"),
        ("NAME", "/name"),
        ("SERIAL NUMBER", "/serial"),
        ("USER", "/user"),
        ("LAST CHECK-IN", "/sync"),
        ("STATE", "/state"),
        ("CAUSE", "/cause"),
        ("WHAT", "/what"),
    ];
    out::table(&columns, &rows, "the job has no devices")?;
    let tasks = whole["tasks"].as_array().into_iter().flatten();
    out::sentences(tasks.filter_map(|task| task["effect"].as_str()));
    Ok(())
}

fn head(whole: &Value) -> Result<(), Failure> {
    let text = |key: &str| out::cell(whole.get(key));
    out::line(format!(
        "job {}: {} of {} devices of {} ({})",
        text("job"),
        text("action"),
        text("devices"),
        text("instance"),
        text("danger"),
    ))?;
    let by = if whole["server"].is_null() {
        text("operator")
    } else {
        format!("{} as server {}", text("operator"), text("server"))
    };
    out::line(format!("  sent by    {by}, {}", text("createdAt")))?;
    for (key, title) in [("reason", "reason"), ("requestedBy", "asked by")] {
        if !whole[key].is_null() {
            out::line(format!(
                "  {title:<10} {}",
                out::printable(whole[key].as_str().unwrap_or("-"), 400)
            ))?;
        }
    }
    if whole["parameters"].as_object().is_some_and(|map| !map.is_empty()) {
        out::line(format!(
            "  parameters {}",
            out::printable(&whole["parameters"].to_string(), 400)
        ))?;
    }
    let decided = match &whole["decidedBy"] {
        Value::Null => String::new(),
        _ => format!(" by {}, {}", text("decidedBy"), text("decidedAt")),
    };
    out::line(format!("  approval   {}{decided}", text("approval")))?;
    out::line(format!("  expires    {}", text("expiresAt")))
}

fn task(task: &Value) -> Value {
    let what = match (task["detail"]["text"].as_str(), task["effect"].as_str()) {
        (Some(text), _) => text,
        (None, Some(effect)) => effect,
        (None, None) => "",
    };
    json!({
        "task": task["task"], "name": task["device"]["deviceName"], "serial": task["device"]["serialNumber"],
        "user": task["device"]["userPrincipalName"], "sync": task["device"]["lastSyncDateTime"],
        "state": task["state"], "cause": task["cause"], "what": what,
    })
}
