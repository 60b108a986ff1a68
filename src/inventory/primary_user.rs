//! The primary user of a device: its relation `users`, which Intune keeps apart from the properties of a device (those may go on
//! telling who enrolled it). It is read of new and changed devices in batches of 20, from what is left of the budget behind the
//! scans, and published as the field `primaryUser`: one that changed or was cleared is a change of the device like any other.
//!
//! *Where the right is missing*, Graph answers 403. That is told once, with the right that helps, shown with the instance, and
//! asked again with one device after an hour; no scan waits for it.
//!
//! If the process dies here, the devices of the last batch are asked for again.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::instance_scanner::{InstanceScanner, body_comparer, enrichment_merger};
use super::properties::{PRIMARY_USER, TABLE};
use super::record_slots::RecordSlots;
use super::scan_error::ScanError;
pub use super::users_refusal::UsersRefusal;
use crate::config::PrimaryUserMode;
use crate::graph::{BatchReadings, BudgetLane, GraphError, MAX_BATCH};
use crate::model::{DeviceId, Timestamp};
use crate::store::{DueDevice, UsersReading};

/// After a refusal nobody asks for so long.
const REFUSED_PAUSE: TimeDelta = TimeDelta::hours(1);
/// HTTP statuses that say more than "no answer".
const BAD_REQUEST: u16 = 400;
const FORBIDDEN: u16 = 403;

/// Reads until no device is due; answers how many devices are other than before.
pub async fn run(scanner: &InstanceScanner) -> Result<u64, ScanError> {
    let mut changed_count = 0;
    loop {
        let now = scanner.clock.now();
        let before = match scanner.settings.devices.primary_user {
            PrimaryUserMode::Off => return Ok(changed_count),
            PrimaryUserMode::On => None,
            PrimaryUserMode::Daily => Some(now - TimeDelta::days(1)),
        };
        let Some(limit) = batch_limit(scanner.users_refusal.borrow().as_ref(), now) else {
            return Ok(changed_count);
        };
        if !scanner.projection.reads_primary_user() {
            return Ok(changed_count);
        }
        let due = scanner.store.list_users_due(scanner.instance, before, limit).await?;
        if due.is_empty() {
            return Ok(changed_count);
        }
        changed_count += read_due_devices(scanner, due).await?;
    }
}

/// How many devices may be asked for at once; `None`: none now. After a refusal one device shows whether it still holds. A
/// refusal from the future was written by a wrong clock, and holds nobody up (E3).
fn batch_limit(refusal: Option<&UsersRefusal>, now: Timestamp) -> Option<usize> {
    let Some(refusal) = refusal else { return Some(MAX_BATCH) };
    let is_held = (TimeDelta::zero()..REFUSED_PAUSE).contains(&(now - refusal.at));
    (!is_held).then_some(1)
}

async fn read_due_devices(scanner: &InstanceScanner, due: Vec<DueDevice>) -> Result<u64, ScanError> {
    let (received, hidden): (Vec<DueDevice>, Vec<DueDevice>) =
        due.into_iter().partition(|device| is_received(&device.body));
    let mut found: Vec<(DeviceId, UsersReading)> = hidden
        .into_iter()
        .map(|device| (device.id, UsersReading::NotReceived))
        .collect();
    let ids: Vec<DeviceId> = received.into_iter().map(|device| device.id).collect();
    let read_at = scanner.clock.now();
    let mut failure = None;
    if !ids.is_empty() {
        let graph = scanner.graph.in_lane(BudgetLane::Spare);
        let sorted = sort_readings(graph.read_device_users_batch(&ids).await?);
        note_refusal(scanner, sorted.refusal.as_ref(), !sorted.found.is_empty());
        found.extend(sorted.found);
        failure = sorted.failure;
    }
    // What was answered counts, whatever became of the others.
    let changed_count = scanner
        .store
        .store_users(scanner.instance, read_at, found, enrichment_merger(), body_comparer())
        .await?;
    failure.map_or(Ok(changed_count), |error| Err(error.into()))
}

/// The answers of one batch.
#[derive(Default)]
struct SortedReadings {
    found: Vec<(DeviceId, UsersReading)>,
    refusal: Option<GraphError>,
    /// Something that may pass: the device is asked for again.
    failure: Option<GraphError>,
}

fn sort_readings(readings: BatchReadings) -> SortedReadings {
    let mut sorted = SortedReadings::default();
    for (id, reading) in readings {
        let error = match reading {
            Ok(answer) => {
                let users = read_users(&answer.body).map_or_else(
                    |problem| {
                        tracing::warn!(device.id = %id, error = problem, "cannot parse the users of a device");
                        UsersReading::Unanswered
                    },
                    UsersReading::Filled,
                );
                sorted.found.push((id, users));
                continue;
            }
            Err(error) => error,
        };
        match error.status() {
            _ if error.is_not_found() => sorted.found.push((id, UsersReading::Unanswered)),
            Some(BAD_REQUEST) => {
                tracing::warn!(device.id = %id, error = %error, "failed to read the users of a device; they are read again when it changes");
                sorted.found.push((id, UsersReading::Unanswered));
            }
            Some(FORBIDDEN) => sorted.refusal = Some(error),
            _ => sorted.failure = Some(error),
        }
    }
    sorted
}

