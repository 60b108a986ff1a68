//! What runs now, when credentials end, and how much of the budget of requests is used.

use sics_client::contract::{BudgetView, CredentialEndView, RunningWorkKind, RunningWorkView};

use crate::clock_text::TimeText;
use crate::page::PageContext;

/// Days before its end from which on a credential is told in colour.
const ACT_DAYS: i64 = 7;
const WATCH_DAYS: i64 = 30;
/// Percent of the budget from which on an instance is close to being slowed.
const BUSY_PERCENT: u32 = 80;

/// Something that is under way.
pub(super) struct WorkRow {
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) subject: String,
    pub(super) link: String,
    pub(super) since: TimeText,
    pub(super) progress: String,
    pub(super) done: u64,
    /// 0: not known.
    pub(super) total: u64,
}

pub(super) fn list_work(ctx: &PageContext, running: &[RunningWorkView]) -> Vec<WorkRow> {
    let row = |work: &RunningWorkView| {
        let (kind_key, words, folder) = kind_words(work.kind);
        WorkRow {
            kind: ctx.t(kind_key),
            title: ctx.plain(ctx.word(words, &work.title)),
            subject: ctx.plain(&work.subject),
            link: ctx.link(&format!("{folder}/{}", work.subject)),
            since: ctx.time(&work.since),
            progress: describe_progress(ctx, work),
            done: work.done,
            total: work.total.unwrap_or_default(),
        }
    };
    running.iter().map(row).collect()
}

/// Key of its name, prefix of the words of its title, folder of its page.
fn kind_words(kind: RunningWorkKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        RunningWorkKind::Scan => ("dashboard-work-scan", "scan-kind-", "/microservices"),
        RunningWorkKind::Job => ("dashboard-work-job", "action-", "/jobs"),
        RunningWorkKind::Installation => ("dashboard-work-installation", "dashboard-no-word-", "/installations"),
        RunningWorkKind::Run => ("dashboard-work-run", "dashboard-no-word-", "/runs"),
    }
}

fn describe_progress(ctx: &PageContext, work: &RunningWorkView) -> String {
    match work.total {
        Some(total) => ctx.t2(
            "dashboard-of",
            "done",
            ctx.number(work.done),
            "total",
            ctx.number(total),
        ),
        None if work.kind == RunningWorkKind::Run => String::new(),
        None => ctx.number(work.done),
    }
}

/// When a credential ends.
pub(super) struct CredentialRow {
    pub(super) instance: String,
    pub(super) kind: String,
    pub(super) ends: TimeText,
    pub(super) left: String,
    /// Class of its state.
    pub(super) light: &'static str,
    pub(super) link: String,
}

pub(super) fn list_credentials(ctx: &PageContext, ends: &[CredentialEndView]) -> Vec<CredentialRow> {
    let row = |end: &CredentialEndView| CredentialRow {
        instance: ctx.plain(&end.instance),
        kind: ctx.word("credential-", &end.kind),
        ends: ctx.time(&end.ends_at),
        left: match u64::try_from(end.days_left) {
            Ok(days) => ctx.count("dashboard-days-left", days),
            Err(_) => ctx.t("dashboard-has-ended"),
        },
        light: credential_light(end.days_left),
        link: ctx.link(&format!("/microservices/{}/settings", end.instance)),
    };
    ends.iter().map(row).collect()
}

fn credential_light(days_left: i64) -> &'static str {
    if days_left <= ACT_DAYS {
        "bad"
    } else if days_left <= WATCH_DAYS {
        "warning"
    } else {
        "good"
    }
}

/// How much of its budget an instance uses.
pub(super) struct BudgetRow {
    pub(super) instance: String,
    pub(super) link: String,
    pub(super) percent: u32,
    pub(super) shown: String,
    pub(super) light: &'static str,
    pub(super) slowed_until: Option<TimeText>,
}

pub(super) fn list_budgets(ctx: &PageContext, budgets: &[BudgetView]) -> Vec<BudgetRow> {
    let row = |budget: &BudgetView| {
        let slowed_until = budget.slowed_until.filter(|until| *until > ctx.now());
        BudgetRow {
            instance: ctx.plain(&budget.instance),
            link: ctx.link(&format!("/microservices/{}", budget.instance)),
            percent: budget.used_percent.min(100),
            shown: ctx.t1("dashboard-percent", "percent", budget.used_percent.to_string()),
            light: budget_light(budget.used_percent, slowed_until.is_some()),
            slowed_until: slowed_until.as_ref().map(|until| ctx.time(until)),
        }
    };
    budgets.iter().map(row).collect()
}

fn budget_light(used_percent: u32, is_slowed: bool) -> &'static str {
    if is_slowed || used_percent >= BUSY_PERCENT {
        "warning"
    } else {
        "good"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_told_the_more_urgently_the_nearer_its_end_is() {
        for (days, light) in [
            (-3, "bad"),
            (0, "bad"),
            (7, "bad"),
            (8, "warning"),
            (30, "warning"),
            (31, "good"),
        ] {
            assert_eq!(credential_light(days), light, "{days}");
        }
    }

    #[test]
    fn a_budget_is_warned_of_where_it_is_nearly_used_or_microsoft_asked_for_a_pause() {
        assert_eq!(budget_light(79, false), "good");
        assert_eq!(budget_light(80, false), "warning");
        assert_eq!(budget_light(1, true), "warning");
    }
}
