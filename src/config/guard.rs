//! What a change of an instance may do. Pure: values in, permission or edits out.

use super::build_credential::{KINDS, Purpose};
use super::draft::InstanceDraft;
use super::edit::Edit;
use super::error::SettingsError;
use super::values::{Source, Values};

/// Keys that decide who receives a secret or a token.
const LEADS_ELSEWHERE: [&str; 4] = ["cloud", "login_url", "graph_url", "ca"];

/// Whether `draft` may be laid over `present`.
pub(super) fn may_change(present: &Values, draft: &InstanceDraft) -> Result<(), SettingsError> {
    let wanted = &draft.values;
    let touched = |name: &str| {
        let entry = wanted.entries.iter().find(|entry| entry.name == name);
        entry.is_some_and(|entry| present.given(name).unwrap_or_default() != entry.value.as_str())
    };
    if touched("tenant_id") {
        let advice = "add another instance for the other tenant, and remove this one";
        return Err(wanted.error("tenant_id", "an instance's tenant can't be changed", advice));
    }
    token_file_stays_home(wanted, Some(present))?;
    let elsewhere = LEADS_ELSEWHERE.iter().find(|name| touched(name));
    if let (Some(name), Source::Request) = (elsewhere, wanted.source) {
        for purpose in Purpose::ALL {
            if has_credential(present, purpose) && !has_credential(wanted, purpose) {
                let problem = "leads the sign-in elsewhere, and the credential kept here would go there";
                let advice = format!(
                    "give the credential anew in the same request ({}secret, …)",
                    purpose.prefix()
                );
                return Err(wanted.error(name, problem, advice));
            }
        }
        let of_a_node = |name: &&str| name.ends_with(".user_password");
        let mut kept = present
            .entries
            .iter()
            .map(|entry| entry.name.as_str())
            .filter(of_a_node);
        if let Some(kept) = kept.find(|kept| wanted.given(kept).is_none()) {
            let problem = "leads the sign-in elsewhere, and a user's password kept here would go there";
            return Err(wanted.error(name, problem, format!("give {kept} anew in the same request")));
        }
    }
    Ok(())
}

/// A request may name a token file only where its content goes to Microsoft's own hosts; else whoever may manage
/// instances could have any file of this machine sent to a host of his choice. `below` is what the request changes.
pub(super) fn token_file_stays_home(wanted: &Values, below: Option<&Values>) -> Result<(), SettingsError> {
    let token_file = Purpose::ALL
        .iter()
        .map(|purpose| format!("{}token_file", purpose.prefix()))
        .find(|name| wanted.given(name).is_some());
    let (Some(token_file), Source::Request) = (token_file, wanted.source) else {
        return Ok(());
    };
    let leads = |name: &str| {
        wanted
            .given(name)
            .or(below.and_then(|below| below.given(name)))
            .is_some()
    };
    match ["login_url", "ca_file"].iter().find(|name| leads(name)) {
        None => Ok(()),
        Some(name) => {
            let problem = format!("a token file is not read on request where {name} is set");
            Err(wanted.error(&token_file, problem, "write the line into the instance's file by hand"))
        }
    }
}

fn has_credential(values: &Values, purpose: Purpose) -> bool {
    let prefix = purpose.prefix();
    KINDS.iter().any(|(kind, _)| {
        values.given(&format!("{prefix}{kind}")).is_some() || values.given(&format!("{prefix}{kind}_file")).is_some()
    })
}

/// The edits by which the next credential becomes the present one.
pub(super) fn promotion(values: &Values) -> Result<Vec<Edit>, SettingsError> {
    if !has_credential(values, Purpose::Next) {
        let advice = "give one with next_secret_file, next_pfx_file, next_cert_file or next_token_file";
        return Err(values.error("next_secret_file", "there is no next credential", advice));
    }
    let prefix = Purpose::Next.prefix();
    let mut edits = Vec::new();
    for (kind, companions) in KINDS {
        for name in std::iter::once(&kind).chain(companions) {
            for name in [(*name).to_owned(), format!("{name}_file")] {
                if values.given(&name).is_some() {
                    edits.push(Edit::Remove { name });
                }
            }
        }
    }
    edits.dedup();
    for entry in &values.entries {
        if let Some(name) = entry.name.strip_prefix(prefix).filter(|_| !entry.value.is_empty()) {
            edits.push(Edit::Remove {
                name: entry.name.clone(),
            });
            edits.push(Edit::Set {
                name: name.to_owned(),
                value: entry.value.as_str().to_owned(),
            });
        }
    }
    Ok(edits)
}
