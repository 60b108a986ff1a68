//! The tasks that post, one for each server that has a webhook: begun when one is set, ended when it is removed or the bus stops.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use super::server_poster::ServerPoster;
use crate::model::{Seq, ServerId};
use crate::sics::Sics;

/// At most so often it is looked for new webhooks while devices change.
const LOOK: Duration = Duration::from_millis(200);
/// And so often where nothing happens.
const IDLE_LOOK: Duration = Duration::from_secs(60);
/// Behind an error of the program.
const PANIC_PAUSE: Duration = Duration::from_secs(60);

/// Posts changes and results to the webhooks of all management servers until `stop` says so, or its sender is gone. What is
/// broken off then is posted again after the next start.
pub async fn post_for_servers(sics: Sics, mut stop: watch::Receiver<bool>) {
    let mut head = sics.store().watch_head();
    let mut posting = JoinSet::new();
    let mut running = HashMap::<Id, ServerId>::new();
    loop {
        head.mark_unchanged();
        match sics.store().list_server_webhooks().await {
            Ok(webhooks) => {
                for webhook in webhooks {
                    if running.values().all(|server| *server != webhook.server) {
                        let task = posting.spawn(keep_posting(sics.clone(), webhook.server.clone()));
                        running.insert(task.id(), webhook.server);
                    }
                }
            }
            Err(error) => {
                tracing::error!(error = %error, "cannot read the webhooks of management servers; retrying");
            }
        }
        tokio::select! {
            biased;
            stopped = stop.wait_for(|stop| *stop) => { let _ = stopped; break; }
            Some(ended) = posting.join_next_with_id() => {
                let task = ended.map_or_else(|error| error.id(), |(task, ())| task);
                running.remove(&task);
            }
            () = wait_for_news(&mut head) => (),
        }
    }
    posting.shutdown().await;
}

async fn wait_for_news(head: &mut watch::Receiver<Seq>) {
    tokio::time::sleep(LOOK).await;
    tokio::select! {
        _ = head.changed() => (),
        () = tokio::time::sleep(IDLE_LOOK) => (),
    }
}

/// A poster that ends by an error of the program begins anew, later.
async fn keep_posting(sics: Sics, server: ServerId) {
    loop {
        let poster = ServerPoster::new(sics.clone(), server.clone());
        if AssertUnwindSafe(poster.run()).catch_unwind().await.is_ok() {
            return;
        }
        tracing::error!(server = %server,
            "posting to the webhook of a server ended by an error of the program; it goes on later");
        tokio::time::sleep(PANIC_PAUSE).await;
    }
}
