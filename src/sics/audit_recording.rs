//! What callers do, on its way into the audit trail (E5): with what is stored, in one transaction; for what happens outside of
//! the store, the intent before and what came of it behind.
//!
//! A caller that hangs up has its handler dropped where it stands. What takes more than one step is therefore done in a
//! task of its own ([`Sics::run_to_end`]), which comes to its end whoever waits for it, and which the end of the bus waits for.

use std::future::Future;

use serde_json::{Value, json};

use super::Sics;
use super::auth::Caller;
use super::problem::ApiProblem;
use crate::store::{AuditEntry, Store};

/// What came of an act: the answer to its caller, and what the trail is told of it.
pub(super) struct PerformedAct<T> {
    pub answer: T,
    pub subject: String,
    pub detail: Value,
}

impl Sics {
    /// For what does not stand in the store, written down before it is done: what can't be recorded is not done (E5).
    pub(super) async fn audit_before(
        &self,
        caller: &Caller,
        action: &'static str,
        subject: impl ToString,
        detail: Value,
    ) -> Result<(), ApiProblem> {
        let entry = caller.entry(action, subject, detail);
        tracing::info!(operator = entry.actor, action, subject = entry.subject, "asked for");
        Ok(self.store().record_audit_entry(entry).await?)
    }

    /// Does what is no transaction of the store: the intent is written down before, and what came of it behind. An intent
    /// that nothing follows failed, or the bus died over it. There is no other way to write an intent.
    pub(super) async fn perform_act<T, F>(
        &self,
        caller: &Caller,
        action: &'static str,
        subject: impl ToString,
        act: impl FnOnce(Sics) -> F + Send + 'static,
    ) -> Result<T, ApiProblem>
    where
        T: Send + 'static,
        F: Future<Output = Result<PerformedAct<T>, ApiProblem>> + Send + 'static,
    {
        let begun = caller.entry("act.begun", subject, json!({"action": action}));
        let done = caller.entry(action, "", Value::Null);
        let sics = self.clone();
        self.run_to_end(async move {
            sics.store().record_audit_entry(begun).await?;
            let performed = act(sics.clone()).await?;
            let done = AuditEntry {
                subject: performed.subject,
                detail: performed.detail,
                ..done
            };
            sics.record_done(done).await;
            Ok(performed.answer)
        })
        .await
    }

    /// Runs what must not be left half done, in a task of its own: it goes on when the caller hangs up.
    pub(super) async fn run_to_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ApiProblem>> + Send + 'static,
    ) -> Result<T, ApiProblem> {
        let guard = self.acts_under_way().begin_act();
        let task = tokio::spawn(async move {
            let _guard = guard;
            work.await
        });
        // Nobody ends it but a panic.
        task.await.unwrap_or_else(|_| Err(ApiProblem::panicked()))
    }

    /// What was done stays done, so a trail that can't be written is told in the log, not to the caller: the intent is there.
    async fn record_done(&self, entry: AuditEntry) {
        let action = entry.action;
        tracing::info!(operator = entry.actor, action, subject = entry.subject, "done");
        if let Err(error) = self.store().record_audit_entry(entry).await {
            tracing::error!(action, error = %error, "failed to write the audit trail");
        }
    }

    /// The store for what the caller does there: judged by their rights, and with what `describe` says of the answer in the
    /// audit trail, in the same transaction.
    pub(super) fn recording<T: 'static>(
        &self,
        caller: &Caller,
        action: &'static str,
        subject: impl ToString,
        describe: impl Fn(&T) -> Option<Value> + Send + Sync + 'static,
    ) -> Store {
        let base_entry = caller.entry(action, subject, Value::Null);
        self.store_for_caller(caller).recorded(move |answer: &T| {
            let detail = describe(answer)?;
            Some(AuditEntry {
                detail,
                ..base_entry.clone()
            })
        })
    }
}
