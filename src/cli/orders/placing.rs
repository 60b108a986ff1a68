//! What `orders place` asks for, as the body that the API takes.

use clap::Args;

use crate::cli::apps::ApprovalWord;
use crate::contract::{ApprovalMode, OrderBody, OrderKind};
use crate::model::Language;

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("recipient").required(true).args(["for_user", "for_device"])))]
pub(super) struct PlaceArgs {
    /// Id of the application; `apps linked` lists them
    #[arg(value_name = "APPLICATION")]
    application: String,
    /// Uninstall it instead of installing it
    #[arg(long)]
    uninstall: bool,
    /// For this user: user principal name, address or Entra object id
    #[arg(long, value_name = "USER", conflicts_with = "for_device")]
    for_user: Option<String>,
    /// For this device: name, serial number, Intune device id or Entra device id
    #[arg(long, value_name = "DEVICE")]
    for_device: Option<String>,
    /// Your own id for the order; sent again, the order is not placed twice; default: a new one
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Who agrees to it, where that is stricter than what the application asks for
    #[arg(long, value_name = "WORD", value_enum)]
    approval: Option<ApprovalWord>,
    /// Language of its message: en or de
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// Note for whoever approves it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl PlaceArgs {
    pub(super) fn order_body(&self) -> OrderBody {
        OrderBody {
            id: self.choose_id(),
            application: self.application.clone(),
            kind: if self.uninstall {
                OrderKind::Uninstall
            } else {
                OrderKind::Install
            },
            user: self.for_user.clone(),
            device: self.for_device.clone(),
            approval: self.approval.map(ApprovalMode::from),
            language: self.language,
            note: self.note.clone(),
        }
    }

    /// The bus tells the same order from another by its id.
    fn choose_id(&self) -> String {
        self.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string())
    }
}
