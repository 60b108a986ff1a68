//! `GET /deviceAppManagement/mobileApps`: the catalogue. Types that only beta has are left out of v1.0 or shown as their
//! base type, as the tuning says. The large icon is in the answer of one app alone. What told installations of an app
//! until 2023 (`deviceStatuses` and others) is gone.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::mobile_app_types::{CATEGORY, FILTERS, kind};
use super::paged::paged;
use super::select::{self, PAGED};
use super::{Answer, BOTH, Call, Class, Endpoint, Version, assignments, intune, permissions};
use crate::software::{MobileApp, Software};
use crate::state::read;
use crate::world::Dice;

const PATH: &str = "/deviceAppManagement/mobileApps";

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: PATH,
    versions: BOTH,
    scopes: permissions::APPS_READ,
    class: Class::AppRead,
    options: &[
        "$select",
        "$top",
        "$skiptoken",
        "$count",
        "$filter",
        "$expand",
        "$orderby",
    ],
    handle: all,
};

pub(super) const COUNT: Endpoint = Endpoint {
    path: "/deviceAppManagement/mobileApps/$count",
    options: &["$filter"],
    handle: count,
    ..ALL
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/deviceAppManagement/mobileApps/{id}",
    options: &["$select", "$expand"],
    handle: one,
    ..ALL
};

pub(super) const CATEGORIES: Endpoint = Endpoint {
    path: "/deviceAppManagement/mobileAppCategories",
    options: PAGED,
    handle: categories,
    ..ALL
};

pub(super) const CATEGORIES_OF_APP: Endpoint = Endpoint {
    path: "/deviceAppManagement/mobileApps/{id}/categories",
    options: PAGED,
    handle: categories_of_app,
    ..ALL
};

pub(super) const DEVICE_STATUSES: Endpoint = Endpoint {
    path: "/deviceAppManagement/mobileApps/{id}/deviceStatuses",
    options: PAGED,
    handle: gone,
    ..ALL
};

pub(super) const USER_STATUSES: Endpoint = Endpoint {
    path: "/deviceAppManagement/mobileApps/{id}/userStatuses",
    ..DEVICE_STATUSES
};

pub(super) const INSTALL_SUMMARY: Endpoint = Endpoint {
    path: "/deviceAppManagement/mobileApps/{id}/installSummary",
    ..DEVICE_STATUSES
};

const CATEGORY_NAMES: [&str; 3] = ["Business", "Productivity", "Développement & Test"];

/// A picture of one point: PNG, base64.
const ICON: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// What `$expand` asks for.
#[derive(Clone, Copy, Default)]
struct Expanded {
    assignments: bool,
    categories: bool,
}

fn expanded(call: &Call) -> Result<Expanded, Box<Answer>> {
    let mut expanded = Expanded::default();
    let names = call.query.get("$expand").unwrap_or_default().split(',').map(str::trim);
    for name in names.filter(|name| !name.is_empty()) {
        match name {
            "assignments" => expanded.assignments = true,
            "categories" => expanded.categories = true,
            other => {
                let message = format!("Parsing OData Select and Expand failed: '{other}' can not be expanded.");
                return Err(Box::new(intune::bad(call, &message)));
            }
        }
    }
    Ok(expanded)
}

fn all(call: &Call) -> Answer {
    listed(call).unwrap_or_else(|refusal| *refusal)
}

fn listed(call: &Call) -> Result<Answer, Box<Answer>> {
    let expanded = expanded(call)?;
    let software = read(&call.tenant.software);
    let mut apps = fitting(call, &software)?;
    sort(call, &mut apps)?;
    let rows = apps.into_iter().map(|app| row(call, &software, app, false, expanded));
    let rows: Vec<Value> = rows.collect();
    let context = "deviceAppManagement/mobileApps";
    Ok(paged(
        call,
        kind(call),
        (PATH, context),
        &rows,
        call.tuning.software.page_size,
    ))
}

/// The apps that the filter lets through, of those that this version shows.
fn fitting<'a>(call: &Call, software: &'a Software) -> Result<Vec<&'a MobileApp>, Box<Answer>> {
    let filter = intune::filter(call, FILTERS)?;
    let shown = software.apps().iter().filter(|app| intune::is_shown(call, app));
    let fitting = shown.filter(|app| {
        let value_of = |name: &str| match name {
            "displayName" => json!(app.name),
            "publisher" => json!(app.publisher),
            "isAssigned" => json!(!software.assignments(app.id).is_empty()),
            "publishingState" => json!(app.publishing.name()),
            _ => json!(format!("#microsoft.graph.{}", type_name(call, app))),
        };
        filter.as_ref().is_none_or(|filter| filter.fits(&value_of))
    });
    Ok(fitting.collect())
}

