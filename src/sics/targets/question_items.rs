//! The planned writes of the question that waits, page by page. A page goes on behind a write of one question: where another
//! one waits meanwhile, nothing of the two is mixed.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::device_names::DeviceNames;
use super::page_limit;
use super::questions::{item_view, list_reached_items, require_question};
use super::scope::{ReachedTarget, find_reached};
use crate::contract::{QuestionItemsQuery, QuestionItemsView, WriteClass};
use crate::model::{DeviceId, InstanceId};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::{TargetKey, TargetQuestionItem};

/// Behind which write of which question a page goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ItemPlace {
    question: i64,
    item: (InstanceId, DeviceId, WriteClass),
}

impl ItemPlace {
    fn of_item(question: i64, item: &TargetQuestionItem) -> ItemPlace {
        ItemPlace {
            question,
            item: (item.instance, item.device, item.class),
        }
    }

    /// Opaque outside; nothing secret and nothing trusted.
    fn encode(self) -> String {
        let (instance, device, class) = self.item;
        let place = [
            &self.question.to_be_bytes()[..],
            &instance.0.to_be_bytes(),
            device.0.as_bytes(),
            class.name().as_bytes(),
        ];
        URL_SAFE_NO_PAD.encode(place.concat())
    }

    fn decode(text: &str) -> Result<ItemPlace, ApiProblem> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let place = bytes.and_then(|bytes| {
            let (question, rest) = bytes.split_at_checked(8)?;
            let (instance, rest) = rest.split_at_checked(8)?;
            let (device, class) = rest.split_at_checked(16)?;
            let class = WriteClass::ALL
                .iter()
                .copied()
                .find(|known| known.name().as_bytes() == class)?;
            let instance = InstanceId(i64::from_be_bytes(instance.try_into().ok()?));
            let device = DeviceId(uuid::Uuid::from_slice(device).ok()?);
            Some(ItemPlace {
                question: i64::from_be_bytes(question.try_into().ok()?),
                item: (instance, device, class),
            })
        });
        place.ok_or_else(|| {
            ApiProblem::bad_request(
                "wrongAfter",
                "after does not match this request",
                "Send it exactly as you received it; without it, the first page is answered.",
            )
        })
    }
}

pub(crate) async fn list_items(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<QuestionItemsQuery>,
) -> Result<Json<QuestionItemsView>, ApiProblem> {
    let limit = page_limit(asked.limit)?;
    let place = asked.after.as_deref().map(ItemPlace::decode).transpose()?;
    let reached = find_reached(&sics, &caller, &name).await?;
    let row = require_question(&sics, &reached).await?;
    if place.is_some_and(|place| place.question != row.id) {
        return Err(other_question(&reached));
    }
    let after = place.map(|place| place.item);
    let mut items = list_reached_items(&sics, &reached, row.id, after, limit + 1).await?;
    let has_more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| has_more);
    let next = last.map(|item| ItemPlace::of_item(row.id, item).encode());
    let mut keys: Vec<TargetKey> = items.iter().map(|item| (item.instance, item.device)).collect();
    keys.dedup();
    let names = DeviceNames::read_names(&sics, reached.target.id, &keys).await?;
    let shown = items.into_iter().filter_map(|item| item_view(item, &reached, &names));
    Ok(Json(QuestionItemsView {
        digest: row.digest,
        items: shown.collect(),
        total: row.counts.total(),
        next,
    }))
}

fn other_question(reached: &ReachedTarget) -> ApiProblem {
    let name = &reached.target.name;
    ApiProblem::conflict(
        "questionChanged",
        format!("{name} asks for other writes by now"),
        format!("See what waits now: intune-connector targets question {name}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_behind_a_write_of_one_question() {
        let place = ItemPlace {
            question: 7,
            item: (InstanceId(2), DeviceId(uuid::Uuid::from_u128(9)), WriteClass::Retire),
        };
        assert_eq!(ItemPlace::decode(&place.encode()).unwrap(), place);
        for wrong in ["", "1", "abc!", "AAAA", &place.encode()[..48]] {
            assert_eq!(ItemPlace::decode(wrong).unwrap_err().code(), "wrongAfter", "{wrong}");
        }
    }
}
