//! Jobs as tables.

use serde_json::{Value, json};

use super::ListJobsArgs;
use crate::cli::client::{ApiClient, encode_segment};
use crate::cli::failure::CommandFailure;
use crate::cli::{broken_glass, output, unresolved_tasks};

/// Devices of a job in one request.
const PAGE: u32 = 1_000;

pub(crate) async fn list_jobs(client: &ApiClient, args: &ListJobsArgs, as_json: bool) -> Result<(), CommandFailure> {
    let mut query = vec![("limit", args.limit.to_string())];
    query.extend(args.instance.as_ref().map(|name| ("instance", name.to_string())));
    query.extend(args.open.then(|| ("open", "true".to_owned())));
    query.extend(args.waiting.then(|| ("approval", "waiting".to_owned())));
    let answer = client.get("/jobs", &query).await?;
    if as_json {
        return output::print_json(&answer);
    }
    unresolved_tasks::print_unresolved_tasks(&answer["needsOperator"]);
    broken_glass::warn_of_broken_glass(&answer["brokenGlass"]);
    for one in answer["suspended"].as_array().into_iter().flatten() {
        output::eprint_line(output::to_printable(
            &format!(
                "suspended: {}, no destructive actions since {}: {}",
                one["operator"].as_str().unwrap_or("-"),
                output::format_cell(one.get("since")),
                one["why"].as_str().unwrap_or("-"),
            ),
            400,
        ));
    }
    let rows: Vec<Value> = answer["jobs"].as_array().into_iter().flatten().map(job_row).collect();
    let columns = [
        ("JOB", "/job"),
        ("ACTION", "/action"),
        ("INSTANCE", "/instance"),
        ("DEVICES", "/devices"),
        ("STATUS", "/states"),
        ("APPROVAL", "/approval"),
        ("SENT BY", "/by"),
        ("SENT AT", "/at"),
    ];
    output::print_table(&columns, &rows, "no matching jobs")?;
    if !answer["before"].is_null() {
        output::eprint_line("there are older jobs: use --limit to show more");
    }
    Ok(())
}

fn job_row(job: &Value) -> Value {
    let by = if job["server"].is_null() {
        &job["operator"]
    } else {
        &job["server"]
    };
    json!({
        "job": job["job"], "action": job["action"], "instance": job["instance"], "devices": job["devices"],
        "states": format_state_counts(job), "approval": job["approval"], "by": by, "at": job["createdAt"],
    })
}

/// States in the order in which they are told: what waits for a person comes first.
const FIRST: [&str; 2] = ["goneUnproven", "needsOperator"];

fn state_rank(state: &str) -> usize {
    FIRST.iter().position(|first| *first == state).unwrap_or(FIRST.len())
}

/// `1 goneUnproven, 3 done`
pub(crate) fn format_state_counts(job: &Value) -> String {
    let mut states: Vec<_> = job["states"].as_object().into_iter().flatten().collect();
    states.sort_by_key(|(state, _)| state_rank(state));
    states
        .into_iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A job with all its devices.
pub(crate) async fn fetch_whole_job(client: &ApiClient, job: &str) -> Result<Value, CommandFailure> {
    let path = format!("/jobs/{}", encode_segment(job));
    let mut whole = client.get(&path, &[("limit", PAGE.to_string())]).await?;
    let mut after = whole["after"].as_i64();
    while let Some(cursor) = after {
        let query = [("limit", PAGE.to_string()), ("after", cursor.to_string())];
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

pub(crate) async fn show_job(client: &ApiClient, job: &str, as_json: bool) -> Result<(), CommandFailure> {
    let whole = fetch_whole_job(client, job).await?;
    if as_json {
        output::print_json(&whole)
    } else {
        print_job(&whole)
    }
}

pub(crate) fn print_job(whole: &Value) -> Result<(), CommandFailure> {
    print_job_header(whole)?;
    let mut rows: Vec<Value> = whole["tasks"].as_array().into_iter().flatten().map(task_row).collect();
    rows.sort_by_key(|row| state_rank(row["state"].as_str().unwrap_or_default()));
    let columns = [
        ("TASK", "/task"),
        ("NAME", "/name"),
        ("SERIAL NUMBER", "/serial"),
        ("USER", "/user"),
        ("LAST CHECK-IN", "/sync"),
        ("STATE", "/state"),
        ("CAUSE", "/cause"),
        ("DETAILS", "/what"),
    ];
    output::print_table(&columns, &rows, "the job has no devices")?;
    let tasks = whole["tasks"].as_array().into_iter().flatten();
    output::print_sentence_counts(tasks.filter_map(|task| task["effect"].as_str()));
    Ok(())
}

fn print_job_header(whole: &Value) -> Result<(), CommandFailure> {
    let text = |key: &str| output::format_cell(whole.get(key));
    output::print_line(format!(
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
    output::print_line(format!("  sent by    {by}, {}", text("createdAt")))?;
    for (key, title) in [("reason", "reason"), ("requestedBy", "requester")] {
        if !whole[key].is_null() {
            output::print_line(format!(
                "  {title:<10} {}",
                output::to_printable(whole[key].as_str().unwrap_or("-"), 400)
            ))?;
        }
    }
    if whole["parameters"].as_object().is_some_and(|map| !map.is_empty()) {
        output::print_line(format!(
            "  parameters {}",
            output::to_printable(&whole["parameters"].to_string(), 400)
        ))?;
    }
    let decided = match &whole["decidedBy"] {
        Value::Null => String::new(),
        _ => format!(" by {}, {}", text("decidedBy"), text("decidedAt")),
    };
    output::print_line(format!("  approval   {}{decided}", text("approval")))?;
    output::print_line(format!("  expires    {}", text("expiresAt")))
}

fn task_row(task: &Value) -> Value {
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
