//! What a person sees first: the fleets in numbers, what needs somebody, and what happens.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{AttentionItemsView, SummaryView};

operations! {
    /// The fleets in numbers, the last 30 days, what is under way; within the caller's scope
    show_summary() GET "/sics/v1/summary" => 200 SummaryView;
    /// Everything that waits for a person, with advice; and how each instance and each server is
    list_attention() GET "/sics/v1/attention" => 200 AttentionItemsView;
    files:
    /// What happens, as it happens: a stream (text/event-stream) of `EventFact`
    watch_events() GET "/sics/v1/events";
}
