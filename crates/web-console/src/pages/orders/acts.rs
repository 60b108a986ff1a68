//! What people do with an order: approve, reject, cancel, try again.

use axum::extract::Path;
use sics_client::contract::{OrderDecisionBody, OrderReasonBody, OrderState};

use super::order_page::{RefusedForm, render_order};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::PersonFields;
use crate::render::{go_to, own_path};

/// The page that a form came from, or that of the order.
fn page_after(form: &FormFields, id: &str) -> String {
    match form.text("next") {
        "" => own_path(&format!("/orders/{id}")),
        next => own_path(next),
    }
}

/// An approval carries the password that shows that it is still the same person.
fn approval_body(form: &FormFields) -> OrderDecisionBody {
    OrderDecisionBody {
        password: Some(form.secret("password")),
        code: form.given("code"),
        ..rejection_body(form)
    }
}

/// Stopping something takes no more than the right.
fn rejection_body(form: &FormFields) -> OrderDecisionBody {
    OrderDecisionBody {
        reason: form.given("reason"),
        ..OrderDecisionBody::default()
    }
}

async fn show_refused(
    ctx: &PageContext,
    id: &str,
    form: &FormFields,
    (name, failure): (&'static str, PageFailure),
) -> PageResult {
    let refused = RefusedForm {
        form: name,
        failure: &failure,
        person: PersonFields::typed(ctx, form, &failure),
    };
    render_order(ctx, id, Some(refused)).await
}

pub(super) async fn approve_order(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    match ctx.client().approve_order(&id, &approval_body(&form)).await {
        Ok(order) if order.state == OrderState::WaitingForLicence => {
            go_to(&ctx, &page_after(&form, &id), "order-approved-licence")
        }
        Ok(_) => go_to(&ctx, &page_after(&form, &id), "order-approved"),
        Err(error) => show_refused(&ctx, &id, &form, ("decide", error.into())).await,
    }
}

pub(super) async fn reject_order(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    match ctx.client().reject_order(&id, &rejection_body(&form)).await {
        Ok(_) => go_to(&ctx, &page_after(&form, &id), "order-rejected"),
        Err(error) => show_refused(&ctx, &id, &form, ("decide", error.into())).await,
    }
}

pub(super) async fn cancel_order(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let body = OrderReasonBody {
        reason: form.given("reason"),
    };
    match ctx.client().cancel_order(&id, &body).await {
        Ok(_) => go_to(&ctx, &page_after(&form, &id), "order-cancelled"),
        Err(error) => show_refused(&ctx, &id, &form, ("cancel", error.into())).await,
    }
}

pub(super) async fn retry_order(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    match ctx.client().retry_order(&id).await {
        Ok(_) => go_to(&ctx, &page_after(&form, &id), "order-retried"),
        Err(error) => show_refused(&ctx, &id, &form, ("retry", error.into())).await,
    }
}
