//! What callers do, on its way into the audit trail (E5): with what is stored, in one transaction; for what happens outside of
//! the store, the intent before and what came of it behind.

use serde_json::{Value, json};

use super::Sics;
use super::auth::Caller;
use super::problem::ApiProblem;
use crate::store::{AuditEntry, Store};

/// What somebody is about to do outside of the store, and that it is in the audit trail.
#[must_use = "what came of it is recorded as well"]
pub(crate) struct Intent {
    store: Store,
    actor: String,
    action: &'static str,
}

impl Intent {
    /// What was done stays done, so a trail that cannot be written is reported in the log, not to the caller: the
    /// intent is there.
    pub(crate) async fn done(self, subject: impl ToString, detail: Value) {
        let entry = AuditEntry {
            actor: self.actor,
            action: self.action,
            subject: subject.to_string(),
            detail,
        };
        tracing::info!(
            operator = entry.actor,
            action = entry.action,
            subject = entry.subject,
            "done"
        );
        if let Err(error) = self.store.record_audit_entry(entry).await {
            tracing::error!(action = self.action, error = %error, "failed to write the audit trail");
        }
    }
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

    /// The same where what came of it is recorded as well ([`Intent::done`]). An intent that nothing follows failed, or the
    /// bus died over it.
    pub(super) async fn intend(
        &self,
        caller: &Caller,
        action: &'static str,
        subject: impl ToString,
    ) -> Result<Intent, ApiProblem> {
        let entry = caller.entry("act.begun", subject, json!({"action": action}));
        self.store().record_audit_entry(entry).await?;
        Ok(Intent {
            store: self.store().clone(),
            actor: caller.name().to_owned(),
            action,
        })
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
