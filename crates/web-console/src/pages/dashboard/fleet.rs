//! The fleets in numbers: bars that lead into the list of devices, and what the last 30 days brought.

use chrono::{DateTime, TimeDelta, Utc};
use sics_client::contract::{CountView, DayView, SummaryView};

use crate::charts::{BarRow, ColumnSeries, draw_bars, draw_columns};
use crate::page::PageContext;
use crate::render::Markup;

/// Bars of one chart; the rest is one bar more.
const BARS_SHOWN: usize = 8;
/// What the API calls a device without a value.
const UNKNOWN: &str = "unknown";

pub(super) struct FleetPart {
    pub(super) devices: String,
    pub(super) is_empty: bool,
    pub(super) bars: Vec<FleetBars>,
    pub(super) changes: Markup,
    pub(super) actions: Markup,
}

pub(super) struct FleetBars {
    pub(super) title: String,
    pub(super) bars: Markup,
}

impl FleetPart {
    pub(super) fn new(ctx: &PageContext, summary: &SummaryView) -> FleetPart {
        let keys: Vec<String> = summary.days.iter().map(|day| day.date.to_string()).collect();
        let changes = [
            day_series(ctx, "added", ("f2", "k2"), &summary.days, |day| day.added),
            day_series(ctx, "changed", ("f1", "k1"), &summary.days, |day| day.changed),
            day_series(ctx, "gone", ("f5", "k5"), &summary.days, |day| day.gone),
        ];
        let actions = [
            day_series(ctx, "well", ("f1", "k1"), &summary.days, |day| {
                day.actions.saturating_sub(day.actions_failed)
            }),
            day_series(ctx, "failed", ("f3", "k3"), &summary.days, |day| day.actions_failed),
        ];
        FleetPart {
            devices: ctx.count("dashboard-devices", summary.devices),
            is_empty: summary.devices == 0,
            bars: fleet_bars(ctx, summary),
            changes: draw_columns(ctx, "changes", &ctx.t("dashboard-changes"), &keys, &changes),
            actions: draw_columns(ctx, "actions", &ctx.t("dashboard-actions"), &keys, &actions),
        }
    }
}

fn day_series(
    ctx: &PageContext,
    name: &'static str,
    (fill, dot): (&'static str, &'static str),
    days: &[DayView],
    value: impl Fn(&DayView) -> u64,
) -> ColumnSeries {
    ColumnSeries {
        name,
        label: ctx.t(&format!("dashboard-series-{name}")),
        fill,
        dot,
        values: days.iter().map(value).collect(),
    }
}

fn fleet_bars(ctx: &PageContext, summary: &SummaryView) -> Vec<FleetBars> {
    let chart = |id: &str, key: &str, rows: Vec<BarRow>| {
        let title = ctx.t(key);
        FleetBars {
            bars: draw_bars(ctx, id, &title, &rows),
            title,
        }
    };
    let plain = |_: &str| "f1";
    let rows = |counts: &[CountView], parameter: &str, words: &str, fill: &dyn Fn(&str) -> &'static str| {
        value_rows(ctx, counts, parameter, words, fill)
    };
    vec![
        chart(
            "platforms",
            "dashboard-by-platform",
            rows(&summary.by_platform, "platform", "platform-", &plain),
        ),
        chart(
            "compliance",
            "dashboard-by-compliance",
            rows(&summary.by_compliance, "compliance", "compliance-", &compliance_fill),
        ),
        chart(
            "ownership",
            "dashboard-by-ownership",
            rows(&summary.by_ownership, "ownership", "ownership-", &plain),
        ),
        chart("ages", "dashboard-by-check-in", age_rows(ctx, &summary.by_check_in_age)),
    ]
}

fn compliance_fill(state: &str) -> &'static str {
    match state {
        "compliant" => "fg",
        "noncompliant" | "error" | "conflict" => "fb",
        "inGracePeriod" => "fw",
        _ => "f5",
    }
}

/// Each value leads to its devices; what no filter finds leads nowhere.
fn value_rows(
    ctx: &PageContext,
    counts: &[CountView],
    parameter: &str,
    words: &str,
    fill: &dyn Fn(&str) -> &'static str,
) -> Vec<BarRow> {
    let (shown, rest) = split_rest(counts);
    let row = |count: &CountView| BarRow {
        label: ctx.plain(ctx.word(words, &count.name)),
        count: count.count,
        link: value_link(parameter, &count.name).map_or(String::new(), |path| ctx.link(&path)),
        fill: fill(&count.name),
    };
    let others = rest.map(|count| BarRow {
        label: ctx.t("dashboard-others"),
        count,
        link: ctx.link("/devices"),
        fill: "f5",
    });
    shown.iter().map(row).chain(others).collect()
}

