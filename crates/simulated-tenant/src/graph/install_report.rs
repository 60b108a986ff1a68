//! `POST /deviceManagement/reports/retrieveDeviceAppInstallationStatusReport`: what devices say of one app, as a stream
//! that holds a JSON table. All its options are in the body; the filter by application is compulsory. Columns of texts
//! for people come along and can't be chosen.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, BOTH, Call, Class, Endpoint, intune, permissions, strict_json};
use crate::reports::{LOCALIZED, ReportFilter, Table, install_table};
use crate::state::read;

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/deviceManagement/reports/retrieveDeviceAppInstallationStatusReport",
    versions: BOTH,
    scopes: permissions::REPORTS,
    class: Class::Report,
    options: &[],
    handle: report,
};

/// By its qualified name, as public tools write it.
pub(super) const QUALIFIED: Endpoint = Endpoint {
    path: "/deviceManagement/reports/microsoft.graph.retrieveDeviceAppInstallationStatusReport",
    ..ENDPOINT
};

/// Rows without `top`.
const PAGE: usize = 50;
const SEARCHED: &[&str] = &["DeviceName", "UserPrincipalName", "UserName"];

/// What the body asks for.
#[derive(Debug, Default)]
struct Wanted {
    select: Vec<String>,
    search: String,
    order_by: Vec<String>,
    skip: usize,
    top: usize,
    filter: String,
}

/// A refusal: its code and text.
type Problem = (&'static str, String);

fn bad(problem: impl Into<String>) -> Problem {
    ("BadRequest", problem.into())
}

fn report(call: &Call) -> Answer {
    let made = wanted(&call.asked.body, call.tuning.software.report_page_size).and_then(|wanted| {
        let filter = ReportFilter::parse(&wanted.filter).map_err(bad)?;
        let table = chosen(call, &wanted, &filter)?;
        Ok(page(&table, &wanted))
    });
    match made {
        Ok(body) => Answer::new(StatusCode::OK, "application/octet-stream", body.to_string()),
        Err((code, problem)) => call.place.intune(StatusCode::BAD_REQUEST, code, &problem),
    }
}

fn wanted(body: &[u8], most: usize) -> Result<Wanted, Problem> {
    let Value::Object(given) = strict_json::parse(body).map_err(bad)? else {
        return Err(bad("The body is not an object."));
    };
    let mut wanted = Wanted {
        top: PAGE,
        ..Wanted::default()
    };
    for (name, value) in given {
        let invalid = || bad(format!("The value of the parameter '{name}' is not valid."));
        match name.as_str() {
            "@odata.type" | "name" | "sessionId" => {}
            "select" => wanted.select = texts(&value).ok_or_else(invalid)?,
            "orderBy" => wanted.order_by = texts(&value).ok_or_else(invalid)?,
            "search" => wanted.search = text(&value).ok_or_else(invalid)?,
            "filter" => wanted.filter = text(&value).ok_or_else(invalid)?,
            "skip" => wanted.skip = number(&value).ok_or_else(invalid)?,
            "top" => wanted.top = number(&value).ok_or_else(invalid)?.clamp(1, most.max(1)),
            "groupBy" if texts(&value).is_some_and(|names| names.is_empty()) => {}
            "groupBy" => return Err(bad("The report can not be grouped.")),
            _ => {
                return Err(bad(format!(
                    "The parameter '{name}' in the request payload is not a valid parameter."
                )));
            }
        }
    }
    if let Some(name) = wanted.select.iter().find(|name| name.ends_with(LOCALIZED)) {
        return Err(("UnknownError", format!("The column '{name}' can not be selected.")));
    }
    Ok(wanted)
}

/// Null is nothing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        other => other.as_str().map(str::to_owned),
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        other => {
            let texts = other.as_array()?.iter();
            texts.map(|text| text.as_str().map(str::to_owned)).collect()
        }
    }
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

/// Rows and columns as they were asked for, before the page is cut.
fn chosen(call: &Call, wanted: &Wanted, filter: &ReportFilter) -> Result<Table, Problem> {
    let app = filter.only("ApplicationId");
    let app = app.ok_or_else(|| bad("The filter must name one ApplicationId: (ApplicationId eq '…')."))?;
    let no_column = |name: String| bad(format!("The column '{name}' does not exist."));
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let software = read(&call.tenant.software);
    let around = intune::around(call, &world, &objects);
    let id = uuid::Uuid::try_parse(app).unwrap_or_default();
    let table = install_table(&software, id, around)
        .filtered(filter)
        .map_err(no_column)?;
    let mut table = if wanted.search.is_empty() {
        table
    } else {
        table.containing(&wanted.search, SEARCHED)
    };
    for order in wanted.order_by.iter().rev() {
        let (name, direction) = order.trim().split_once(' ').unwrap_or((order.trim(), "asc"));
        table = table
            .sorted(name, direction.trim().eq_ignore_ascii_case("desc"))
            .map_err(no_column)?;
    }
    table.chosen(&wanted.select).map_err(no_column)
}

fn page(table: &Table, wanted: &Wanted) -> Value {
    let total = table.rows.len();
    let end = wanted.skip.saturating_add(wanted.top).min(total);
    let rows = table.rows.get(wanted.skip..end).unwrap_or_default();
    json!({"TotalRowCount": total, "Schema": table.schema(), "Values": rows, "SessionId": ""})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_read_strictly() {
        let body = br#"{"select":["DeviceId"],"skip":5,"top":5000,"filter":"(ApplicationId eq 'a')","orderBy":[]}"#;
        let read = wanted(body, 1000).unwrap();
        assert_eq!((read.skip, read.top, read.select.len()), (5, 1000, 1));
        for (wrong, code) in [
            (r#"{"select":["AppInstallState_loc"]}"#, "UnknownError"),
            (r#"{"colour":"red"}"#, "BadRequest"),
            (r#"{"top":"5"}"#, "BadRequest"),
            (r#"{"groupBy":["DeviceId"]}"#, "BadRequest"),
            ("", "BadRequest"),
        ] {
            assert_eq!(wanted(wrong.as_bytes(), 1000).unwrap_err().0, code, "{wrong}");
        }
    }
}
