//! Apps and applications as people read them.

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::contract::{ApplicationView, TenantAppView};
use crate::model::format_count;

pub(super) fn print_tenant_apps(apps: &[TenantAppView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<TenantAppView>; 3] = [
        ("APP", |app| format_value(&app.id)),
        ("DESCRIPTION", describe_app),
        ("STATUS", describe_link),
    ];
    output::print_table(
        &columns,
        apps,
        "no matching apps: use --all to see those that cannot be linked",
    )
}

/// `Browser (win32LobApp, windows, by Contoso)`
fn describe_app(app: &TenantAppView) -> String {
    let publisher = app.publisher.as_ref().map(|publisher| format!("by {publisher}"));
    let facts: Vec<String> = [Some(app.app_type.clone()), app.platform.clone(), publisher]
        .into_iter()
        .flatten()
        .collect();
    format!("{} ({})", format_name(&app.name), format_name(&facts.join(", ")))
}

fn describe_link(app: &TenantAppView) -> String {
    let text = match (&app.linked_by, &app.reason) {
        (Some(application), _) => format!("linked by {application}"),
        (None, Some(reason)) => reason.clone(),
        (None, None) if app.assignable => "can be linked".to_owned(),
        (None, None) => "cannot be linked".to_owned(),
    };
    output::to_one_line(&text)
}

pub(super) fn print_applications(applications: &[ApplicationView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<ApplicationView>; 5] = [
        ("APPLICATION", |row| format_value(&row.id)),
        ("DESCRIPTION", |row| format_name(&row.display_name)),
        ("STATE", |row| format_value(&row.state)),
        ("ORDERS", |row| format_value(&row.open_orders)),
        ("MESSAGE", |row| {
            format_value(
                &row.failure
                    .as_ref()
                    .map(|failure| output::to_one_line(&failure.message)),
            )
        }),
    ];
    output::print_table(
        &columns,
        applications,
        "no applications: list the tenant's apps (intune-connector apps list), then link one (intune-connector apps link)",
    )
}

pub(super) fn print_application(row: &ApplicationView) -> Result<(), CommandFailure> {
    output::print_record(&[
        ("application", format_value(&row.id)),
        ("name", format_name(&row.display_name)),
        ("state", format_value(&row.state)),
        ("can be ordered", format_value(&row.orderable)),
        ("open orders", format_value(&row.open_orders)),
        ("licences", describe_licences(row)),
        (
            "app",
            format!("{} ({})", format_value(&row.app), format_name(&row.app_name)),
        ),
        ("type of the app", format_value(&row.app_type)),
        ("platform", format_value(&row.platform)),
        ("instance", format_value(&row.instance)),
        ("comment", format_name(&row.comment)),
        ("cost", describe_cost(row)),
        ("cost centre", format_name(&row.cost_centre)),
        ("icon", format_value(&row.has_icon)),
        ("mandatory", format_value(&row.mandatory)),
        ("can be ordered again", format_value(&row.reshoppable)),
        ("for", format_value(&row.targets)),
        ("approval", format_value(&row.approval)),
        ("approvers", format_value(&row.approvers)),
        ("deputies", format_value(&row.deputies)),
        ("looser approval", describe_loosening(row.loosening)),
        ("term", describe_days(row.term_days)),
        ("reminder before its end", describe_days(row.reminder_days)),
        ("install group", format_value(&row.install_group)),
        ("uninstall group", format_value(&row.uninstall_group)),
        (
            "added",
            format!("{} by {}", format_value(&row.created_at), format_value(&row.created_by)),
        ),
        ("changed", format_value(&row.changed_at)),
    ])?;
    let Some(failure) = &row.failure else {
        return Ok(());
    };
    let message = &failure.message;
    output::print_line("")?;
    output::print_line(output::to_one_line(&format!("failed: {message} [{}]", failure.code)))?;
    output::print_line(output::to_one_line(&format!("  try: {}", failure.advice)))?;
    let next = match &failure.next_attempt_at {
        Some(at) => format!("it is tried again at {}", format_value(at)),
        None => format!(
            "it is not tried again by itself: intune-connector apps retry {}",
            row.id
        ),
    };
    let attempts = format_count(u64::from(failure.attempts), "attempt");
    output::print_line(format!("  {attempts} so far; {next}"))
}

/// `3 of 20 in use`
fn describe_licences(row: &ApplicationView) -> String {
    match row.licences {
        Some(licences) => format!("{} of {licences} in use", row.licences_in_use),
        None => "no limit".to_owned(),
    }
}

fn describe_cost(row: &ApplicationView) -> String {
    match (&row.cost, &row.currency) {
        (Some(cost), Some(currency)) => format_value(&format!("{cost} {currency}")),
        (cost, _) => format_value(cost),
    }
}

/// `waits`: the number of the change that a second person has to agree to.
fn describe_loosening(waits: Option<i64>) -> String {
    waits.map_or_else(
        || "-".to_owned(),
        |id| format!("waits for a second person: intune-connector limits approve {id} --approver NAME"),
    )
}

fn describe_days(days: Option<u32>) -> String {
    days.map_or_else(|| "-".to_owned(), |days| format_count(u64::from(days), "day"))
}
