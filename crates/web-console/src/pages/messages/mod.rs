//! What the bus says: its log, live, and the audit trail.

mod audit_page;
mod audit_question;
mod audit_text;
mod log_page;

use http::StatusCode;

use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/messages", show_messages),
        PageRoute::get("/messages/stream", log_page::stream_log),
        PageRoute::get("/messages/audit/export", audit_page::export_audit),
    ]
}

/// Tabs of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MessagesTab {
    Log,
    Audit,
}

/// The tab of the address; else the first that its reader may see. `None`: they may see neither.
fn choose_tab(asked: &str, sees_log: bool, sees_audit: bool) -> Option<MessagesTab> {
    match asked {
        "log" => Some(MessagesTab::Log),
        "audit" => Some(MessagesTab::Audit),
        _ if sees_log => Some(MessagesTab::Log),
        _ => sees_audit.then_some(MessagesTab::Audit),
    }
}

async fn show_messages(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    match choose_tab(list.value("tab"), ctx.may("Log_Read"), ctx.may("Audit_Read")) {
        Some(MessagesTab::Log) => log_page::show_log(&ctx, list).await,
        Some(MessagesTab::Audit) => audit_page::show_audit(&ctx, list).await,
        None => Err(PageFailure::plain(StatusCode::FORBIDDEN, "messages-no-right")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_begins_with_what_its_reader_may_see() {
        assert_eq!(choose_tab("", true, true), Some(MessagesTab::Log));
        assert_eq!(choose_tab("", false, true), Some(MessagesTab::Audit));
        assert_eq!(choose_tab("nonsense", false, false), None);
        // The API says what is missing.
        assert_eq!(choose_tab("log", false, true), Some(MessagesTab::Log));
    }
}
