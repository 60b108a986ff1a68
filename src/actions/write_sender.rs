//! Who sends the call of a task, once its intent is committed. The product has one sender, which sends it to Graph, once:
//! no other file of the product calls [`GraphClient::send_action`] (a test keeps it).

use futures_util::future::BoxFuture;

use crate::graph::{ActionPermit, ActionRequest, GraphClient, WriteOutcome};
use crate::store::TaskRow;

pub trait WriteSender: Send + Sync {
    fn send_write<'a>(
        &'a self,
        graph: &'a GraphClient,
        permit: ActionPermit,
        request: &'a ActionRequest,
        task: &'a TaskRow,
    ) -> BoxFuture<'a, WriteOutcome>;
}

/// To Graph, now.
pub(super) struct DirectSender;

impl WriteSender for DirectSender {
    fn send_write<'a>(
        &'a self,
        graph: &'a GraphClient,
        permit: ActionPermit,
        request: &'a ActionRequest,
        _: &'a TaskRow,
    ) -> BoxFuture<'a, WriteOutcome> {
        Box::pin(graph.send_action(permit, request))
    }
}
