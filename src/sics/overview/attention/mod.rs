//! Everything that waits for a person, in one list, and how each instance and each management server is at a glance.
//!
//! [`board`] gathers what the rooms know, once for all who look. What of it waits for somebody is decided purely, a file a
//! subject: [`instances`], [`servers`], [`pending`] (what waits for a decision), [`parts`] (nodes, members, workflows,
//! products), [`files`], [`orders`] (with what [`order_facts`] reads), [`targets`] (with what [`target_facts`] reads) and [`store_state`].
//! [`fault_origin`] tells an outage of Microsoft's from a mistake of ours, [`lights`] makes a light of the items of one
//! subject. Each item says who may see it.

pub(super) mod attention_board;
pub(super) mod board;
mod fault_origin;
mod files;
mod instances;
mod item;
mod lights;
mod order_facts;
mod orders;
mod parts;
mod pending;
mod servers;
mod store_state;
mod target_facts;
mod targets;

use axum::Json;
use axum::extract::State;

use crate::contract::{AttentionItemView, AttentionItemsView};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;

pub(crate) async fn list_attention(
    State(sics): State<Sics>,
    caller: Caller,
) -> Result<Json<AttentionItemsView>, ApiProblem> {
    let board = board::fetch_board(&sics).await?;
    Ok(Json(board.view_for(&caller)))
}

/// Whoever it concerns: for notices, whose recipients are chosen by people with the right to manage accounts.
pub(crate) async fn list_all_items(sics: &Sics) -> Result<Vec<AttentionItemView>, ApiProblem> {
    Ok(board::fetch_board(sics).await?.list_all_items())
}
