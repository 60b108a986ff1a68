//! What filters of servers cannot evaluate (E10). Finding out takes a look at each device of an instance, so the result
//! is kept until the feed moves: people and consoles request it again and again.

use super::Sics;
use super::problem::ApiProblem;
use super::unjudged_cache::{KnownUnjudged, UnjudgedCache};
use crate::contract::UnjudgedView;
use crate::inventory::server_filter::ServerFilter;
use crate::store::{InstanceRow, ServerRow};

/// Servers and instances that are remembered; with more, it begins anew.
const KEPT_MAX: usize = 1_000;

impl UnjudgedCache {
    /// Over what nobody has received so far a filter is not asked: its server waits.
    pub(crate) async fn of(
        &self,
        sics: &Sics,
        server: &ServerRow,
        server_filter: &ServerFilter,
        instance: &InstanceRow,
    ) -> Result<UnjudgedView, ApiProblem> {
        if !server_filter.has_filter() || server_filter.is_waiting_for(instance) {
            return Ok(UnjudgedView::default());
        }
        let (key, head) = ((server.id.clone(), instance.id), *sics.store().watch_head().borrow());
        if let Some(known) = self.lock().get(&key)
            && known.feed_head == head
            && known.filter == server.filter
        {
            return Ok(known.view.clone());
        }
        let _permit = sics.acquire_search_permit().await?;
        let view = server_filter.unjudged(sics.store(), instance.id).await?;
        let known = KnownUnjudged {
            filter: server.filter.clone(),
            feed_head: head,
            view: view.clone(),
        };
        let mut all = self.lock();
        if all.len() >= KEPT_MAX {
            all.clear();
        }
        all.insert(key, known);
        Ok(view)
    }
}
