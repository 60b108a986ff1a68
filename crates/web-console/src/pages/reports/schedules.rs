//! Reports that are written into files by schedule: what is set, the form that sets one, and removing one.

use axum::extract::Path;
use connector_core::model::InstanceName;
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::{ReportFormat, ReportScheduleBody, ReportScheduleQuery, ReportScheduleView, ReportsView};

use super::report_page::{ReportProblems, render_report};
use super::{csv_style, report_title};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::render::{Markup, go_to};
use crate::texts::Language;

/// A schedule as the lists show it.
pub(super) struct ScheduleRow {
    pub(super) report: String,
    pub(super) report_title: String,
    /// Name of the instance; empty: all.
    pub(super) instance: String,
    pub(super) schedule: String,
    pub(super) zone: String,
    pub(super) file: String,
    pub(super) set_by: String,
    pub(super) next: Option<TimeText>,
    pub(super) written: Option<TimeText>,
    pub(super) rows: Option<u64>,
    pub(super) failure: Markup,
}

impl ScheduleRow {
    /// Of one report, or all.
    pub(super) fn list(ctx: &PageContext, reports: &ReportsView, report: Option<&str>) -> Vec<ScheduleRow> {
        let wanted = reports
            .schedules
            .iter()
            .filter(|row| report.is_none_or(|report| row.report == report));
        wanted.map(|row| ScheduleRow::new(ctx, row, reports)).collect()
    }

    fn new(ctx: &PageContext, row: &ReportScheduleView, reports: &ReportsView) -> ScheduleRow {
        let described = reports.reports.iter().find(|report| report.name == row.report);
        let english = described.map_or(row.report.as_str(), |report| report.title.as_str());
        ScheduleRow {
            report: row.report.clone(),
            report_title: report_title(ctx, &row.report, english),
            instance: row.instance.as_ref().map(ToString::to_string).unwrap_or_default(),
            schedule: row.schedule.clone(),
            zone: row.zone.clone(),
            file: row.file.clone(),
            set_by: row.set_by.as_deref().map(|name| ctx.plain(name)).unwrap_or_default(),
            next: row.next_at.as_ref().map(|at| ctx.time(at)),
            written: row.written_at.as_ref().map(|at| ctx.time(at)),
            rows: row.rows,
            failure: row.failure.as_deref().map(|text| ctx.said(text)).unwrap_or_default(),
        }
    }
}

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScheduleForm {
    pub(super) schedule: String,
    pub(super) zone: String,
    pub(super) format: ReportFormat,
    pub(super) instance: String,
    pub(super) days: String,
    /// The field that is wrong; empty: none.
    pub(super) wrong: String,
}

impl ScheduleForm {
    pub(super) fn new(ctx: &PageContext) -> ScheduleForm {
        let zone = match ctx.language() {
            Language::English => "UTC",
            Language::German => "Europe/Berlin",
        };
        ScheduleForm {
            schedule: String::new(),
            zone: zone.to_owned(),
            format: ReportFormat::default(),
            instance: String::new(),
            days: String::new(),
            wrong: String::new(),
        }
    }

    fn read(form: &FormFields) -> ScheduleForm {
        ScheduleForm {
            schedule: form.text("schedule").to_owned(),
            zone: form.text("zone").to_owned(),
            format: match form.text("format") {
                "xlsx" => ReportFormat::Xlsx,
                _ => ReportFormat::Csv,
            },
            instance: form.text("instance").to_owned(),
            days: form.text("days").to_owned(),
            wrong: String::new(),
        }
    }

    /// Whether this file format is chosen.
    pub(super) fn has_format(&self, name: &str) -> bool {
        self.format.name() == name
    }

    /// What the API takes, or the name of the field that no API could take.
    fn to_body(&self, language: Language) -> Result<ReportScheduleBody, &'static str> {
        let (separator, decimal) = csv_style(language);
        Ok(ReportScheduleBody {
            schedule: self.schedule.clone(),
            zone: Some(self.zone.clone()).filter(|zone| !zone.is_empty()),
            format: self.format,
            instance: parse_instance(&self.instance)?,
            days: match self.days.as_str() {
                "" => None,
                days => Some(days.parse().map_err(|_| "days")?),
            },
            separator,
            decimal,
        })
    }
}