/// The largest, and how many devices all others have together.
fn split_rest(counts: &[CountView]) -> (&[CountView], Option<u64>) {
    if counts.len() <= BARS_SHOWN {
        return (counts, None);
    }
    let (shown, rest) = counts.split_at(BARS_SHOWN - 1);
    (shown, Some(rest.iter().map(|count| count.count).sum()))
}

/// Compliance and ownership have a value of this name, platforms have none.
fn value_link(parameter: &str, value: &str) -> Option<String> {
    let leads_nowhere = value == UNKNOWN && parameter == "platform";
    (!leads_nowhere).then(|| devices_path(&[(parameter, value)]))
}

fn devices_path(filters: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(filters)
        .finish();
    format!("/devices?{query}")
}

fn age_rows(ctx: &PageContext, counts: &[CountView]) -> Vec<BarRow> {
    let row = |count: &CountView| BarRow {
        label: ctx.word("dashboard-age-", &count.name),
        count: count.count,
        link: age_link(&count.name, ctx.now()).map_or(String::new(), |path| ctx.link(&path)),
        fill: age_fill(&count.name),
    };
    counts.iter().map(row).collect()
}

fn age_fill(age: &str) -> &'static str {
    match age {
        "today" | "week" => "fg",
        "month" => "f1",
        "quarter" => "fw",
        _ => "fb",
    }
}

/// Ages in days: from so many on, to less than so many.
fn age_bounds(age: &str) -> Option<(Option<i64>, Option<i64>)> {
    match age {
        "today" => Some((None, Some(1))),
        "week" => Some((Some(1), Some(7))),
        "month" => Some((Some(7), Some(30))),
        "quarter" => Some((Some(30), Some(90))),
        "older" => Some((Some(90), None)),
        _ => None,
    }
}

fn age_link(age: &str, now: DateTime<Utc>) -> Option<String> {
    let (from, to) = age_bounds(age)?;
    let moment = |days: i64| (now - TimeDelta::days(days)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (before, after) = (from.map(moment), to.map(moment));
    let filters: Vec<(&str, &str)> = [("checkedInAfter", &after), ("checkedInBefore", &before)]
        .into_iter()
        .filter_map(|(name, moment)| Some((name, moment.as_deref()?)))
        .collect();
    Some(devices_path(&filters))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(numbers: &[u64]) -> Vec<CountView> {
        let named = numbers.iter().map(|count| CountView {
            name: format!("system {count}"),
            count: *count,
        });
        named.collect()
    }

    #[test]
    fn values_lead_to_their_devices_and_devices_without_one_nowhere() {
        assert_eq!(value_link("platform", "iOS").as_deref(), Some("/devices?platform=iOS"));
        assert_eq!(
            value_link("platform", "A&B c").as_deref(),
            Some("/devices?platform=A%26B+c")
        );
        assert_eq!(value_link("platform", "unknown"), None);
        assert_eq!(
            value_link("compliance", "unknown").as_deref(),
            Some("/devices?compliance=unknown")
        );
    }

    #[test]
    fn ages_lead_to_devices_between_two_moments() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let week = "/devices?checkedInAfter=2026-09-14T14%3A13%3A20Z&checkedInBefore=2026-09-20T14%3A13%3A20Z";
        assert_eq!(age_link("week", now).as_deref(), Some(week));
        let today = age_link("today", now).unwrap();
        assert!(
            today.contains("checkedInAfter=") && !today.contains("checkedInBefore="),
            "{today}"
        );
        let older = age_link("older", now).unwrap();
        assert!(
            older.contains("checkedInBefore=") && !older.contains("checkedInAfter="),
            "{older}"
        );
        assert_eq!(age_link("someday", now), None);
    }

    #[test]
    fn what_is_not_among_the_largest_is_one_bar() {
        let few = counts(&[8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(split_rest(&few), (few.as_slice(), None));
        let many = counts(&[9, 8, 7, 6, 5, 4, 3, 2, 1]);
        let (shown, rest) = split_rest(&many);
        assert_eq!((shown.len(), rest), (7, Some(3)));
    }
}