fn sort(call: &Call, apps: &mut [&MobileApp]) -> Result<(), Box<Answer>> {
    let Some(order) = call.query.get("$orderby") else {
        return Ok(());
    };
    let (name, direction) = order.trim().split_once(' ').unwrap_or((order.trim(), "asc"));
    match name {
        "displayName" => apps.sort_by_key(|app| app.name.to_lowercase()),
        "createdDateTime" => apps.sort_by_key(|app| app.created),
        "lastModifiedDateTime" => apps.sort_by_key(|app| app.modified),
        other => {
            let message = format!("The property '{other}' can not be used in the $orderby query option.");
            return Err(Box::new(intune::bad(call, &message)));
        }
    }
    match direction.trim() {
        "asc" => Ok(()),
        "desc" => {
            apps.reverse();
            Ok(())
        }
        _ => Err(Box::new(intune::bad(call, "Invalid $orderby."))),
    }
}

fn count(call: &Call) -> Answer {
    let software = read(&call.tenant.software);
    match fitting(call, &software) {
        Ok(apps) => Answer::new(StatusCode::OK, "text/plain", apps.len().to_string()),
        Err(refusal) => *refusal,
    }
}

fn one(call: &Call) -> Answer {
    shown(call).unwrap_or_else(|refusal| *refusal)
}

fn shown(call: &Call) -> Result<Answer, Box<Answer>> {
    let expanded = expanded(call)?;
    let software = read(&call.tenant.software);
    let app = intune::app(call, &software)?;
    let mut body = row(call, &software, app, true, expanded);
    let context = format!("{}/$metadata#deviceAppManagement/mobileApps/$entity", call.root());
    body["@odata.context"] = json!(context);
    Ok(select::answer(call, kind(call), body))
}

fn type_name(call: &Call, app: &MobileApp) -> &'static str {
    if intune::is_foreign(call, app) {
        "mobileApp"
    } else {
        app.kind.name
    }
}

/// `alone`: as the answer of one app, which has its icon.
fn row(call: &Call, software: &Software, app: &MobileApp, alone: bool, expanded: Expanded) -> Value {
    let icon = if alone && app.has_icon {
        json!({"type": "image/png", "value": ICON})
    } else {
        Value::Null
    };
    let moment = |at: crate::world::Ticks| if alone { at.full_text() } else { at.text() };
    let mut row = json!({
        "@odata.type": format!("#microsoft.graph.{}", type_name(call, app)),
        "id": app.id.to_string(),
        "displayName": app.name,
        "description": format!("{} by {}", app.name, app.publisher),
        "publisher": app.publisher,
        "largeIcon": icon,
        "createdDateTime": moment(app.created),
        "lastModifiedDateTime": moment(app.modified),
        "isFeatured": false,
        "privacyInformationUrl": null,
        "informationUrl": null,
        "owner": "",
        "developer": "",
        "notes": "",
        "publishingState": app.publishing.name(),
    });
    if call.asked.version == Version::Beta {
        row["uploadState"] = json!(1);
        row["isAssigned"] = json!(!software.assignments(app.id).is_empty());
        row["roleScopeTagIds"] = json!(if alone { vec!["0"] } else { Vec::new() });
        row["dependentAppCount"] = json!(0);
        row["supersedingAppCount"] = json!(0);
        row["supersededAppCount"] = json!(0);
    }
    if expanded.assignments {
        let assigned = software.assignments(app.id).iter();
        row["assignments"] = assigned
            .map(|assignment| assignments::shown(call, assignment))
            .collect();
    }
    if expanded.categories {
        let category = app.category.map(|place| category(call, place));
        row["categories"] = category.into_iter().collect();
    }
    row
}

fn category(call: &Call, place: usize) -> Value {
    json!({
        "id": Dice::apart(call.tenant.fleet.seed, 0xCA7 + place as u64).uuid().to_string(),
        "displayName": CATEGORY_NAMES[place % CATEGORY_NAMES.len()],
        "lastModifiedDateTime": "2025-02-03T09:00:00Z",
    })
}

fn categories(call: &Call) -> Answer {
    let rows: Vec<Value> = (0..CATEGORY_NAMES.len()).map(|place| category(call, place)).collect();
    let context = "deviceAppManagement/mobileAppCategories";
    paged(
        call,
        &CATEGORY,
        (CATEGORIES.path, context),
        &rows,
        call.tuning.page_size,
    )
}

fn categories_of_app(call: &Call) -> Answer {
    let software = read(&call.tenant.software);
    let app = match intune::app(call, &software) {
        Ok(app) => app,
        Err(refusal) => return *refusal,
    };
    let rows: Vec<Value> = app.category.into_iter().map(|place| category(call, place)).collect();
    let path = format!("{PATH}/{}/categories", app.id);
    let context = format!("deviceAppManagement/mobileApps('{}')/categories", app.id);
    paged(call, &CATEGORY, (&path, &context), &rows, call.tuning.page_size)
}

/// What is no member of the type any more.
fn gone(call: &Call) -> Answer {
    let segment = call.endpoint.path.rsplit('/').next().unwrap_or_default();
    let message = format!("Resource not found for the segment '{segment}'.");
    call.place.graph(StatusCode::BAD_REQUEST, "BadRequest", &message)
}
