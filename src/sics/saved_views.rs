//! Saved views: what a page of the console shows, under a name. Everybody who signs in has their own, and uses what others
//! share. Only the owner changes them, and whoever manages accounts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::Sics;
use super::auth::Caller;
use super::authorization::missing_right_problem;
use super::extract::{JsonBody, PathParams, QueryParams};
use super::operators::find_operator;
use super::problem::ApiProblem;
use super::text_checks::{require_printable_query, require_printable_text};
use crate::contract::{SavedViewBody, SavedViewQuery, SavedViewView, SavedViewsView};
use crate::store::{NewSavedView, OperatorRow, SavedViewOutcome, SavedViewRow};

/// Longest name, page and query of a view, in characters.
const NAME_CHARS: usize = 80;
const PAGE_CHARS: usize = 40;
const QUERY_CHARS: usize = 2_000;
/// The right with which others change a view.
const MANAGES: &str = "Operators_Manage";

fn saved_view(row: SavedViewRow) -> SavedViewView {
    SavedViewView {
        name: row.name,
        page: row.page,
        query: row.query,
        shared: row.shared,
        owner: row.owner_name,
    }
}

pub(crate) async fn list_views(State(sics): State<Sics>, caller: Caller) -> Result<Json<SavedViewsView>, ApiProblem> {
    let rows = sics.store().list_saved_views(caller.operator.id).await?;
    Ok(Json(SavedViewsView {
        views: rows.into_iter().map(saved_view).collect(),
    }))
}

pub(crate) async fn save_view(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<SavedViewBody>,
) -> Result<(StatusCode, Json<SavedViewView>), ApiProblem> {
    check_view(&name, &body)?;
    let owner = find_owner(&sics, &caller, body.owner.as_deref()).await?;
    if owner.id != caller.operator.id {
        // Nobody is given a view that they did not make.
        find_view(&sics, &owner, Some(&body.page), &name).await?;
    }
    let view = NewSavedView {
        owner: owner.id,
        page: body.page,
        name,
        query: body.query,
        shared: body.shared,
    };
    let (subject, detail) = (
        format!("{}/{}", view.page, view.name),
        json!({"owner": owner.name, "shared": view.shared}),
    );
    let audit_detail = move |outcome: &SavedViewOutcome| match outcome {
        SavedViewOutcome::Added | SavedViewOutcome::Changed => Some(detail.clone()),
        SavedViewOutcome::TooMany => None,
    };
    let most = sics.limits().views_per_operator;
    let kept = SavedViewView {
        name: view.name.clone(),
        page: view.page.clone(),
        query: view.query.clone(),
        shared: view.shared,
        owner: owner.name,
    };
    let store = sics.recording(&caller, "view.saved", subject, audit_detail);
    match store.save_view(view, most).await? {
        SavedViewOutcome::Added => Ok((StatusCode::CREATED, Json(kept))),
        SavedViewOutcome::Changed => Ok((StatusCode::OK, Json(kept))),
        SavedViewOutcome::TooMany => Err(ApiProblem::conflict(
            "tooManyViews",
            format!("operator {} already has {most} saved views", kept.owner),
            "Remove those that are no longer used.",
        )),
    }
}

pub(crate) async fn remove_view(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<SavedViewQuery>,
) -> Result<StatusCode, ApiProblem> {
    let owner = find_owner(&sics, &caller, asked.owner.as_deref()).await?;
    let row = find_view(&sics, &owner, asked.page.as_deref(), &name).await?;
    let detail = json!({"owner": row.owner_name, "shared": row.shared});
    let audit_detail = move |removed: &bool| removed.then(|| detail.clone());
    let subject = format!("{}/{}", row.page, row.name);
    let store = sics.recording(&caller, "view.removed", subject, audit_detail);
    if store.remove_view(row.owner, row.page, row.name).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown_view(&name))
    }
}

/// The account whose view is meant.
async fn find_owner(sics: &Sics, caller: &Caller, name: Option<&str>) -> Result<OperatorRow, ApiProblem> {
    match name.filter(|name| !name.eq_ignore_ascii_case(caller.name())) {
        None => Ok(OperatorRow::clone(&caller.operator)),
        Some(_) if !caller.operator.has_right_everywhere(MANAGES) => Err(missing_right_problem(caller.name(), MANAGES)),
        Some(name) => find_operator(sics, name).await,
    }
}

fn unknown_view(name: &str) -> ApiProblem {
    ApiProblem::not_found("saved view", crate::model::replace_unprintable(name))
}

/// One of an account's own.
async fn find_view(
    sics: &Sics,
    owner: &OperatorRow,
    page: Option<&str>,
    name: &str,
) -> Result<SavedViewRow, ApiProblem> {
    let rows = sics.store().list_saved_views(owner.id).await?;
    let is_meant = |row: &SavedViewRow| {
        row.owner == owner.id && row.name.eq_ignore_ascii_case(name) && page.is_none_or(|page| row.page == page)
    };
    let mut meant: Vec<SavedViewRow> = rows.into_iter().filter(is_meant).collect();
    if meant.len() > 1 {
        let pages: Vec<&str> = meant.iter().map(|row| row.page.as_str()).collect();
        return Err(ApiProblem::conflict(
            "severalViews",
            format!("several pages have a saved view of this name: {}", pages.join(", ")),
            "Say which page is meant: page=.",
        )
        .with_member("pages", pages));
    }
    meant.pop().ok_or_else(|| unknown_view(name))
}

fn check_view(name: &str, body: &SavedViewBody) -> Result<(), ApiProblem> {
    require_printable_text("the name of the view", name)?;
    if name.trim() != name || !(1..=NAME_CHARS).contains(&name.chars().count()) {
        return Err(ApiProblem::bad_request(
            "wrongName",
            format!("a saved view's name has 1 to {NAME_CHARS} characters, and no blank at its beginning or end"),
            "Give it a short name for what it shows.",
        ));
    }
    let is_page = (1..=PAGE_CHARS).contains(&body.page.len())
        && body
            .page
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !is_page {
        return Err(ApiProblem::bad_request(
            "wrongPage",
            format!("page has 1 to {PAGE_CHARS} letters, digits or '-'"),
            "Give the name of a page of the console, such as devices.",
        ));
    }
    if body.query.chars().count() > QUERY_CHARS {
        return Err(ApiProblem::bad_request(
            "tooLong",
            format!("query has more than {QUERY_CHARS} characters"),
            format!("Shorten it to {QUERY_CHARS} characters: use fewer filters or columns."),
        ));
    }
    if body.query.starts_with('?') {
        return Err(ApiProblem::bad_request(
            "wrongView",
            "query begins with ?",
            "Give the part of the address behind the ?.",
        ));
    }
    require_printable_query(&body.query)
}
