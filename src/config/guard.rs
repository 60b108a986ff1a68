//! What a change of an instance may do. Pure: values in, permission or edits out.

use secrecy::ExposeSecret;

use super::build_credential::{KINDS, Purpose};
use super::draft::InstanceDraft;
use super::edit::Edit;
use super::error::SettingsError;
use super::keys::{KeyRole, SecretUse};
use super::node_name;
use super::secret_key::{InstanceSeal, SealError, is_sealed};
use super::values::{Entry, Values};

/// Whether `draft` may be laid over `present`.
pub(super) fn may_change(present: &Values, draft: &InstanceDraft) -> Result<(), SettingsError> {
    let wanted = &draft.values;
    let moves = |entry: &&Entry| {
        let stands = present.given(&entry.name).unwrap_or_default();
        entry.key.role == KeyRole::Fixed && stands != entry.value.as_str()
    };
    if let Some(fixed) = wanted.entries.iter().find(moves) {
        let advice = "add another instance for the other tenant, and remove this one";
        return Err(wanted.error(&fixed.name, "an instance's tenant can't be changed", advice));
    }
    let kept = kept_secrets(present, draft);
    for entry in &wanted.entries {
        let follow = followers(present, entry, &kept);
        if let Some(first) = follow.first() {
            let problem = format!("leads {first} elsewhere, and what is kept here would go there");
            return Err(wanted.error(&entry.name, problem, anew(&follow)));
        }
    }
    Ok(())
}

/// A secret that stays as it is under a change: its key, and what it is given for.
struct KeptSecret<'a> {
    name: &'a str,
    sent_for: SecretUse,
}

/// What the draft neither gives anew nor takes away.
fn kept_secrets<'a>(present: &'a Values, draft: &InstanceDraft) -> Vec<KeptSecret<'a>> {
    let gone = draft.displaced(|name| present.given(name).is_some());
    let stays = |name: &str| !gone.iter().any(|gone| gone == name) && !draft.values.names(name);
    let secrets = present.entries.iter().filter_map(|entry| match entry.key.role {
        KeyRole::Secret(sent_for) | KeyRole::SentFile(sent_for) => Some(KeptSecret {
            name: &entry.name,
            sent_for,
        }),
        KeyRole::Plain | KeyRole::Leads(_) | KeyRole::SealedLeads(_) | KeyRole::Fixed => None,
    });
    secrets.filter(|secret| stays(secret.name)).collect()
}

/// Names of the kept secrets that follow a changed key to where it points.
fn followers<'a>(present: &Values, changed: &Entry, kept: &[KeptSecret<'a>]) -> Vec<&'a str> {
    let (KeyRole::Leads(uses) | KeyRole::SealedLeads(uses)) = changed.key.role else {
        return Vec::new();
    };
    let of_key = |value: Option<&str>| {
        value
            .filter(|text| !text.is_empty())
            .unwrap_or(changed.key.default)
            .to_owned()
    };
    if of_key(present.given(&changed.name)) == of_key(Some(changed.value.as_str())) {
        return Vec::new();
    }
    let node = |name: &str| node_name::split(name).map(|(node, _)| node.to_owned());
    let own_node = node(&changed.name);
    let follows = |secret: &&KeptSecret<'_>| {
        uses.contains(&secret.sent_for) && (own_node.is_none() || node(secret.name) == own_node)
    };
    kept.iter().filter(follows).map(|secret| secret.name).collect()
}

/// What to do about it.
fn anew(names: &[&str]) -> String {
    match names.iter().find(|name| name.ends_with("token_file")) {
        Some(name) => format!("{name} is not read on request: write both lines into the instance's file by hand"),
        None => {
            let files: Vec<String> = names.iter().map(|name| format!("--set {name}_file=FILE")).collect();
            let (names, files) = (names.join(", "), files.join(" "));
            format!("give {names} anew in the same request (instances set: {files})")
        }
    }
}

fn has_credential(values: &Values, purpose: Purpose) -> bool {
    let prefix = purpose.prefix();
    KINDS.iter().any(|(kind, _)| {
        values.given(&format!("{prefix}{kind}")).is_some() || values.given(&format!("{prefix}{kind}_file")).is_some()
    })
}

/// The edits by which the next credential becomes the present one; what is sealed is sealed for its new key.
pub(super) fn promotion(values: &Values, seal: InstanceSeal<'_>) -> Result<Vec<Edit>, SettingsError> {
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
            let value = match is_sealed(&entry.value) {
                false => entry.value.as_str().to_owned(),
                true => moved(seal, &entry.name, name, &entry.value)
                    .map_err(|error| values.error(&entry.name, error.problem(), error.advice()))?,
            };
            edits.push(Edit::Set {
                name: name.to_owned(),
                value,
            });
        }
    }
    Ok(edits)
}

fn moved(seal: InstanceSeal<'_>, from: &str, to: &str, sealed: &str) -> Result<String, SealError> {
    let clear = seal.open(from, sealed)?;
    seal.seal(to, clear.expose_secret())
}
