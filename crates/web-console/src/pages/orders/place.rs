//! The form by which somebody places an order.

use askama::Template;
use connector_core::model::Language as OrderLanguage;
use http::StatusCode;
use sics_client::contract::{ApplicationsQuery, ApprovalMode, OrderBody, OrderState};

use super::words::{find_word, one_line};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::render::{go_to, show_page_as};
use crate::texts::Language;

/// Applications that the form offers; where there are more, their ids are typed.
const APPLICATIONS_SHOWN: u32 = 200;
const FOR_USER: &str = "user";

#[derive(Template)]
#[template(path = "pages/orders/place.html")]
struct PlacePage<'a> {
    ctx: &'a PageContext,
    fields: PlaceFields,
    applications: Vec<(String, String)>,
    /// Whether there are more than are offered.
    more_applications: bool,
    problem: Option<&'a PageFailure>,
}

impl PlacePage<'_> {
    /// Whether this field is wrong; `key`: as the API names it.
    fn is_wrong(&self, key: &str) -> bool {
        self.problem.is_some_and(|failure| failure.is_about(key))
    }

    /// Whether the chosen application is none of those that are offered.
    fn is_other(&self) -> bool {
        let chosen = &self.fields.application;
        !chosen.is_empty() && !self.applications.iter().any(|(id, _)| id == chosen)
    }
}

/// What stands in the form.
#[derive(Debug, Clone, Default)]
struct PlaceFields {
    /// The same each time the same form is sent, so that a double click is one order.
    id: String,
    application: String,
    /// `install`, `uninstall`.
    kind: String,
    /// `user`, `device`.
    target_kind: String,
    target: String,
    note: String,
    ask_approval: bool,
}

impl PlaceFields {
    /// As a link asks for it.
    fn asked(ctx: &PageContext) -> Result<PlaceFields, PageFailure> {
        let list = ctx.list();
        let user = list.value("user");
        let for_user = !user.is_empty();
        Ok(PlaceFields {
            id: random_id().ok_or_else(|| PageFailure::plain(StatusCode::INTERNAL_SERVER_ERROR, "failure-page"))?,
            application: list.value("application").to_owned(),
            kind: match list.value("type") {
                kind @ "uninstall" => kind.to_owned(),
                _ => "install".to_owned(),
            },
            target_kind: if for_user { FOR_USER } else { "device" }.to_owned(),
            target: if for_user { user } else { list.value("device") }.to_owned(),
            note: String::new(),
            ask_approval: false,
        })
    }

    fn typed(form: &FormFields) -> PlaceFields {
        PlaceFields {
            id: form.text("id").to_owned(),
            application: form.text("application").to_owned(),
            kind: form.text("type").to_owned(),
            target_kind: form.text("for").to_owned(),
            target: form.text("target").to_owned(),
            note: form.text("note").to_owned(),
            ask_approval: form.is_ticked("approval"),
        }
    }

    fn is_for_user(&self) -> bool {
        self.target_kind == FOR_USER
    }

    /// What the API takes; `language`: of what the order says.
    fn to_body(&self, language: Language) -> Result<OrderBody, PageFailure> {
        let unmet = |code: &str| PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code);
        if self.application.is_empty() {
            return Err(unmet("orders-no-application").with_key("application"));
        }
        if self.target.is_empty() {
            return Err(unmet("orders-no-target").with_key("device"));
        }
        let target = Some(self.target.clone());
        Ok(OrderBody {
            id: self.id.clone(),
            application: self.application.clone(),
            kind: find_word(&self.kind).ok_or_else(|| unmet("failure-form"))?,
            user: target.clone().filter(|_| self.is_for_user()),
            device: target.filter(|_| !self.is_for_user()),
            approval: self.ask_approval.then_some(ApprovalMode::Operator),
            language: Some(match language {
                Language::English => OrderLanguage::En,
                Language::German => OrderLanguage::De,
            }),
            note: Some(one_line(&self.note)).filter(|note| !note.is_empty()),
        })
    }
}

/// `None`: the machine has no randomness.
fn random_id() -> Option<String> {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes).ok()?;
    Some(format!("console-{}", hex::encode(bytes)))
}

async fn render_form(ctx: &PageContext, fields: PlaceFields, problem: Option<&PageFailure>) -> PageResult {
    let query = ApplicationsQuery {
        limit: Some(APPLICATIONS_SHOWN),
        ..ApplicationsQuery::default()
    };
    let view = ctx.client().list_applications(&query).await?;
    let orderable = view
        .applications
        .into_iter()
        .filter(|application| application.orderable);
    let page = PlacePage {
        ctx,
        fields,
        applications: orderable
            .map(|application| (application.id, ctx.plain(&application.display_name)))
            .collect(),
        more_applications: view.next.is_some(),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

pub(super) async fn show_order_form(ctx: PageContext) -> PageResult {
    let fields = PlaceFields::asked(&ctx)?;
    render_form(&ctx, fields, None).await
}

/// What is told on the page of an order that was just placed.
fn placed_word(state: OrderState) -> &'static str {
    match state {
        OrderState::WaitingForApproval => "order-placed-approval",
        OrderState::WaitingForLicence => "order-placed-licence",
        _ => "order-placed",
    }
}

pub(super) async fn place_order(ctx: PageContext, form: FormFields) -> PageResult {
    let fields = PlaceFields::typed(&form);
    let placed = match fields.to_body(ctx.language()) {
        Ok(body) => ctx.client().place_order(&body).await.map_err(PageFailure::from),
        Err(failure) => Err(failure),
    };
    match placed {
        Ok(order) => go_to(&ctx, &format!("/orders/{}", order.id), placed_word(order.state)),
        Err(failure) => render_form(&ctx, fields, Some(&failure)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_form::make_form;

    #[test]
    fn an_order_is_for_a_user_or_for_a_device() {
        let typed = |more: &[(&str, &str)]| {
            let mut pairs = vec![("id", "c-1"), ("application", "vlc"), ("type", "install")];
            pairs.extend(more);
            PlaceFields::typed(&make_form(&pairs)).to_body(Language::English)
        };
        let body = typed(&[("for", "user"), ("target", " anna@example.org ")]).unwrap();
        assert_eq!((body.user.as_deref(), body.device), (Some("anna@example.org"), None));
        let body = typed(&[("for", "device"), ("target", "PC-1")]).unwrap();
        assert_eq!((body.user, body.device.as_deref()), (None, Some("PC-1")));
        assert!(body.approval.is_none() && body.note.is_none());
        let failure = typed(&[("for", "device"), ("target", " ")]).unwrap_err();
        assert_eq!(failure.code, "orders-no-target");
        let failure = typed(&[("type", "x")]).unwrap_err();
        assert_eq!(failure.code, "orders-no-target");
    }
}
