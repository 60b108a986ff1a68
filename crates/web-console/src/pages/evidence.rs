//! Evidence of a period: one signed file, and how whoever gets it checks it.

use askama::Template;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use http::StatusCode;
use sics_client::contract::{EvidenceKeyView, EvidenceQuery};
use sics_client::operation;

use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::{explain_error, form_status};
use crate::render::{pass_file, show_page_as};
use crate::routes::PageRoute;

/// What the file is.
const MEDIA_TYPE: &str = "application/zip";

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/evidence", show_evidence),
        PageRoute::post("/evidence", make_evidence),
    ]
}

#[derive(Template)]
#[template(path = "pages/evidence.html")]
struct EvidencePage<'a> {
    ctx: &'a PageContext,
    period: TypedPeriod,
    /// Of who may read the audit trail.
    key: Option<EvidenceKeyView>,
    problem: Option<&'a PageFailure>,
}

impl EvidencePage<'_> {
    fn is_wrong(&self, code: &str) -> bool {
        self.problem.is_some_and(|problem| problem.code == code)
    }
}

/// First and last day, `2026-11-01`, as they stand in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TypedPeriod {
    from: String,
    until: String,
}

impl TypedPeriod {
    /// The month before this one.
    fn last_month(now: DateTime<Utc>) -> TypedPeriod {
        let this_month = now.date_naive().with_day(1).unwrap_or_else(|| now.date_naive());
        let last_day = this_month.pred_opt().unwrap_or(this_month);
        let first_day = last_day.with_day(1).unwrap_or(last_day);
        TypedPeriod {
            from: first_day.to_string(),
            until: last_day.to_string(),
        }
    }

    fn read(form: &FormFields) -> TypedPeriod {
        TypedPeriod {
            from: form.text("from").to_owned(),
            until: form.text("until").to_owned(),
        }
    }

    /// The last day belongs to it; days are those of UTC.
    fn to_query(&self) -> Result<EvidenceQuery, PageFailure> {
        let wrong = |key: &str| PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, key);
        let from: NaiveDate = self.from.parse().map_err(|_| wrong("evidence-from-wrong"))?;
        let last: NaiveDate = self.until.parse().map_err(|_| wrong("evidence-until-wrong"))?;
        let until = last.succ_opt().ok_or_else(|| wrong("evidence-until-wrong"))?;
        if last < from {
            return Err(wrong("evidence-order-wrong"));
        }
        Ok(EvidenceQuery {
            from: from.and_time(NaiveTime::MIN).and_utc(),
            until: Some(until.and_time(NaiveTime::MIN).and_utc()),
        })
    }
}

async fn show_page_of(ctx: &PageContext, period: TypedPeriod, problem: Option<&PageFailure>) -> PageResult {
    let key = if ctx.may("Audit_Read") {
        Some(ctx.client().show_evidence_key().await?)
    } else {
        None
    };
    let page = EvidencePage {
        ctx,
        period,
        key,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

async fn show_evidence(ctx: PageContext) -> PageResult {
    if !ctx.may("Audit_Export") {
        return Err(PageFailure::plain(StatusCode::FORBIDDEN, "evidence-right-missing"));
    }
    show_page_of(&ctx, TypedPeriod::last_month(ctx.now()), None).await
}

async fn make_evidence(ctx: PageContext, form: FormFields) -> PageResult {
    let period = TypedPeriod::read(&form);
    let failure = match period.to_query() {
        Ok(query) => {
            let evidence = operation::make_evidence();
            match ctx.client().download(&evidence, &[], MEDIA_TYPE, &query).await {
                Ok(file) => return pass_file(file),
                Err(error) => explain_error(&ctx, error),
            }
        }
        Err(failure) => failure,
    };
    show_page_of(&ctx, period, Some(&failure)).await
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn period(from: &str, until: &str) -> TypedPeriod {
        TypedPeriod {
            from: from.to_owned(),
            until: until.to_owned(),
        }
    }

    #[test]
    fn the_month_before_is_proposed() {
        for (now, from, until) in [
            ((2026, 12, 31), "2026-11-01", "2026-11-30"),
            ((2027, 1, 1), "2026-12-01", "2026-12-31"),
            ((2028, 3, 15), "2028-02-01", "2028-02-29"),
        ] {
            let now = Utc.with_ymd_and_hms(now.0, now.1, now.2, 12, 0, 0).unwrap();
            assert_eq!(TypedPeriod::last_month(now), period(from, until));
        }
    }

    #[test]
    fn the_last_day_belongs_to_the_period() {
        let query = period("2026-11-01", "2026-11-30").to_query().unwrap();
        assert_eq!(query.from.to_rfc3339(), "2026-11-01T00:00:00+00:00");
        assert_eq!(query.until.unwrap().to_rfc3339(), "2026-12-01T00:00:00+00:00");
        assert!(period("2026-11-01", "2026-11-01").to_query().is_ok());
    }

    #[test]
    fn what_is_no_period_is_named() {
        for (from, until, code) in [
            ("", "2026-11-30", "evidence-from-wrong"),
            ("2026-11-01", "soon", "evidence-until-wrong"),
            ("2026-12-01", "2026-11-30", "evidence-order-wrong"),
        ] {
            assert_eq!(period(from, until).to_query().unwrap_err().code, code);
        }
    }
}
