//! IRE: which CI an item is, by the native key, then by the hardware rule; what is written of it, and what is not.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::serve::{ApiAnswer, ApiRequest, failure, good};
use super::state::{CiRecord, REFERENCES, ServiceNowState, columns_of, lineage, new_id};

/// So many duplicates are passed over; the oldest of them is taken.
const DUPLICATES_MAX: usize = 5;

/// What an endpoint does with a payload.
#[derive(Debug, Clone, Copy)]
struct PayloadRules {
    is_trial: bool,
    keeps_partial: bool,
    commits_partly: bool,
    joins_items: bool,
}

/// What an item was found to be.
enum Found {
    Known {
        sys_id: String,
        attempts: Vec<Value>,
    },
    New {
        attempts: Vec<Value>,
    },
    Wrong {
        code: &'static str,
        text: String,
        attempts: Vec<Value>,
    },
}

pub fn reconcile(state: &mut ServiceNowState, request: &ApiRequest, endpoint: &str) -> ApiAnswer {
    let is_enhanced = matches!(endpoint, "enhanced" | "queryEnhanced");
    if is_enhanced && !state.options.has_enhanced {
        return failure(400, "Requested URI does not represent any resource", "none");
    }
    let options = request.query_text("options").unwrap_or_default();
    let Some(options) = read_options(&options) else {
        return failure(500, "Error", "Chunk is not a valid entry");
    };
    let chosen = |name: &str| options.get(name).copied().unwrap_or(name != "generate_summary");
    let keeps_partial = is_enhanced && chosen("partial_payloads");
    let rules = PayloadRules {
        is_trial: matches!(endpoint, "query" | "queryEnhanced"),
        keeps_partial,
        commits_partly: is_enhanced && (keeps_partial || chosen("partial_commits")),
        joins_items: is_enhanced && (keeps_partial || chosen("deduplicate_payloads")),
    };
    let Some(items) = request.body["items"].as_array().cloned() else {
        return failure(500, "Error", "Error occurred during parsing input json payload");
    };
    let source = request.query_text("sysparm_data_source").unwrap_or_default();
    let kept = (state.cis.clone(), state.keys.clone());
    let mut answers: Vec<Value> = Vec::new();
    let mut is_wrong = false;
    for (place, item) in items.iter().enumerate() {
        if rules.joins_items
            && let Some(first) = items[..place].iter().position(|other| is_same_item(other, item))
        {
            let indices = answers[first]["inputIndices"].as_array_mut().unwrap();
            indices.push(json!(place));
            continue;
        }
        let answer = take_item(state, item, &source, rules, place);
        is_wrong |= answer["errorCount"] != 0;
        answers.push(answer);
    }
    if rules.is_trial || (is_wrong && !rules.commits_partly) {
        (state.cis, state.keys) = kept;
    }
    if is_wrong && !rules.commits_partly {
        for answer in answers.iter_mut().filter(|answer| answer["errorCount"] == 0) {
            answer["operation"] = json!("INSERT_AS_INCOMPLETE");
            answer["sysId"] = json!("Unknown");
            answer["errorCount"] = json!(1);
            answer["errors"] = json!([{"error": "ABANDONED", "message": "Detected error while processing payload"}]);
        }
    }
    good(
        200,
        json!({"result": {"items": answers, "relations": [], "additionalCommittedItems": []}}),
    )
}

