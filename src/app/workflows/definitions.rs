//! Which definitions of workflows an instance has: found in its product's package and in the data folder, installed under
//! their names with the instance's number, offered where the text is another, told where it is not there any more.

use std::path::Path;

use serde_json::{Value, json};

use super::{ORDER_WORKFLOWS, SCANNER, known_activities};
use crate::actions::job::DEFAULT_DEFINITION;
use crate::bus::Package;
use crate::bus::package::PackageSigner;
use crate::contract::DangerLevel;
use crate::model::{InstanceId, OperatorId};
use crate::store::{AuditEntry, DefinitionOutcome, FoundDefinition, NewDefinition, Store, StoreError};
use crate::workflow::consent::{self, DefinitionOrigin, InstalledDefinition};
use crate::workflow::{ActivityRegistry, WorkflowDefinition, compile_definition, hash};

/// Enabled as soon as they are installed: without them the instance does nothing.
const ENABLED: [&str; 2] = [SCANNER, DEFAULT_DEFINITION];

fn is_enabled_at_once(name: &str) -> bool {
    ENABLED.contains(&name) || ORDER_WORKFLOWS.contains(&name)
}

/// Where others are looked for, in the data folder.
const FOLDER: &str = "workflows";
/// Files that are looked at.
const FILES_MAX: usize = 200;

/// The text of a definition, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionSource {
    pub text: String,
    pub origin: DefinitionOrigin,
}

/// The definitions of a product.
pub fn package_definitions(package: &Package) -> Vec<DefinitionSource> {
    let origin = match package.signer {
        PackageSigner::BuiltIn => DefinitionOrigin::Program,
        PackageSigner::By(_) | PackageSigner::Nobody => DefinitionOrigin::Package,
    };
    let files = package
        .manifest
        .workflows
        .iter()
        .filter_map(|one| package.file_content(one.file.name.as_str()));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    files
        .map(|bytes| DefinitionSource {
            text: text(bytes),
            origin,
        })
        .collect()
}

/// Definitions that lie in the data folder.
pub fn folder_definitions(data: &Path) -> Vec<DefinitionSource> {
    let origin = DefinitionOrigin::Folder;
    let texts = read_definition_files(&data.join(FOLDER)).into_iter();
    texts.map(|text| DefinitionSource { text, origin }).collect()
}

/// Installs what there is, and leads what changed over; the last text of a name holds. `by`: who brought the texts by
/// asking for something; `None`: nobody in particular, they were found.
pub async fn install_definitions(
    store: &Store,
    data: &Path,
    number: InstanceId,
    texts: Vec<DefinitionSource>,
    by: Option<OperatorId>,
) -> Result<(), StoreError> {
    let registry = known_activities(data);
    let mut definitions: Vec<(WorkflowDefinition, DefinitionSource)> = Vec::new();
    for source in texts {
        match compile_definition(&source.text, &registry) {
            Ok(definition) if has_similar_name(&definitions, &definition.name) => tracing::error!(
                workflow = definition.name,
                "a workflow definition is ignored: its name differs from another one only in case; rename it"
            ),
            Ok(definition) => {
                definitions.retain(|(known, _)| known.name != definition.name);
                definitions.push((definition, source));
            }
            Err(findings) => {
                let first = findings.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(
                    findings = findings.len(),
                    error = first,
                    advice = "run intune-connector workflows check FILE to list all findings",
                    "a workflow definition is invalid"
                );
            }
        }
    }
    report_missing(store, number, &definitions, by).await?;
    for (definition, source) in definitions {
        reconcile_definition(store, number, &registry, &definition, source, by).await?;
    }
    Ok(())
}

/// Workflows whose definition is not there any more go on with the text that was agreed to, and are told. Everybody is
/// told once, where somebody's request has brought that about.
async fn report_missing(
    store: &Store,
    number: InstanceId,
    found: &[(WorkflowDefinition, DefinitionSource)],
    by: Option<OperatorId>,
) -> Result<(), StoreError> {
    let is_found = |name: &str| {
        found
            .iter()
            .any(|(known, _)| format!("{}_{number}", known.name) == name)
    };
    let who = name_of(store, by).await;
    let rows = store.list_workflows(Some(number)).await?.into_iter();
    for row in rows.filter(|row| !is_found(&row.name)) {
        let goes_on = if row.enabled {
            "it continues with the enabled text"
        } else {
            "it is not enabled"
        };
        tracing::warn!(
            workflow = row.name,
            goes_on,
            "the definition of the workflow no longer exists"
        );
        if by.is_some() {
            let sentence = format!(
                "the definition of the workflow {} no longer exists; {goes_on}",
                row.name
            );
            let detail = json!({"hash": row.hash, "enabled": row.enabled});
            let left = entry("workflow.leftBehind", &row.name, detail, &who);
            let store = store.recorded(move |(): &()| Some(left.clone()));
            store.add_notice(sentence).await?;
        }
    }
    Ok(())
}

