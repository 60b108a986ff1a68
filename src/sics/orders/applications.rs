//! Applications: what can be ordered. Each is linked to one app of one tenant for good; the rest of its description can be
//! changed at any time; a looser approval waits for a second person (A7). Groups and assignments are made by the assignment
//! worker, not here.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::application_checks::{check_app_id, check_description};
use super::apps::require_order_provider;
use super::field_checks::{APPLICATION_ID_CHARS, check_id, wrong_field};
use super::provider::OrderInstance;
use super::scope::OrderScope;
use super::view::{WaitingApprovals, application_view};
use super::{find_application, page_limit, search_text, wake_workers};
use crate::actions::guard::tied_accounts::is_person;
use crate::contract::{
    ApplicationBody, ApplicationState, ApplicationView, ApplicationsQuery, ApplicationsView, ApprovalMode,
    TenantAppView,
};
use crate::model::{InstanceName, ResourceRef};
use crate::orders::approval_change::judge_approval_change;
use crate::orders::approval_rules::APPROVES;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::{
    ApplicationFilter, ApplicationRow, ApplicationSaved, AuditEntry, NewApplication, OperatorRow, Store,
};

pub(crate) async fn list_applications(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<ApplicationsQuery>,
) -> Result<Json<ApplicationsView>, ApiProblem> {
    let limit = page_limit(asked.limit)?;
    let search = search_text(&sics, asked.search)?;
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let filter = ApplicationFilter {
        instance: scope.listed_instances(asked.instance.as_deref())?,
        state: asked.state,
        search,
        after: asked.after,
        limit: limit + 1,
    };
    let (mut rows, total) = sics.store().list_applications(filter).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| row.id.clone());
    let waiting = WaitingApprovals::read(&sics).await?;
    let views = rows.into_iter().map(|row| application_view(row, &scope, &waiting));
    Ok(Json(ApplicationsView {
        applications: views.collect(),
        total,
        next,
    }))
}

pub(crate) async fn show_application(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
) -> Result<Json<ApplicationView>, ApiProblem> {
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let row = find_application(&sics, &scope, &id).await?;
    Ok(Json(application_view(
        row,
        &scope,
        &WaitingApprovals::read(&sics).await?,
    )))
}

/// As it is after a change.
pub(super) async fn read_application(
    sics: &Sics,
    scope: &OrderScope,
    id: &str,
) -> Result<Json<ApplicationView>, ApiProblem> {
    let row = find_application(sics, scope, id).await?;
    wake_workers(sics, row.instance);
    Ok(Json(application_view(row, scope, &WaitingApprovals::read(sics).await?)))
}

pub(crate) async fn set_application(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<ApplicationBody>,
) -> Result<(StatusCode, Json<ApplicationView>), ApiProblem> {
    check_id("wrongApplication", "id", &id, APPLICATION_ID_CHARS)?;
    let app = check_app_id(&body.app)?;
    // What can be judged without the tenant is judged before it is asked.
    check_description(&body, "the app")?;
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let before = sics.store().load_application(id.clone()).await?;
    if before.as_ref().is_some_and(|row| !scope.reaches(row.instance)) {
        return Err(id_taken_problem(&id));
    }
    let instance = choose_linked_instance(&scope, before.as_ref(), &body)?.clone();
    require_able_approvers(&sics, &body, &instance).await?;
    let linked = match before {
        Some(row) if is_link_of(&row, &app, &instance) => LinkedApp::from_row(row),
        Some(row) => return Err(link_fixed_problem(&row, &scope)),
        None => LinkedApp::from_tenant(read_linkable_app(&sics, &instance, &app).await?),
    };
    let new = NewApplication {
        description: check_description(&body, &linked.name)?,
        id: id.clone(),
        instance: instance.id,
        app: linked.id,
        app_name: linked.name,
        app_type: linked.app_type,
        platform: linked.platform,
        by: caller.relaxation_requester()?.id(),
    };
    let saved = recording_saved(&sics, &caller, &new, &instance)
        .save_application(new, judge_approval_change)
        .await?;
    let status = match saved {
        ApplicationSaved::Added | ApplicationSaved::ApprovalWaits { is_new: true, .. } => StatusCode::CREATED,
        ApplicationSaved::Changed | ApplicationSaved::ApprovalWaits { is_new: false, .. } => StatusCode::OK,
        ApplicationSaved::LinkFixed(row) => return Err(link_fixed_problem(&row, &scope)),
        ApplicationSaved::AppTaken(other) => return Err(app_taken_problem(&other)),
    };
    Ok((status, read_application(&sics, &scope, &id).await?))
}