fn read_options(text: &str) -> Option<BTreeMap<String, bool>> {
    let chunks = text.split(',').filter(|chunk| !chunk.is_empty());
    chunks
        .map(|chunk| {
            let (name, value) = chunk.split_once(':')?;
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}

fn is_same_item(one: &Value, other: &Value) -> bool {
    let serial = |item: &Value| item["values"]["serial_number"].as_str().map(str::to_lowercase);
    serial(one).is_some() && serial(one) == serial(other)
}

fn take_item(state: &mut ServiceNowState, item: &Value, source: &str, rules: PayloadRules, place: usize) -> Value {
    let class = item["className"].as_str().unwrap_or_default().to_owned();
    let own_source = item["sys_object_source_info"]["source_name"]
        .as_str()
        .unwrap_or_default();
    let known = |name: &str| state.options.sources.iter().any(|known| known == name);
    if !known(source) || !(own_source.is_empty() || known(own_source)) {
        let text = format!(
            "In payload invalid data source [{source}] exist. You need to provide a valid choice value from field \
             [discovery_source] in table [cmdb_ci]"
        );
        return wrong_item(state, item, rules, place, ("INVALID_INPUT_DATA", text, Vec::new()));
    }
    if columns_of(&class).is_empty() {
        let text = format!("Identity Rule Missing for table [{class}]");
        return wrong_item(
            state,
            item,
            rules,
            place,
            ("IDENTIFICATION_RULE_MISSING", text, Vec::new()),
        );
    }
    if let Some(text) = find_wrong_reference(state, item) {
        return wrong_item(state, item, rules, place, ("INVALID_INPUT_DATA", text, Vec::new()));
    }
    match identify(state, item) {
        Found::Wrong { code, text, attempts } => wrong_item(state, item, rules, place, (code, text, attempts)),
        Found::New { .. } if state.options.no_insert_classes.contains(&class) => {
            let text = format!("Insert into {class} is blocked for data source [{source}]");
            wrong_item(
                state,
                item,
                rules,
                place,
                ("INSERT_NOT_ALLOWED_FOR_SOURCE", text, Vec::new()),
            )
        }
        Found::New { attempts } => {
            let sys_id = new_id();
            state.cis.push(CiRecord {
                sys_id: sys_id.clone(),
                class: class.clone(),
                values: BTreeMap::new(),
            });
            write_values(state, item, &sys_id, source);
            let told = if rules.is_trial { "Unknown".to_owned() } else { sys_id };
            good_item(&class, "INSERT", &told, attempts, place)
        }
        Found::Known { sys_id, attempts } => {
            let operation = write_values(state, item, &sys_id, source);
            let class = state.ci(&sys_id).unwrap().class.clone();
            good_item(&class, operation, &sys_id, attempts, place)
        }
    }
}

fn find_wrong_reference(state: &ServiceNowState, item: &Value) -> Option<String> {
    REFERENCES.iter().find_map(|(field, table)| {
        let id = item["values"][*field].as_str().filter(|id| !id.is_empty())?;
        let is_there = state.rows.iter().any(|row| row.table == *table && row.sys_id == id);
        (!is_there)
            .then(|| format!("Found invalid sys_id in payload. No record with sys_id [{id}] exist in table [{table}]"))
    })
}

fn attempt(result: &str, attributes: &[&str], info: &str) -> Value {
    let name = if attributes.is_empty() { "" } else { "Hardware Rule" };
    json!({
        "attemptResult": result, "identifierName": name, "attributes": attributes, "info": info,
        "searchOnTable": "cmdb_ci_hardware", "hybridEntryCiAttributes": [],
    })
}

fn identify(state: &ServiceNowState, item: &Value) -> Found {
    let mut attempts = Vec::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let info = &item["sys_object_source_info"];
    let key = (text(&info["source_name"]), text(&info["source_native_key"]));
    if !state.options.skips_source_matching {
        if let Some(sys_id) = state.keys.get(&key).filter(|id| state.ci(id).is_some()) {
            attempts.push(attempt("MATCHED", &[], "sys_object_source MATCHED"));
            return Found::Known {
                sys_id: sys_id.clone(),
                attempts,
            };
        }
        attempts.push(attempt("NO_MATCH", &[], "sys_object_source NO_MATCH"));
    }
    let values = &item["values"];
    let wanted = text(&values["sys_id"]);
    if !wanted.is_empty() {
        return match state.ci(&wanted) {
            Some(_) => {
                attempts.push(attempt("MATCHED", &["sys_id"], ""));
                Found::Known {
                    sys_id: wanted,
                    attempts,
                }
            }
            None => Found::Wrong {
                code: "INVALID_INPUT_DATA",
                text: format!(
                    "Found invalid sys_id in payload. No record with sys_id [{wanted}] exist in table [cmdb_ci]"
                ),
                attempts,
            },
        };
    }
    let mut has_any = false;
    for column in ["serial_number", "name"] {
        let wanted = text(&values[column]);
        if wanted.is_empty() {
            attempts.push(attempt(concat!("SKIP", "PED"), &[column], ""));
            continue;
        }
        has_any = true;
        let is_it = |ci: &&CiRecord| {
            lineage(&ci.class).contains(&"cmdb_ci_hardware") && ci.text(column).eq_ignore_ascii_case(&wanted)
        };
        let hits: Vec<&CiRecord> = state.cis.iter().filter(is_it).collect();
        if hits.len() >= DUPLICATES_MAX {
            attempts.push(attempt("MULTI_MATCH", &[column], ""));
            return Found::Wrong {
                code: "MULTIPLE_DUPLICATE_RECORDS",
                text: format!("Found duplicate records in table [cmdb_ci_hardware] using fields [{column}]"),
                attempts,
            };
        }
        if let Some(oldest) = hits.first() {
            attempts.push(attempt("MATCHED", &[column], ""));
            return Found::Known {
                sys_id: oldest.sys_id.clone(),
                attempts,
            };
        }
        attempts.push(attempt("NO_MATCH", &[column], ""));
    }
    if has_any {
        return Found::New { attempts };
    }
    Found::Wrong {
        code: "MISSING_MATCHING_ATTRIBUTES",
        text: format!(
            "In payload missing minimum set of input values for criterion (matching) attributes from identify rule for table \
             [cmdb_ci_hardware]. Add these input values in payload item '{item}'"
        ),
        attempts,
    }
}

/// Writes what the class has, and a rule leaves to this source; the operation.
fn write_values(state: &mut ServiceNowState, item: &Value, sys_id: &str, source: &str) -> &'static str {
    let class = item["className"].as_str().unwrap_or_default();
    let (skips, kept) = (state.options.skips_empty_values, state.options.kept_fields.clone());
    let allows = |name: &str| item["settings"][name] != true;
    let may_change =
        allows("updateWithoutSwitch") || allows("updateWithoutUpgrade") || allows("updateWithoutDowngrade");
    let mut reclassified = false;
    let ci = state.ci_mut(sys_id).unwrap();
    let before = ci.clone();
    if ci.class != class && may_change {
        ci.class = class.to_owned();
        reclassified = true;
    }
    let columns = columns_of(&ci.class);
    let of_item = columns_of(class);
    for (column, value) in item["values"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let name = column.as_str();
        // What the class of the item does not have is passed over, whatever the CI has.
        let is_there = columns.contains(&name) && of_item.contains(&name) && !name.starts_with("sys_");
        let is_kept = kept.iter().any(|field| field == name) && !ci.text(name).is_empty();
        if !is_there || is_kept || (skips && value.is_empty()) {
            continue;
        }
        ci.values.insert(column.clone(), value.to_owned());
    }
    let is_same = before.class == ci.class && columns.iter().all(|column| before.text(column) == ci.text(column));
    ci.values.insert("discovery_source".to_owned(), source.to_owned());
    let info = &item["sys_object_source_info"];
    if let (Some(name), Some(key)) = (info["source_name"].as_str(), info["source_native_key"].as_str()) {
        state.keys.insert((name.to_owned(), key.to_owned()), sys_id.to_owned());
    }
    state.reclassified += usize::from(reclassified);
    match (reclassified, is_same) {
        (true, _) => "UPDATE_WITH_SWITCH",
        (false, true) => "NO_CHANGE",
        (false, false) => "UPDATE",
    }
}

fn good_item(class: &str, operation: &str, sys_id: &str, attempts: Vec<Value>, place: usize) -> Value {
    json!({
        "className": class, "operation": operation, "sysId": sys_id, "identificationAttempts": attempts,
        "inputIndices": [place], "errorCount": 0, "markers": [], "mergedPayloadIds": [],
    })
}

fn wrong_item(
    state: &mut ServiceNowState,
    item: &Value,
    rules: PayloadRules,
    place: usize,
    (code, text, attempts): (&str, String, Vec<Value>),
) -> Value {
    let is_partial = rules.keeps_partial && code != "INVALID_INPUT_DATA";
    if !rules.is_trial {
        let kept = if is_partial {
            &mut state.partial
        } else {
            &mut state.incomplete
        };
        kept.push(item.clone());
    }
    let problem = json!([{"error": code, "message": text}]);
    json!({
        "className": item["className"], "sysId": "Unknown", "identifierEntrySysId": "Unknown", "inputIndices": [place],
        "operation": if is_partial { "INSERT_AS_PARTIAL" } else { "INSERT_AS_INCOMPLETE" },
        "identificationAttempts": attempts, "errorCount": 1, "errors": problem, "mergedPayloadIds": [],
    })
}
