//! `scan --dry-run`: the same code as a scan, on a store that is thrown away.

use super::connection::ConnectArgs;
use super::failure::Failure;
use super::tenant_args::TenantArgs;
use crate::model::InstanceName;

#[expect(clippy::unused_async, reason = "the preview is not part of this build yet")]
pub async fn run(_: &ConnectArgs, _: Option<&InstanceName>, tenant: &TenantArgs, _json: bool) -> Result<(), Failure> {
    tenant.draft()?.settings()?;
    Err(Failure::failed("the preview is not part of this build yet", ""))
}
