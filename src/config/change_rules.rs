//! What a change of an instance may do. Pure: values in, permission or edits out.

use secrecy::ExposeSecret;

use super::build_credential::{CredentialPurpose, KINDS};
use super::draft::InstanceDraft;
use super::error::SettingsError;
use super::keys::{KeyRole, KeyTable, SecretUse};
use super::line_edits::LineEdit;
use super::node_name;
use super::secret_key::{InstanceSeal, SealError, is_sealed};
use super::setting_values::{SettingEntry, SettingValues};

/// Whether `draft` may be laid over `present`.
pub(super) fn check_change(present: &SettingValues, draft: &InstanceDraft) -> Result<(), SettingsError> {
    let draft_values = &draft.values;
    let is_fixed_change = |entry: &&SettingEntry| {
        let current = present.given_text(&entry.name).unwrap_or_default();
        entry.key.role == KeyRole::Fixed && current != entry.value.as_str()
    };
    if let Some(fixed) = draft_values.entries.iter().find(is_fixed_change) {
        let advice = "add another instance for the other tenant, and remove this one";
        return Err(draft_values.entry_error(&fixed.name, "the tenant of an instance cannot be changed", advice));
    }
    let kept = find_kept_secrets(present, draft);
    for entry in &draft_values.entries {
        let redirected = redirected_secrets(present, entry, &kept);
        if let Some(first) = redirected.first() {
            let problem = format!("would send the stored {first} to another destination");
            return Err(draft_values.entry_error(
                &entry.name,
                problem,
                renewal_advice(&redirected, draft_values.table),
            ));
        }
    }
    Ok(())
}

/// A secret that stays as it is under a change: its key, and what it is given for.
struct KeptSecret<'a> {
    name: &'a str,
    secret_use: SecretUse,
}

/// What the draft neither gives anew nor takes away.
fn find_kept_secrets<'a>(present: &'a SettingValues, draft: &InstanceDraft) -> Vec<KeptSecret<'a>> {
    let displaced = draft.displaced_keys(|name| present.given_text(name).is_some());
    let is_kept = |name: &str| !displaced.iter().any(|displaced| displaced == name) && !draft.values.has_key(name);
    let secrets = present.entries.iter().filter_map(|entry| match entry.key.role {
        KeyRole::Secret(sent_for) | KeyRole::SentFile(sent_for) => Some(KeptSecret {
            name: &entry.name,
            secret_use: sent_for,
        }),
        KeyRole::Plain | KeyRole::Leads(_) | KeyRole::SealedLeads(_) | KeyRole::Fixed => None,
    });
    secrets.filter(|secret| is_kept(secret.name)).collect()
}

/// Names of the kept secrets that follow a changed key to where it points.
fn redirected_secrets<'a>(present: &SettingValues, changed: &SettingEntry, kept: &[KeptSecret<'a>]) -> Vec<&'a str> {
    let (KeyRole::Leads(uses) | KeyRole::SealedLeads(uses)) = changed.key.role else {
        return Vec::new();
    };
    let effective_value = |value: Option<&str>| {
        value
            .filter(|text| !text.is_empty())
            .unwrap_or(changed.key.default)
            .to_owned()
    };
    if effective_value(present.given_text(&changed.name)) == effective_value(Some(changed.value.as_str())) {
        return Vec::new();
    }
    let node = |name: &str| node_name::split_flat_key(name).map(|(node, _)| node.to_owned());
    let own_node = node(&changed.name);
    let is_redirected = |secret: &&KeptSecret<'_>| {
        uses.contains(&secret.secret_use) && (own_node.is_none() || node(secret.name) == own_node)
    };
    kept.iter().filter(is_redirected).map(|secret| secret.name).collect()
}

/// What to do about it.
fn renewal_advice(names: &[&str], table: &KeyTable) -> String {
    if names
        .iter()
        .all(|name| table.find_key(&format!("{name}_file")).is_none() && !name.ends_with("token_file"))
    {
        return format!("give {} again in the same request", names.join(", "));
    }
    match names.iter().find(|name| name.ends_with("token_file")) {
        Some(name) => format!("requests cannot set {name}: edit both lines in the instance's file"),
        None => {
            let files: Vec<String> = names.iter().map(|name| format!("--set {name}_file=FILE")).collect();
            let (names, files) = (names.join(", "), files.join(" "));
            format!("give {names} again in the same request (instances set: {files})")
        }
    }
}

fn has_credential(values: &SettingValues, purpose: CredentialPurpose) -> bool {
    let prefix = purpose.key_prefix();
    KINDS.iter().any(|(kind, _)| {
        values.given_text(&format!("{prefix}{kind}")).is_some()
            || values.given_text(&format!("{prefix}{kind}_file")).is_some()
    })
}

/// The edits by which the next credential becomes the present one; what is sealed is sealed for its new key.
pub(super) fn promotion_edits(values: &SettingValues, seal: InstanceSeal<'_>) -> Result<Vec<LineEdit>, SettingsError> {
    if !has_credential(values, CredentialPurpose::Next) {
        let advice = "give one with next_secret_file, next_pfx_file, next_cert_file or next_token_file";
        return Err(values.entry_error("next_secret_file", "there is no next credential", advice));
    }
    let prefix = CredentialPurpose::Next.key_prefix();
    let mut edits = Vec::new();
    for (kind, companions) in KINDS {
        for name in std::iter::once(&kind).chain(companions) {
            for name in [(*name).to_owned(), format!("{name}_file")] {
                if values.given_text(&name).is_some() {
                    edits.push(LineEdit::Remove { name });
                }
            }
        }
    }
    edits.dedup();
    for entry in &values.entries {
        if let Some(name) = entry.name.strip_prefix(prefix).filter(|_| !entry.value.is_empty()) {
            edits.push(LineEdit::Remove {
                name: entry.name.clone(),
            });
            let value = if !is_sealed(&entry.value) {
                entry.value.as_str().to_owned()
            } else {
                reseal_for_key(seal, &entry.name, name, &entry.value)
                    .map_err(|error| values.entry_error(&entry.name, error.problem(), error.advice()))?
            };
            edits.push(LineEdit::Set {
                name: name.to_owned(),
                value,
            });
        }
    }
    Ok(edits)
}

fn reseal_for_key(seal: InstanceSeal<'_>, from: &str, to: &str, sealed: &str) -> Result<String, SealError> {
    let plaintext = seal.open_sealed(from, sealed)?;
    seal.seal_secret(to, plaintext.expose_secret())
}
