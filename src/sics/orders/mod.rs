//! App orders by way of the API: applications that can be ordered, orders for users and devices, who agrees to them, and
//! what became of them. The routes hold no policy of the flow: [`crate::orders`] works on orders, the store remembers.
//!
//! [`apps`] shows the apps of a tenant; [`applications`], [`application_removal`] and [`icons`] keep what can be ordered;
//! [`placing`] takes orders ([`placing_rules`] says why not); [`decisions`] is for people ([`crate::orders::approval_rules`]
//! says who may agree); [`queries`] shows orders ([`view`] says how); [`changes`] tells readers what moved ([`change_positions`]).
//! [`target_checks`] bounds the looks at the tenant that orders cost. [`scope`] says which instances a caller reaches and
//! whose orders they cancel, [`field_checks`] judges the texts that they give, [`shop_messages`] is what the shop is sent.
//! [`webhooks`] shows what became of that, and has it sent again.

mod application_checks;
pub(crate) mod application_removal;
pub(crate) mod applications;
pub(crate) mod apps;
mod change_positions;
pub(crate) mod changes;
pub(crate) mod decisions;
mod field_checks;
pub(crate) mod icons;
pub(crate) mod placing;
mod placing_rules;
mod provider;
pub(crate) mod queries;
mod scope;
mod shop_messages;
mod target_checks;
mod view;
pub(crate) mod webhooks;

pub use provider::{OrderInstance, OrderProvider, TargetCheck, TenantApps};
pub(super) use target_checks::TargetChecks;

use super::Sics;
use super::list_filters::parse_text;
use super::problem::ApiProblem;
use crate::model::{InstanceId, replace_unprintable};
use crate::store::{ApplicationRow, OrderRow};
use scope::OrderScope;

/// Rows of a page of orders, applications or changes: so many where nobody says it, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MOST: u32 = 500;

/// Rows of a page.
fn page_limit(limit: Option<u32>) -> Result<usize, ApiProblem> {
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if (1..=PAGE_MOST).contains(&limit) {
        Ok(limit as usize)
    } else {
        Err(ApiProblem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            format!("limit must be 1 to {PAGE_MOST}."),
        ))
    }
}

/// A search text, bounded; `None`: everything.
fn search_text(sics: &Sics, search: Option<String>) -> Result<Option<String>, ApiProblem> {
    parse_text("search", search.as_deref().map(str::trim), sics.limits().text_chars)
}

/// The application of this id, where the caller reaches its instance. Others do not exist for them.
async fn find_application(sics: &Sics, scope: &OrderScope, id: &str) -> Result<ApplicationRow, ApiProblem> {
    let row = sics.store().load_application(id.to_owned()).await?;
    row.filter(|row| scope.reaches(row.instance))
        .ok_or_else(|| ApiProblem::not_found("application", replace_unprintable(id)))
}

/// The order of this id, where the caller reaches its instance. Others do not exist for them.
async fn find_order(sics: &Sics, scope: &OrderScope, id: &str) -> Result<OrderRow, ApiProblem> {
    let row = sics.store().load_order(id.to_owned()).await?;
    row.filter(|row| scope.reaches(row.instance))
        .ok_or_else(|| unknown_order_problem(id))
}

fn unknown_order_problem(id: &str) -> ApiProblem {
    ApiProblem::not_found("order", replace_unprintable(id))
}

/// The workers of this instance look at once.
fn wake_workers(sics: &Sics, instance: InstanceId) {
    if let Some(provider) = sics.engine().order_provider() {
        provider.wake_orders(instance);
    }
}