/// Empty: all instances.
fn parse_instance(name: &str) -> Result<Option<InstanceName>, &'static str> {
    match name {
        "" => Ok(None),
        name => name.parse().map(Some).map_err(|_| "instance"),
    }
}

pub(super) async fn set_schedule(ctx: PageContext, Path(report): Path<String>, form: FormFields) -> PageResult {
    let given = ScheduleForm::read(&form);
    let body = match given.to_body(ctx.language()) {
        Ok(body) => body,
        Err(field) => {
            let failure = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "report-field-wrong");
            return show_again(&ctx, &report, given, field, &failure).await;
        }
    };
    match ctx.client().set_report_schedule(&report, &body).await {
        Ok(_) => go_to(&ctx, &format!("/reports/{report}"), "report-schedule-set"),
        Err(error) => {
            let field = wrong_field(&error);
            let failure = PageFailure::from(error);
            show_again(&ctx, &report, given, &field, &failure).await
        }
    }
}

/// The field that the API names; empty: none.
fn wrong_field(error: &ClientError) -> String {
    let key = error.problem.as_ref().and_then(|problem| problem.members.get("key"));
    match (key.and_then(|key| key.as_str()), error.code()) {
        (Some(key), _) => key.to_owned(),
        (None, Some("wrongDays")) => "days".to_owned(),
        _ => String::new(),
    }
}

async fn show_again(
    ctx: &PageContext,
    report: &str,
    given: ScheduleForm,
    field: &str,
    failure: &PageFailure,
) -> PageResult {
    let list = ListState::new(ctx.link(&format!("/reports/{report}")), "");
    let given = ScheduleForm {
        wrong: field.to_owned(),
        ..given
    };
    let problems = ReportProblems {
        of_schedule: Some(failure),
        ..ReportProblems::default()
    };
    render_report(ctx, report, list, given, problems).await
}

pub(super) async fn remove_schedule(ctx: PageContext, Path(report): Path<String>, form: FormFields) -> PageResult {
    let instance = parse_instance(form.text("instance"));
    let instance = instance.map_err(|_| PageFailure::plain(StatusCode::BAD_REQUEST, "failure-form"))?;
    let query = ReportScheduleQuery { instance };
    ctx.client().remove_report_schedule(&report, &query).await?;
    go_to(&ctx, &format!("/reports/{report}"), "report-schedule-removed")
}

#[cfg(test)]
mod tests {
    use sics_client::contract::{DecimalMark, ListSeparator};

    use super::*;

    fn form(instance: &str, days: &str) -> ScheduleForm {
        ScheduleForm {
            schedule: "every 24h".to_owned(),
            zone: String::new(),
            format: ReportFormat::Csv,
            instance: instance.to_owned(),
            days: days.to_owned(),
            wrong: String::new(),
        }
    }

    #[test]
    fn csv_is_as_the_language_of_the_page_has_it() {
        let german = form("", "").to_body(Language::German).unwrap();
        assert_eq!(
            (german.separator, german.decimal),
            (ListSeparator::Semicolon, DecimalMark::Comma)
        );
        let english = form("", "").to_body(Language::English).unwrap();
        assert_eq!(
            (english.separator, english.decimal),
            (ListSeparator::Comma, DecimalMark::Point)
        );
        assert_eq!((english.zone, english.instance, english.days), (None, None, None));
    }

    #[test]
    fn what_no_api_could_take_is_named_by_its_field() {
        let body = form("IntuneConnector_1", "90").to_body(Language::English).unwrap();
        assert_eq!(body.days, Some(90));
        assert_eq!(body.instance.unwrap().to_string(), "IntuneConnector_1");
        assert_eq!(form("", "many").to_body(Language::English), Err("days"));
        assert_eq!(form("a/b", "").to_body(Language::English), Err("instance"));
    }
}