/// Tells a refusal once, and its end; what stands between the two is asked for rarely.
fn note_refusal(scanner: &InstanceScanner, refusal: Option<&GraphError>, has_answers: bool) {
    let was_refused = scanner.users_refusal.borrow().is_some();
    match refusal {
        Some(error) => {
            let detail = format!(
                "the primary users of devices cannot be read: {error}; grant the application permission User.ReadBasic.All, or set \
                 primary_user = off"
            );
            if !was_refused {
                tracing::warn!(instance.id = %scanner.instance, error = %error,
                    "the primary users of devices cannot be read: the application lacks a permission, such as User.ReadBasic.All; the field primaryUser stays empty");
            }
            let at = scanner.clock.now();
            scanner.users_refusal.send_replace(Some(UsersRefusal { at, detail }));
        }
        None if was_refused && has_answers => {
            tracing::info!(instance.id = %scanner.instance, "the primary users of devices can be read");
            scanner.users_refusal.send_replace(None);
        }
        None => (),
    }
}

/// Whether anybody receives the field of this device: a personal one may be without it (F8).
fn is_received(body: &str) -> bool {
    RecordSlots::from_json(body).is_ok_and(|slots| slots.is_present(PRIMARY_USER))
}

/// Graph's answer as the field that it fills. Intune knows one primary user; of several the first one counts. Where there is
/// none, the four fields are null: the whole field is null until somebody has asked.
fn read_users(answer: &[u8]) -> Result<String, &'static str> {
    let answer: Value = serde_json::from_slice(answer).map_err(|_| "the answer is not JSON")?;
    let users = answer["value"].as_array().ok_or("the answer has no list of users")?;
    let person = users.iter().map(user_fields).find(is_known_person);
    let user = person.unwrap_or_else(|| user_fields(&Value::Null));
    let name = TABLE[PRIMARY_USER].name;
    Ok(json!({ name: user }).to_string())
}

/// What tells who somebody is, in one form; empty texts are nothing.
fn user_fields(user: &Value) -> Value {
    let text = |name: &str| {
        let told = user[name].as_str().map(str::trim);
        told.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    json!({
        "id": text("id").map(|id| id.to_ascii_lowercase()),
        "userPrincipalName": text("userPrincipalName"),
        "displayName": text("displayName"),
        "mail": text("mail"),
    })
}

fn is_known_person(user: &Value) -> bool {
    user["id"].is_string() || user["userPrincipalName"].is_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(minutes: i64) -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn read(answer: &str) -> Value {
        serde_json::from_str(&read_users(answer.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_person_is_told_by_four_fields_and_of_nobody_they_are_null() {
        let answer = r#"{"@odata.context":"c","value":[{"id":"7FE74058-0000-4000-8000-000000000002","displayName":" Anna ",
            "userPrincipalName":"a@example.org","mail":"","jobTitle":"no"}]}"#;
        assert_eq!(
            read(answer)["primaryUser"],
            json!({"id": "7fe74058-0000-4000-8000-000000000002", "userPrincipalName": "a@example.org",
                "displayName": "Anna", "mail": null})
        );
        let nobody = json!({"primaryUser": {"id": null, "userPrincipalName": null, "displayName": null, "mail": null}});
        assert_eq!(read(r#"{"value":[]}"#), nobody);
        assert_eq!(read(r#"{"value":[{"displayName":"x"}, 5]}"#), nobody);
        let two = r#"{"value":[{"id":""},{"userPrincipalName":"b@example.org"},{"id":"c"}]}"#;
        assert_eq!(read(two)["primaryUser"]["userPrincipalName"], "b@example.org");
    }

    #[test]
    fn what_is_no_list_of_users_is_told() {
        for answer in ["", "[]", "{}", r#"{"value":{}}"#, r#"{"value":null}"#] {
            assert!(read_users(answer.as_bytes()).is_err(), "{answer}");
        }
    }

    #[test]
    fn a_refusal_holds_for_an_hour_and_then_one_device_shows_whether_it_still_does() {
        let refusal = UsersRefusal {
            at: at(0),
            detail: String::new(),
        };
        assert_eq!(batch_limit(None, at(0)), Some(MAX_BATCH));
        for (minutes, limit) in [(0, None), (59, None), (60, Some(1)), (600, Some(1)), (-1, Some(1))] {
            assert_eq!(batch_limit(Some(&refusal), at(minutes)), limit, "{minutes}");
        }
    }

    #[test]
    fn f8_a_device_whose_body_does_not_let_the_field_through_is_not_asked_for() {
        assert!(is_received(r#"{"id":"a","primaryUser":null}"#));
        assert!(is_received(r#"{"id":"a","primaryUser":{"id":"x"}}"#));
        assert!(!is_received(r#"{"id":"a","userPrincipalName":"x"}"#));
        assert!(!is_received(""));
    }
}
