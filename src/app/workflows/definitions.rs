//! Which definitions of workflows an instance has: found in its product's package and in the data folder, installed under
//! their names with the instance's number, offered where the text is another, told where it is not there any more.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{ORDER_WORKFLOWS, SCANNER, known_activities};
use crate::actions::job::DEFAULT_DEFINITION;
use crate::bus::Package;
use crate::bus::package::PackageSigner;
use crate::contract::DangerLevel;
use crate::files::{FileReadError, read_text, shell_word};
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
    /// In the package or the data folder, for people.
    pub file: Option<PathBuf>,
}

impl DefinitionSource {
    fn file_name(&self) -> String {
        self.file
            .as_ref()
            .map_or_else(String::new, |file| file.display().to_string())
    }
}

/// The definitions of a product.
pub fn package_definitions(package: &Package) -> Vec<DefinitionSource> {
    let origin = match package.signer {
        PackageSigner::BuiltIn => DefinitionOrigin::Program,
        PackageSigner::By(_) | PackageSigner::Nobody => DefinitionOrigin::Package,
    };
    let named = package.manifest.workflows.iter().map(|one| one.file.name.as_str());
    named
        .filter_map(|name| {
            Some(DefinitionSource {
                text: String::from_utf8_lossy(package.file_content(name)?).into_owned(),
                origin,
                file: Some(PathBuf::from(name)),
            })
        })
        .collect()
}

/// Definitions that lie in the data folder.
pub fn folder_definitions(data: &Path) -> Vec<DefinitionSource> {
    let mut found = Vec::new();
    for path in list_definition_files(data).into_iter().take(FILES_MAX) {
        match read_definition_file(&path) {
            Ok(text) => found.push(DefinitionSource {
                text,
                origin: DefinitionOrigin::Folder,
                file: Some(path),
            }),
            Err(error) => tracing::error!(file = %path.display(), error = %error, "a workflow definition is not read"),
        }
    }
    found
}

/// Files of the data folder that are there as definitions and can't be used: each with why, and what to do.
pub fn find_unusable_definitions(data: &Path) -> Vec<(PathBuf, String, String)> {
    let files = list_definition_files(data);
    if files.is_empty() {
        return Vec::new();
    }
    let registry = known_activities(data);
    let mut names: Vec<String> = Vec::new();
    let mut unusable = Vec::new();
    for (number, path) in files.into_iter().enumerate() {
        let judged = if number < FILES_MAX {
            judge_definition_file(&path, &registry, &mut names)
        } else {
            Err((
                format!("only the first {FILES_MAX} files of the folder are read"),
                "remove files that are not needed".to_owned(),
            ))
        };
        if let Err((problem, advice)) = judged {
            unusable.push((path, problem, advice));
        }
    }
    unusable
}

/// `names`: of those before it.
fn judge_definition_file(
    path: &Path,
    registry: &ActivityRegistry,
    names: &mut Vec<String>,
) -> Result<(), (String, String)> {
    let text = read_definition_file(path).map_err(|error| (format!("it {error}"), error.advice().to_owned()))?;
    let definition = compile_definition(&text, registry).map_err(|findings| {
        let first = findings.first().map(ToString::to_string).unwrap_or_default();
        let advice = format!(
            "correct it: intune-connector workflows check {} lists all problems",
            shell_word(path)
        );
        (first, advice)
    })?;
    let is_similar = |known: &&String| **known != definition.name && known.eq_ignore_ascii_case(&definition.name);
    if let Some(known) = names.iter().find(is_similar) {
        let problem = format!("its name {} differs from {known} only in case", definition.name);
        return Err((problem, "rename one of the two".to_owned()));
    }
    names.push(definition.name);
    Ok(())
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
                file = source.file_name(),
                "a workflow definition is ignored: its name differs from another one only in case; rename it"
            ),
            Ok(definition) => {
                definitions.retain(|(known, _)| known.name != definition.name);
                definitions.push((definition, source));
            }
            Err(findings) => {
                let first = findings.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(
                    file = source.file_name(),
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
fn list_definition_files(data: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(data.join(FOLDER)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "xml"));
    paths.sort();
    paths
}

fn read_definition_file(path: &Path) -> Result<String, FileReadError> {
    let text = read_text(path, crate::xml::BYTES_MAX as u64)?;
    Ok(text.as_str().to_owned())
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