fn has_similar_name(definitions: &[(WorkflowDefinition, DefinitionSource)], name: &str) -> bool {
    let mut known = definitions.iter().map(|(known, _)| known.name.as_str());
    known.any(|known| known != name && known.eq_ignore_ascii_case(name))
}

/// In the order of their names.
fn read_definition_files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "xml"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = crate::files::read_text(path, crate::xml::BYTES_MAX as u64).ok()?;
        Some(text.as_str().to_owned())
    };
    paths.iter().take(FILES_MAX).filter_map(read).collect()
}

async fn reconcile_definition(
    store: &Store,
    number: InstanceId,
    registry: &ActivityRegistry,
    definition: &WorkflowDefinition,
    source: DefinitionSource,
    by: Option<OperatorId>,
) -> Result<(), StoreError> {
    let name = format!("{}_{number}", definition.name);
    let digest = hex::encode(hash(&source.text));
    let (danger, origin) = (definition.highest_danger(registry), source.origin);
    let known = store.find_workflow_by_name(&name).await?;
    if known.is_some_and(|known| known.hash == digest && known.offered.is_none()) {
        return Ok(());
    }
    let found = FoundDefinition {
        instance: number,
        name: name.clone(),
        definition: NewDefinition {
            hash: digest.clone(),
            name: definition.name.clone(),
            version: definition.version.clone(),
            text: source.text,
            about: describe_definition(definition, danger),
        },
        starts_enabled: is_enabled_at_once(&definition.name) && danger == DangerLevel::None,
        by,
        offer_notice: format!(
            "the workflow {name} has a new text, which does not run until an operator enables it: \
             intune-connector workflows enable {name}"
        ),
    };
    let asked = digest.clone();
    let told = LeadTold {
        workflow: name.clone(),
        hash: digest,
        enabled: found.starts_enabled,
        danger,
        origin,
        by: name_of(store, by).await,
    };
    let recorded = store.recorded(move |outcome: &DefinitionOutcome| told.entry(outcome));
    let outcome = recorded.reconcile_workflow(found, move |row| {
        let present = InstalledDefinition {
            hash: &row.hash,
            is_enabled: row.enabled,
            has_enabler: row.enabled_by.is_some(),
            offered: row.offered.as_ref().map(|offered| offered.hash.as_str()),
        };
        consent::decide_replacement(&present, &asked, danger, origin)
    });
    if let DefinitionOutcome::Offered(_) = outcome.await? {
        tracing::warn!(
            workflow = name,
            definition.version = definition.version,
            "the workflow has a new text; the enabled one continues until an operator enables the new one: \
             intune-connector workflows enable NAME"
        );
    }
    Ok(())
}

/// What the audit trail is told of a definition that is led over, in the same transaction.
struct LeadTold {
    workflow: String,
    hash: String,
    enabled: bool,
    danger: DangerLevel,
    origin: DefinitionOrigin,
    by: String,
}

impl LeadTold {
    fn entry(&self, led: &DefinitionOutcome) -> Option<AuditEntry> {
        let hash = &self.hash;
        let (action, detail) = match led {
            DefinitionOutcome::Stayed => return None,
            DefinitionOutcome::Installed => ("workflow.installed", json!({"hash": hash, "enabled": self.enabled})),
            DefinitionOutcome::Withdrawn => ("workflow.withdrawn", json!({"hash": hash})),
            DefinitionOutcome::Replaced(from) => ("workflow.changed", json!({"from": from, "hash": hash})),
            DefinitionOutcome::Offered(from) => (
                "workflow.offered",
                json!({"from": from, "hash": hash, "danger": self.danger, "origin": self.origin}),
            ),
        };
        Some(entry(action, &self.workflow, detail, &self.by))
    }
}

fn describe_definition(definition: &WorkflowDefinition, danger: DangerLevel) -> Value {
    let parameters: Vec<&str> = definition
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    let schedules: Vec<&str> = definition
        .schedules
        .iter()
        .map(|schedule| schedule.name.as_str())
        .collect();
    json!({
        "summary": definition.summary, "onDemand": definition.on_demand, "parameters": parameters,
        "schedules": schedules, "danger": danger,
    })
}

/// Of whoever has asked for it.
async fn name_of(store: &Store, by: Option<OperatorId>) -> String {
    match by {
        Some(id) => store
            .load_operator(id)
            .await
            .map_or_else(|_| id.0.to_string(), |row| row.name),
        None => "bus".to_owned(),
    }
}

fn entry(action: &'static str, name: &str, detail: Value, by: &str) -> AuditEntry {
    AuditEntry {
        actor: by.to_owned(),
        action,
        subject: name.to_owned(),
        detail,
    }
}