/// Whether its description can be changed: it keeps its app and instance, and stays.
fn is_link_of(row: &ApplicationRow, app: &str, instance: &OrderInstance) -> bool {
    row.app.eq_ignore_ascii_case(app) && row.instance == instance.id && row.state != ApplicationState::Removing
}

/// The store for a description, with its row in the trail, and that of what waits.
fn recording_saved(sics: &Sics, caller: &Caller, new: &NewApplication, instance: &OrderInstance) -> Store {
    let detail =
        json!({"instance": instance.name, "app": new.app, "appName": new.app_name, "description": new.description});
    let audit_detail = move |saved: &ApplicationSaved| match saved {
        ApplicationSaved::Added | ApplicationSaved::Changed | ApplicationSaved::ApprovalWaits { .. } => {
            Some(detail.clone())
        }
        ApplicationSaved::LinkFixed(_) | ApplicationSaved::AppTaken(_) => None,
    };
    let asker = caller.name().to_owned();
    let asked = move |saved: &ApplicationSaved| match saved {
        ApplicationSaved::ApprovalWaits { waits, .. } => Some(AuditEntry {
            actor: asker.clone(),
            action: "loosening.asked",
            subject: waits.relaxation.subject_key(),
            detail: waits.relaxation.to_public_json(),
        }),
        ApplicationSaved::Added
        | ApplicationSaved::Changed
        | ApplicationSaved::LinkFixed(_)
        | ApplicationSaved::AppTaken(_) => None,
    };
    sics.recording(caller, "application.saved", &new.id, audit_detail)
        .recorded(asked)
}

/// The app that an application stands for.
struct LinkedApp {
    id: String,
    name: String,
    app_type: String,
    platform: Option<String>,
}

impl LinkedApp {
    fn from_row(row: ApplicationRow) -> LinkedApp {
        LinkedApp {
            id: row.app,
            name: row.app_name,
            app_type: row.app_type,
            platform: row.platform,
        }
    }

    fn from_tenant(app: TenantAppView) -> LinkedApp {
        LinkedApp {
            id: app.id,
            name: app.name,
            app_type: app.app_type,
            platform: app.platform,
        }
    }
}

/// The instance that is named; without a name that of the application as it is, or the only one.
fn choose_linked_instance<'s>(
    scope: &'s OrderScope,
    before: Option<&ApplicationRow>,
    body: &ApplicationBody,
) -> Result<&'s OrderInstance, ApiProblem> {
    match (body.instance.as_deref(), before) {
        (None, Some(row)) => scope.require_installed(row.instance),
        (named, _) => scope.choose_instance(named),
    }
}

/// An account that does not exist, or has no right there, can't approve; who is asked by a callback is the shop's affair.
async fn require_able_approvers(
    sics: &Sics,
    body: &ApplicationBody,
    instance: &OrderInstance,
) -> Result<(), ApiProblem> {
    if body.approval != Some(ApprovalMode::Operator) {
        return Ok(());
    }
    for (key, names) in [("approvers", &body.approvers), ("deputies", &body.deputies)] {
        for name in names {
            let row = sics.store().find_operator_by_name(name).await?;
            let unable = find_inability(name, row.as_ref(), &instance.name);
            if let Some((rule, advice)) = unable {
                return Err(wrong_field(
                    "wrongApplication",
                    key,
                    format!("name {rule}: {name}"),
                    &advice,
                ));
            }
        }
    }
    Ok(())
}

