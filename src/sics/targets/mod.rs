//! Targets by way of the API: how they stand, what they write by, and what people decide. The routes hold no policy of the
//! flow: [`crate::targets`] plans and writes, the store remembers, and whoever implements [`TargetProvider`] asks the other
//! side.
//!
//! [`standing`] shows targets and their kinds; [`mapping`] and [`fields`] say which field over there gets what; [`preview`]
//! looks ahead, and checks the other side; [`questions`] takes consent to planned writes, all of which [`question_items`] lists;
//! [`aside`] takes decisions about single devices; [`links`] and [`link_export`] show which record belongs to whom; [`runs`] puts back what was written.
//! [`scope`] says which targets and devices a caller reaches, [`device_names`] gives names to ids, and [`looks`] bounds
//! what asking the other side costs.

pub(crate) mod aside;
mod device_names;
pub(crate) mod fields;
pub(crate) mod link_export;
pub(crate) mod links;
mod looks;
pub(crate) mod mapping;
pub(crate) mod preview;
mod provider;
pub(crate) mod question_items;
pub(crate) mod questions;
pub(crate) mod runs;
mod scope;
pub(crate) mod standing;

pub(super) use looks::TargetLooks;
pub use provider::{TargetInstance, TargetProvider};

use super::problem::ApiProblem;

/// Rows of a page of links, and devices of a preview: so many where nobody says it, and at most.
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
