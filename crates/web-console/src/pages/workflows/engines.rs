//! Engines with their workflows below them.

use std::cmp::Ordering;

use askama::Template;
use chrono::{DateTime, Utc};
use sics_client::contract::{EngineView, WorkflowQuery, WorkflowState, WorkflowView};

use super::words::{RunRow, danger_words, state_name, workflow_words};
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::microservices::{lifecycle_light, lifecycle_word};
use crate::pages::row_page::{contains_text, cut_page, sort_rows};
use crate::render::show_page;

const STATES: [WorkflowState; 3] = [WorkflowState::Enabled, WorkflowState::Disabled, WorkflowState::Waiting];

#[derive(Template)]
#[template(path = "pages/workflows.html")]
struct WorkflowsPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    engines: Vec<EnginePart>,
    /// Name, word, whether it is chosen.
    states: Vec<(&'static str, String, bool)>,
    matching: u64,
    total: u64,
}

struct EnginePart {
    /// `None`: workflows without an engine that is known here.
    face: Option<EngineFace>,
    workflows: Vec<WorkflowRow>,
}

struct EngineFace {
    name: String,
    profile: String,
    instance: String,
    state: String,
    light: &'static str,
    since: TimeText,
    is_running: bool,
}

struct WorkflowRow {
    name: String,
    summary: String,
    definition: String,
    version: String,
    instance: String,
    state: String,
    light: &'static str,
    danger: String,
    danger_light: &'static str,
    next: Option<TimeText>,
    last: Option<RunRow>,
    offered: bool,
    problem: bool,
}

pub(super) async fn show_workflows(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let view = ctx.client().list_workflows(&WorkflowQuery::default()).await?;
    let total = view.workflows.len() as u64;
    let mut rows: Vec<&WorkflowView> = view.workflows.iter().filter(|row| is_shown(row, &list)).collect();
    sort_rows(&mut rows, &list, |column, one, other| {
        compare_workflows(column, one, other)
    });
    let page = cut_page(rows, &list);
    let states = STATES.iter().map(|state| {
        let name = state_name(*state);
        (name, ctx.t(workflow_words(*state).1), list.value("state") == name)
    });
    show_page(&WorkflowsPage {
        ctx: &ctx,
        engines: group_by_engine(&ctx, &view.engines, &page.rows),
        states: states.collect(),
        matching: page.matching,
        total,
        list,
    })
}

fn group_by_engine(ctx: &PageContext, engines: &[EngineView], shown: &[&WorkflowView]) -> Vec<EnginePart> {
    let is_known = |row: &WorkflowView| engines.iter().any(|engine| Some(&engine.name) == row.engine.as_ref());
    let rows = |belongs: &dyn Fn(&WorkflowView) -> bool| -> Vec<WorkflowRow> {
        let own = shown.iter().filter(|row| belongs(row));
        own.map(|row| WorkflowRow::new(ctx, row)).collect()
    };
    let mut parts: Vec<EnginePart> = engines
        .iter()
        .map(|engine| EnginePart {
            face: Some(EngineFace::new(ctx, engine)),
            workflows: rows(&|row| row.engine.as_ref() == Some(&engine.name)),
        })
        .collect();
    let others = rows(&|row| !is_known(row));
    if !others.is_empty() {
        parts.push(EnginePart {
            face: None,
            workflows: others,
        });
    }
    parts
}

impl EngineFace {
    fn new(ctx: &PageContext, engine: &EngineView) -> EngineFace {
        EngineFace {
            name: ctx.plain(&engine.name),
            profile: ctx.plain(&engine.profile),
            instance: ctx.plain(&engine.instance),
            state: lifecycle_word(ctx, engine.state),
            light: lifecycle_light(engine.state),
            since: ctx.time(&engine.since),
            is_running: lifecycle_light(engine.state) == "good",
        }
    }
}

impl WorkflowRow {
    fn new(ctx: &PageContext, view: &WorkflowView) -> WorkflowRow {
        let (light, key) = workflow_words(view.state);
        let (danger_light, danger_key) = danger_words(view.danger);
        WorkflowRow {
            name: ctx.plain(&view.name),
            summary: ctx.plain(&view.summary),
            definition: ctx.plain(&view.definition),
            version: ctx.plain(&view.version),
            instance: ctx.plain(&view.instance),
            state: ctx.t(key),
            light,
            danger: ctx.t(danger_key),
            danger_light,
            next: next_run(view).map(|at| ctx.time(&at)),
            last: view.last_run.as_ref().map(|run| RunRow::new(ctx, run)),
            offered: view.offered.is_some(),
            problem: view.problem.is_some(),
        }
    }
}

/// Of all its triggers, and only where it runs by them.
pub(super) fn next_run(view: &WorkflowView) -> Option<DateTime<Utc>> {
    let due = view.next_due.values().flatten().min().copied();
    due.filter(|_| view.state == WorkflowState::Enabled)
}

fn is_shown(view: &WorkflowView, list: &ListState) -> bool {
    let text = list.value("q");
    let names = [&view.name, &view.definition, &view.instance, &view.summary];
    let state = list.value("state");
    names.into_iter().any(|name| contains_text(name, text)) && (state.is_empty() || state_name(view.state) == state)
}

fn compare_workflows(column: &str, one: &WorkflowView, other: &WorkflowView) -> Ordering {
    let last = |view: &WorkflowView| view.last_run.as_ref().map(|run| run.started_at);
    match column {
        "name" => one.name.cmp(&other.name),
        "state" => state_name(one.state).cmp(state_name(other.state)),
        "version" => one.version.cmp(&other.version),
        "danger" => one.danger.cmp(&other.danger),
        "next" => next_run(one).cmp(&next_run(other)),
        "last" => last(one).cmp(&last(other)),
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sics_client::contract::DangerLevel;

    use super::*;

    fn workflow(name: &str, state: WorkflowState) -> WorkflowView {
        WorkflowView {
            name: name.to_owned(),
            instance: "IntuneConnector_1".to_owned(),
            engine: None,
            definition: "StaleDevices".to_owned(),
            version: "1".to_owned(),
            hash: String::new(),
            summary: "Lists devices.".to_owned(),
            state,
            enabled_by: None,
            danger: DangerLevel::None,
            on_demand: true,
            parameters: Vec::new(),
            next_due: BTreeMap::from([
                ("weekly".to_owned(), DateTime::from_timestamp(200, 0)),
                ("daily".to_owned(), DateTime::from_timestamp(100, 0)),
                ("never".to_owned(), None),
            ]),
            last_run: None,
            waiting: None,
            calls: Vec::new(),
            problem: None,
            offered: None,
        }
    }

    #[test]
    fn the_next_run_is_the_earliest_of_a_workflow_that_is_enabled() {
        let enabled = workflow("a", WorkflowState::Enabled);
        assert_eq!(next_run(&enabled), DateTime::from_timestamp(100, 0));
        assert_eq!(next_run(&workflow("a", WorkflowState::Disabled)), None);
    }

    #[test]
    fn workflows_are_found_by_names_and_state() {
        let shown = |query: &str| {
            let list = ListState::new("/workflows", query);
            is_shown(&workflow("StaleDevices_1", WorkflowState::Enabled), &list)
        };
        assert!(shown("") && shown("q=stale") && shown("q=connector_1&state=enabled"));
        assert!(!shown("q=retire") && !shown("state=waiting"));
    }
}