/// Why an account can approve no order there, and what to do; suspended ones can again tomorrow.
fn find_inability(name: &str, row: Option<&OperatorRow>, instance: &InstanceName) -> Option<(String, String)> {
    let list = "List the accounts: intune-connector operators.";
    let Some(row) = row else {
        return Some(("an account that does not exist".to_owned(), list.to_owned()));
    };
    if !is_person(row) {
        let rule = "an account that cannot approve, because it is disabled or not that of a person";
        return Some((rule.to_owned(), list.to_owned()));
    }
    if row.has_right(APPROVES, ResourceRef::for_instance(instance)) {
        return None;
    }
    Some((
        format!("an account without the right {APPROVES} for {instance}"),
        format!(
            "Give it the right first: intune-connector operators give {name} app-orders-approver --instances {instance}"
        ),
    ))
}

async fn read_linkable_app(sics: &Sics, instance: &OrderInstance, app: &str) -> Result<TenantAppView, ApiProblem> {
    let provider = require_order_provider(sics)?;
    let found = provider.read_tenant_app(instance.id, app.to_owned()).await?;
    let found = found.ok_or_else(|| {
        ApiProblem::new(
            StatusCode::NOT_FOUND,
            "unknownApp",
            format!("the tenant of {} has no app {app}", instance.name),
            "List the apps with their ids: GET /sics/v1/apps, or intune-connector apps.",
        )
    })?;
    if found.assignable {
        return Ok(found);
    }
    let reason = found.reason.as_deref().unwrap_or("apps of this type can't be assigned");
    Err(ApiProblem::conflict(
        "notAssignable",
        format!("no application can be linked to the app {}: {reason}", found.name),
        "Choose another app: GET /sics/v1/apps lists those that can be linked, and so does `intune-connector apps`.",
    ))
}

fn id_taken_problem(id: &str) -> ApiProblem {
    ApiProblem::conflict(
        "applicationTaken",
        format!("the id {id} belongs to an application that is outside of your scope"),
        "Choose another id.",
    )
}

fn link_fixed_problem(row: &ApplicationRow, scope: &OrderScope) -> ApiProblem {
    if row.state == ApplicationState::Removing {
        return ApiProblem::conflict(
            "beingRemoved",
            format!("the application {} is being removed", row.id),
            "Wait until it is gone, or add an application with another id.",
        );
    }
    ApiProblem::conflict(
        "linkFixed",
        format!(
            "the application {} is linked to the app {} of {}, and stays so",
            row.id,
            row.app_name,
            scope.name_of(row.instance)
        ),
        "Leave app and instance as they are, or add an application with another id.",
    )
    .with_member("app", row.app.as_str())
}

fn app_taken_problem(other: &str) -> ApiProblem {
    ApiProblem::conflict(
        "appTaken",
        format!("the application {other} is linked to this app already"),
        "An app has one application; change that one, or choose another app.",
    )
    .with_member("application", other)
}

pub(crate) async fn retry_application(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
) -> Result<Json<ApplicationView>, ApiProblem> {
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let row = find_application(&sics, &scope, &id).await?;
    if row.state == ApplicationState::CreationSucceeded {
        return Err(ApiProblem::conflict(
            "notFailed",
            format!(
                "the groups and assignments of the application {} are there; there is nothing to repeat",
                row.id
            ),
            format!("See how it stands: intune-connector apps show {}", row.id),
        ));
    }
    let audit_detail = |retried: &Option<ApplicationRow>| retried.as_ref().map(|_| json!({}));
    let store = sics.recording(&caller, "application.retried", &row.id, audit_detail);
    let retried = store.retry_application(row.id.clone()).await?;
    retried.ok_or_else(|| ApiProblem::not_found("application", &row.id))?;
    read_application(&sics, &scope, &row.id).await
}
