//! What the API asks of installations of app orders, answered by those that run; and how they end.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::engine::require_confirmation;
use super::instances::{Instances, ORDERS};
use crate::contract::{OrderKind, OrderTargetKind, TenantAppView};
use crate::graph::GraphError;
use crate::model::{ConfirmableEffect, EffectConfirmation, InstallationState, InstanceId, format_count};
use crate::orders::graph_trouble::{GraphNeed, request_advice};
use crate::orders::{OrderContext, TargetJudgement};
use crate::sics::{EngineError, EngineFuture, OrderInstance, OrderProvider, TargetCheck, TenantApps};
use crate::store::{ApplicationFilter, ApplicationRow, MemberRow, StoreError};

impl OrderProvider for Instances {
    fn order_instances(&self) -> BoxFuture<'_, Result<Vec<OrderInstance>, StoreError>> {
        Box::pin(async move {
            let members = self.store.list_members(None).await?;
            let mut instances = Vec::new();
            for row in self.store.list_installations().await? {
                let is_orders = |member: &&MemberRow| member.installation == row.number && member.kind == ORDERS;
                let Some(member) = members.iter().find(is_orders) else {
                    continue;
                };
                if row.state != InstallationState::Installed {
                    continue;
                }
                instances.extend(self.describe_orders(member, row.profile));
            }
            Ok(instances)
        })
    }

    fn list_tenant_apps(&self, instance: InstanceId, search: Option<String>) -> EngineFuture<'_, TenantApps> {
        Box::pin(async move {
            let orders = self.require_running_orders(instance)?;
            let list = orders.graph.list_tenant_apps(search.as_deref()).await;
            let list = list.map_err(|error| apps_error(&orders, &error))?;
            Ok(TenantApps {
                apps: list.apps,
                unreadable: list.unreadable,
            })
        })
    }

    fn read_tenant_app(&self, instance: InstanceId, app: String) -> EngineFuture<'_, Option<TenantAppView>> {
        Box::pin(async move {
            let orders = self.require_running_orders(instance)?;
            let app = orders.graph.read_tenant_app(&app).await;
            app.map_err(|error| apps_error(&orders, &error))
        })
    }

    fn check_target(
        &self,
        instance: InstanceId,
        application: ApplicationRow,
        kind: OrderKind,
        target_kind: OrderTargetKind,
        target: String,
    ) -> BoxFuture<'_, TargetCheck> {
        Box::pin(async move {
            let orders = match self.require_running_orders(instance) {
                Ok(orders) => orders,
                Err(error) => return TargetCheck::NotChecked(error.to_string()),
            };
            let target = (target_kind, target.as_str());
            match orders.judge_order(&application, kind, target).await {
                Ok(judgement) => to_target_check(judgement),
                Err(failure) => TargetCheck::NotChecked(failure.error.to_string()),
            }
        })
    }

    fn wake_orders(&self, instance: InstanceId) {
        let woken = self.order_leases().read_running(instance, |_, wake| wake.wake());
        if woken.is_none() {
            tracing::debug!(instance.id = %instance, "orders wait until their installation runs");
        }
    }
}

impl Instances {
    fn require_running_orders(&self, instance: InstanceId) -> Result<OrderContext, EngineError> {
        let running = self.order_leases().read_running(instance, |orders, _| orders.clone());
        running.ok_or_else(|| EngineError::Conflict {
            code: "notRunning",
            problem: "app orders of this installation do not run".to_owned(),
            advice:
                "Start them: intune-connector instances start NAME; intune-connector instances running shows why not."
                    .to_owned(),
        })
    }

    /// As the settings have it; what can't be read of them is as without.
    fn describe_orders(&self, member: &MemberRow, profile: String) -> Option<OrderInstance> {
        let id = InstanceId(member.installation);
        let running = self
            .order_leases()
            .read_running(id, |orders, _| orders.settings.clone());
        let settings = running.clone().or_else(|| self.read_order_settings(member));
        let settings = settings.as_deref();
        Some(OrderInstance {
            id,
            name: member.name.parse().ok()?,
            profile,
            tenant: settings.map_or_else(String::new, |settings| settings.tenant.tenant_id.to_ascii_lowercase()),
            running: running.is_some(),
            targets: settings.map_or_else(
                || vec![OrderTargetKind::User, OrderTargetKind::Device],
                |settings| settings.target.clone(),
            ),
            status_url: settings.is_some_and(|settings| settings.status_url.is_some()),
            approval_url: settings.is_some_and(|settings| settings.approval_url.is_some()),
        })
    }

    /// Lets the removal of app orders through where what it ends was confirmed. From then on nothing is added to it.
    pub(in crate::app) async fn confirm_orders_end(
        &self,
        member: &MemberRow,
        confirm: Option<&EffectConfirmation>,
    ) -> Result<(), EngineError> {
        let instance = InstanceId(member.installation);
        let (open, applications) = self.count_order_effects(instance).await?;
        if open == 0 && applications == 0 {
            return Ok(());
        }
        let what = format!(
            "removing {} ends its open orders and forgets {}; groups and assignments stay in the tenant; the shop gets no \
             message of it: neither the ends of these orders nor messages that wait are sent",
            member.name,
            format_count(applications, "application")
        );
        let shown = json!({"instance": instance, "applications": applications});
        require_confirmation(ConfirmableEffect::from_content(what, open, &shown), confirm)?;
        // One that the supervisor does not know does not run.
        let _ = self.supervisor.stop_member(&member.name).await;
        Ok(())
    }

    /// Open orders, and applications.
    pub(in crate::app) async fn count_order_effects(&self, instance: InstanceId) -> Result<(u64, u64), StoreError> {
        let open = self.store.count_orders(instance).await?.open;
        let filter = ApplicationFilter {
            instance: Some(vec![instance]),
            limit: 1,
            ..ApplicationFilter::default()
        };
        let (_, applications) = self.store.list_applications(filter).await?;
        Ok((open, applications))
    }

    /// An installation is gone: so are its applications, and its open orders have ended. What it made in the tenant stays.
    pub(in crate::app) async fn end_orders(&self, instance: InstanceId) -> Result<(), StoreError> {
        let ended = self.store.end_instance_orders(instance).await?;
        if ended > 0 {
            tracing::info!(instance.id = %instance, orders = ended, "open orders ended with the removal of their installation");
        }
        Ok(())
    }
}

fn to_target_check(judgement: TargetJudgement) -> TargetCheck {
    match judgement {
        TargetJudgement::Fits => TargetCheck::Fits,
        TargetJudgement::Warn(warnings) => TargetCheck::Warn(warnings.into_iter().map(|warning| warning.en).collect()),
        TargetJudgement::Refused(trouble) => TargetCheck::Refused {
            code: trouble.code,
            message: trouble.message.en,
            advice: trouble.advice.en,
        },
    }
}

/// Of a look at the apps of a tenant: what is missing is a right of app orders, not of the connector.
fn apps_error(orders: &OrderContext, error: &GraphError) -> EngineError {
    EngineError::Upstream {
        code: error.code(),
        problem: error.to_string(),
        advice: request_advice(error, GraphNeed::ReadApps, orders.graph.client_id()),
    }
}
