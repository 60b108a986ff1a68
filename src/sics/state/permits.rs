//! How many of one kind run at the same time: places of waiting readers, searches, previews, checks and files.

use axum::http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;

use super::{ACTS, BACKUPS, EVIDENCE_FILES, LOG_STREAMS, Sics};
use crate::model::ServerId;
use crate::sics::auth::Caller;
use crate::sics::keyed_permits::try_acquire_permit;
use crate::sics::problem::ApiProblem;

/// Held as long as somebody waits.
pub(crate) struct WaitPermit(
    #[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit,
    #[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit,
);

impl Sics {
    /// A place among those of this server, and of this account, who wait.
    pub(in crate::sics) fn acquire_wait_permit(
        &self,
        server: &ServerId,
        caller: &Caller,
    ) -> Result<WaitPermit, ApiProblem> {
        let of_server = self.limits().waiting_per_server;
        let advice = "One reader per management server is enough; stop the others.";
        let server_permit = try_acquire_permit(&self.inner.server_wait_permits, server, of_server)
            .ok_or_else(|| too_many_readers(of_server, &format!("server {server}"), advice))?;
        Ok(WaitPermit(server_permit, self.acquire_account_permit(caller, advice)?))
    }

    /// A place among those of this account who wait, for what no management server reads.
    pub(in crate::sics) fn acquire_account_wait_permit(
        &self,
        caller: &Caller,
    ) -> Result<OwnedSemaphorePermit, ApiProblem> {
        self.acquire_account_permit(caller, "One reader that waits is enough; stop the others.")
    }

    fn acquire_account_permit(&self, caller: &Caller, advice: &str) -> Result<OwnedSemaphorePermit, ApiProblem> {
        let most = self.limits().waiting_per_account;
        try_acquire_permit(&self.inner.account_wait_permits, &caller.operator.id, most)
            .ok_or_else(|| too_many_readers(most, &format!("operator {}", caller.name()), advice))
    }

    /// A place among those who look at whole fleets.
    pub(in crate::sics) async fn acquire_search_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        let permit = self.inner.search_permits.clone().acquire_owned().await;
        permit.map_err(|error| ApiProblem::internal("searchClosed", &error))
    }

    /// The same, where there is one at once.
    pub(in crate::sics) fn try_acquire_search_permit(&self) -> Option<OwnedSemaphorePermit> {
        self.inner.search_permits.clone().try_acquire_owned().ok()
    }

    /// A place for a scan that keeps nothing.
    pub(in crate::sics) fn acquire_preview_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        self.inner.preview_permits.clone().try_acquire_owned().map_err(|_| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyDryRuns",
                "a dry run is already running",
                "Wait until it ends: each one reads a whole tenant.",
            )
            .with_retry_after(30)
        })
    }

    /// A place for a check of a wizard.
    pub(in crate::sics) fn acquire_check_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        self.inner.check_permits.clone().try_acquire_owned().map_err(|_| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyChecks",
                format!("{ACTS} checks are already running"),
                "Wait until one ends.",
            )
            .with_retry_after(10)
        })
    }

    /// A place for evidence, for as long as it is made and sent.
    pub(in crate::sics) fn acquire_evidence_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        self.inner.evidence_permits.clone().try_acquire_owned().map_err(|_| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooMuchEvidence",
                format!("evidence is already being made or sent {EVIDENCE_FILES} times"),
                "Wait until one ends.",
            )
            .with_retry_after(60)
        })
    }

    /// A place for a stream of the log, for as long as it lasts.
    pub(in crate::sics) fn acquire_log_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        self.inner.log_permits.clone().try_acquire_owned().map_err(|_| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyReaders",
                format!("{LOG_STREAMS} readers already watch the log"),
                "Wait until one ends, or read it page by page.",
            )
            .with_retry_after(30)
        })
    }

    /// A place for a backup, for as long as it is sent.
    pub(in crate::sics) fn acquire_backup_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        self.inner.backup_permits.clone().try_acquire_owned().map_err(|_| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyBackups",
                format!("{BACKUPS} backups are already being sent"),
                "Wait until one ends.",
            )
            .with_retry_after(60)
        })
    }
}

fn too_many_readers(most: usize, whose: &str, advice: &str) -> ApiProblem {
    ApiProblem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "tooManyReaders",
        format!("{most} readers of {whose} are already waiting"),
        advice,
    )
    .with_retry_after(5)
}
