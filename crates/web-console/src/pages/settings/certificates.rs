//! Certificates and keys: of the ports (in `bus.ini` alone), of the tenants' applications, and of packages.

use askama::Template;
use sics_client::contract::CredentialEndView;

use super::{SettingsTab, TabLink, list_tabs};
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;

/// Days before the end from which on it is a warning.
const SOON_DAYS: i64 = 30;

struct CredentialRow {
    instance: String,
    kind: String,
    ends: TimeText,
    light: &'static str,
    state: String,
}

#[derive(Template)]
#[template(path = "pages/settings/certificates.html")]
struct CertificatesPage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    /// `None`: the reader may not see them.
    credentials: Option<Vec<CredentialRow>>,
    /// How many keys of packages are trusted; `None`: the reader may not see them.
    trusted_keys: Option<usize>,
}

pub(super) async fn show_certificates(ctx: &PageContext) -> PageResult {
    let client = ctx.client();
    let (summary, keys) = tokio::join!(client.show_summary(), client.list_trusted_keys());
    let credentials = summary.ok().map(|summary| summary.credentials);
    show_page(&CertificatesPage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::Certificates),
        credentials: credentials.map(|rows| rows.iter().map(|row| show_credential(ctx, row)).collect()),
        trusted_keys: keys.ok().map(|view| view.keys.len()),
    })
}

fn show_credential(ctx: &PageContext, row: &CredentialEndView) -> CredentialRow {
    let (light, state) = judge_end(row.days_left);
    CredentialRow {
        instance: row.instance.clone(),
        kind: ctx.word("settings-credential-", &row.kind),
        ends: ctx.time(&row.ends_at),
        light,
        state: ctx.t(state),
    }
}

/// How an end is shown, and the key of its word.
fn judge_end(days_left: i64) -> (&'static str, &'static str) {
    match days_left {
        ..0 => ("bad", "settings-credential-ended"),
        0..=SOON_DAYS => ("warning", "settings-credential-soon"),
        _ => ("good", "settings-credential-good"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_within_a_month_is_a_warning() {
        for (days, light) in [(-1, "bad"), (0, "warning"), (30, "warning"), (31, "good")] {
            assert_eq!(judge_end(days).0, light, "{days}");
        }
    }
}
