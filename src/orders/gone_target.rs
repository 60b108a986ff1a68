//! Users and devices that have left the directory, with what was installed for them. Nothing can be removed there any more,
//! and an order to remove it is done: its licence is free.

use super::graph_trouble::GraphNeed;
use super::order_context::OrderContext;
use super::order_end::EndedBy;
use super::order_log::OrderLogger;
use super::order_processor::{OrderAttempt, OrderTask};
use super::order_text::{BilingualText, OrderTrouble};
use super::target_judgement::TargetJudgement;
use super::target_lookup::{LookupFailure, check_order_target};
use crate::contract::{OrderKind, OrderTargetKind};
use crate::store::{ApplicationRow, StoreError};

/// What a look-up says of a target that is nowhere, by name or id.
const UNKNOWN: [&str; 2] = ["unknownUser", "unknownDevice"];

impl OrderContext {
    /// Whether an order could be carried out, before it is taken. One that removes what was installed for somebody who has
    /// left the directory can be, and is done at once.
    pub async fn judge_order(
        &self,
        application: &ApplicationRow,
        kind: OrderKind,
        target: (OrderTargetKind, &str),
    ) -> Result<TargetJudgement, LookupFailure> {
        let trouble = match check_order_target(&self.graph, &self.settings, application, kind, target).await? {
            TargetJudgement::Refused(trouble) => trouble,
            fits @ (TargetJudgement::Fits | TargetJudgement::Warn(_)) => return Ok(fits),
        };
        let has_left = match self.has_left_directory(application, kind, target, &trouble).await {
            Ok(looked) => looked?,
            Err(error) => {
                tracing::warn!(error = %error, "cannot tell whether the target of an order was there before");
                false
            }
        };
        Ok(if has_left {
            TargetJudgement::Warn(vec![left_text(target)])
        } else {
            TargetJudgement::Refused(trouble)
        })
    }

    /// Whether this order is to remove what orders for the same target installed, and every object that they were for is
    /// gone. `trouble`: why the target was not found now.
    async fn has_left_directory(
        &self,
        application: &ApplicationRow,
        kind: OrderKind,
        (target_kind, target): (OrderTargetKind, &str),
        trouble: &OrderTrouble,
    ) -> Result<Result<bool, LookupFailure>, StoreError> {
        if kind != OrderKind::Uninstall || !UNKNOWN.contains(&trouble.code.as_str()) {
            return Ok(Ok(false));
        }
        let objects = self
            .store
            .list_installed_objects(application.key, target_kind, target.to_owned())
            .await?;
        for object in &objects {
            match self.graph.is_object_gone(target_kind, object).await {
                Ok(true) => (),
                Ok(false) => return Ok(Ok(false)),
                Err(error) => {
                    let need = match target_kind {
                        OrderTargetKind::User => GraphNeed::ReadUsers,
                        OrderTargetKind::Device => GraphNeed::ReadDirectoryDevices,
                    };
                    return Ok(Err(LookupFailure { error, need }));
                }
            }
        }
        Ok(Ok(!objects.is_empty()))
    }
}

impl OrderTask<'_> {
    /// Whoever it is for is nowhere. Where they have left the directory with what was installed for them, its removal is
    /// done.
    pub(super) async fn end_unfound(&self, trouble: &OrderTrouble) -> Result<OrderAttempt, StoreError> {
        let (context, order) = (self.context, &self.order);
        let target = (order.target_kind, order.target.as_str());
        let has_left = context
            .has_left_directory(self.application, order.kind, target, trouble)
            .await?;
        match has_left {
            Ok(true) => {
                let by = EndedBy {
                    logger: OrderLogger::Request,
                    worker: self.worker,
                };
                context
                    .end_well(order, self.application, &left_text(target), by)
                    .await?;
                Ok(OrderAttempt::Processed)
            }
            Ok(false) => self.fail(trouble).await,
            Err(failure) => self.delay(&context.explain(&failure.error, failure.need)).await,
        }
    }
}

/// What is told of such an order.
fn left_text((target_kind, target): (OrderTargetKind, &str)) -> BilingualText {
    match target_kind {
        OrderTargetKind::User => BilingualText::new(
            format!("The user {target} is no longer in the directory, so there is nothing to remove."),
            format!("Der Benutzer {target} ist nicht mehr im Verzeichnis, also ist nichts zu entfernen."),
        ),
        OrderTargetKind::Device => BilingualText::new(
            format!("The device {target} is no longer in the directory, so there is nothing to remove."),
            format!("Das Gerät {target} ist nicht mehr im Verzeichnis, also ist nichts zu entfernen."),
        ),
    }
}
