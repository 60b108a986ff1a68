//! What the bus asks of this product's code ([`crate::bus::InstallationHost`]), answered with what is there already: a draft of settings,
//! the connection check, a preview, and the instances that run.
//!
//! Each part can be made twice: what is there stays as it is. The settings file is what an instance is; its row comes
//! first, so a file never stands there without one.

mod connector;
mod current_settings;
mod faulty_field;
mod host_errors;
mod kept_change;
mod orders;
mod product_host;
mod registration;
mod settings_check;
mod target_overlap;
mod targets;
mod translated_steps;
mod wizard_actions;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use self::host_errors::{engine_error, settings_error, store_error};
use super::instances::{KINDS, ORDERS};
use crate::bus::{
    CheckedSettings, DesiredSettings, FieldFinding, HostError, InstallationHost, MemberKind, ProductMember,
    RegisteredApplication,
};
use crate::contract::{CheckStep, TargetKind};
use crate::model::{EffectConfirmation, InstanceId, Language};
use crate::store::{NewRegistration, RegistrationRow};

pub use product_host::ProductHost;
pub(crate) use wizard_actions::ACTIONS as WIZARD_ACTIONS;

/// The kind of microservice that reads a tenant.
pub(crate) const CONNECTOR: &str = "intune-connector";

impl InstallationHost for ProductHost {
    fn microservice_kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn action_names(&self) -> &'static [&'static str] {
        &wizard_actions::ACTIONS
    }

    fn owns_settings(&self, kind: &str) -> bool {
        kind == CONNECTOR
    }

    fn needs_secrets(&self, kind: &str) -> bool {
        kind == ORDERS || is_target(kind)
    }

    fn check_settings<'a>(
        &'a self,
        wanted: &'a DesiredSettings,
        number: Option<i64>,
    ) -> BoxFuture<'a, CheckedSettings> {
        Box::pin(async move {
            if let Some(part) = targets::find_target_part(self, &wanted.product) {
                return targets::check_settings(self, wanted, &part, number).await;
            }
            match orders::find_order_part(self, &wanted.product) {
                Some(part) => orders::check_settings(self, wanted, &part, number).await,
                None => settings_check::check_settings(self, wanted, number).await,
            }
        })
    }

    fn run_action<'a>(
        &'a self,
        action: &'a str,
        wanted: DesiredSettings,
        number: Option<i64>,
    ) -> BoxFuture<'a, Result<mpsc::Receiver<CheckStep>, HostError>> {
        Box::pin(wizard_actions::run_action(self, action, wanted, number))
    }

    fn resolve_registration<'a>(
        &'a self,
        wanted: DesiredSettings,
        number: Option<i64>,
    ) -> BoxFuture<'a, Result<DesiredSettings, FieldFinding>> {
        Box::pin(registration::resolve_registration(self, wanted, number))
    }

    fn begin_registration<'a>(
        &'a self,
        wanted: DesiredSettings,
        number: Option<i64>,
        language: Language,
    ) -> BoxFuture<'a, Result<NewRegistration, HostError>> {
        Box::pin(registration::begin_registration(self, wanted, number, language))
    }

    fn check_registration<'a>(
        &'a self,
        registration: &'a RegistrationRow,
        application: &'a RegisteredApplication,
        wanted: DesiredSettings,
    ) -> BoxFuture<'a, Result<mpsc::Receiver<CheckStep>, HostError>> {
        Box::pin(registration::check_registration(
            self,
            registration,
            application,
            wanted,
        ))
    }

    fn install_member<'a>(
        &'a self,
        number: i64,
        member: &'a ProductMember,
        wanted: &'a DesiredSettings,
    ) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async move {
            match &member.kind {
                MemberKind::Microservice(kind) if kind == CONNECTOR => {
                    connector::install_connector(self, number, member, wanted).await
                }
                MemberKind::Microservice(kind) => {
                    if is_target(kind) {
                        let registered = self.instances.register_target(InstanceId(number)).await;
                        registered.map_err(|failure| HostError::new(failure.code, failure.problem, failure.advice))?;
                    }
                    let started = self.instances.start_part(number, member, kind).await;
                    started.map_err(|error| store_error(&error))
                }
                // Definitions are what the journal says: the engine that runs them looks there.
                MemberKind::Workflow { .. } => Ok(()),
            }
        })
    }

    fn remove_member<'a>(&'a self, number: i64, member: &'a ProductMember) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async move {
            match &member.kind {
                MemberKind::Microservice(kind) if kind == CONNECTOR => {
                    connector::remove_connector(self, number, member).await
                }
                MemberKind::Microservice(kind) => {
                    self.instances.forget_member(&member.installed_name(number)).await;
                    if kind == ORDERS {
                        let name = member.installed_name(number);
                        self.instances.metrics.remove_by_label("instance", &name);
                        let ended = self.instances.end_orders(InstanceId(number)).await;
                        ended.map_err(|error| store_error(&error))?;
                    }
                    if is_target(kind) {
                        let ended = self.instances.end_target(InstanceId(number)).await;
                        ended.map_err(|error| store_error(&error))?;
                    }
                    Ok(())
                }
                MemberKind::Workflow { .. } => Ok(()),
            }
        })
    }

    fn confirm_removal(
        &self,
        number: i64,
        confirm: Option<EffectConfirmation>,
    ) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            if let Some(member) = orders::find_order_member(self, number).await? {
                let confirmed = self.instances.confirm_orders_end(&member, confirm.as_ref()).await;
                return confirmed.map_err(engine_error);
            }
            if let Some(member) = targets::find_target_member(self, number).await? {
                let confirmed = self.instances.confirm_target_end(&member, confirm.as_ref()).await;
                return confirmed.map_err(engine_error);
            }
            let Some(row) = self.find_row(number).await? else {
                return Ok(());
            };
            let _turn = self.instances.locks.lock_instance(&row.name).await;
            let stopped = self.instances.stop_for_removal(&row, confirm.as_ref()).await;
            stopped.map_err(engine_error)
        })
    }

    fn current_settings(&self, number: i64) -> BoxFuture<'_, Result<Map<String, Value>, HostError>> {
        Box::pin(async move {
            if let Some(member) = targets::find_target_member(self, number).await? {
                return Ok(targets::derive_choices(&member));
            }
            match orders::find_order_member(self, number).await? {
                Some(member) => Ok(orders::derive_choices(&member)),
                None => current_settings::read_settings(self, number).await,
            }
        })
    }

    fn change_settings<'a>(
        &'a self,
        number: i64,
        wanted: &'a DesiredSettings,
        confirm: Option<EffectConfirmation>,
    ) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async move {
            // The bus writes down what it keeps; what stands may have changed since it was checked.
            if let Some(part) = targets::find_target_part(self, &wanted.product) {
                targets::admit_change(self, wanted, &part, number, confirm).await?;
            } else if let Some(part) = orders::find_order_part(self, &wanted.product) {
                let settings = orders::require_settings(self, wanted, &part, Some(number)).await;
                settings.map_err(settings_error)?;
            } else {
                connector::change_connector(self, number, wanted, confirm).await?;
            }
            let supervisor = &self.instances.supervisor;
            supervisor.rename_installation(number, &wanted.profile);
            Ok(())
        })
    }

    fn apply_kept_settings<'a>(&'a self, number: i64, member: &'a ProductMember) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if matches!(&member.kind, MemberKind::Microservice(kind) if kind == ORDERS || is_target(kind)) {
                self.instances.restart_part(&member.installed_name(number)).await;
            }
        })
    }
}

fn is_target(kind: &str) -> bool {
    TargetKind::from_member_kind(kind).is_some()
}
