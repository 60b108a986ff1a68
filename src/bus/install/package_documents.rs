//! What the files of a package hold, beside its manifest: the template of its wizard, and its workflows. They are looked at
//! before a package is called valid, made or added: a version number is used up once, and what is installed has to run.

use super::installable_product::{ProductError, read_template};
use crate::bus::template::{FieldKind, TemplateField, WizardTemplate};
use crate::bus::{Manifest, Package};
use crate::workflow::{ActivityRegistry, compile_document};
use crate::xml::XmlFinding;

/// What is wrong in one file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFindings {
    pub file: String,
    /// At least one.
    pub findings: Vec<XmlFinding>,
}

/// What the program knows that documents name.
pub struct KnownNames<'a> {
    /// Actions of templates.
    pub actions: &'a [&'a str],
    /// Activities of workflows.
    pub activities: &'a ActivityRegistry,
    pub check_setting: &'a SettingCheck,
}

/// Whether a microservice of this kind has a setting of this name; the nearest one that it has, where it has not.
pub type SettingCheck = dyn Fn(&str, &str) -> Result<(), Option<&'static str>>;

/// Everything that is wrong with template and workflows, a file at a time.
pub fn check_documents(package: &Package, known: &KnownNames<'_>) -> Vec<DocumentFindings> {
    let manifest = &package.manifest;
    let mut wrong = Vec::new();
    let template = read_template(manifest, |name| package.file_content(name), known.actions);
    match template {
        Err(ProductError::Findings { file, findings }) => wrong.push(DocumentFindings { file, findings }),
        Err(ProductError::Missing(_)) => {}
        Ok(template) => {
            let findings = unknown_settings(&template, manifest, known.check_setting);
            if !findings.is_empty() {
                let file = manifest.template.name.to_string();
                wrong.push(DocumentFindings { file, findings });
            }
        }
    }
    for workflow in &manifest.workflows {
        let file = workflow.file.name.to_string();
        let content = package.file_content(&file).unwrap_or_default();
        if let Err(findings) = compile_document(content, known.activities) {
            wrong.push(DocumentFindings { file, findings });
        }
    }
    wrong
}

/// Settings of fields and choices that nothing takes: their answers would be given for nothing.
fn unknown_settings(template: &WizardTemplate, manifest: &Manifest, check: &SettingCheck) -> Vec<XmlFinding> {
    let mut findings = Vec::new();
    for field in template.fields() {
        let part = template.settings_part(field);
        let Some(service) = manifest.microservices.iter().find(|one| one.name == part) else {
            continue;
        };
        for name in list_settings(field) {
            let Err(nearest) = check(&service.kind, name) else {
                continue;
            };
            let kind = &service.kind;
            let problem = format!("a microservice of the kind {kind} has no setting {name}");
            let advice = nearest.map_or_else(
                || "list them: intune-connector doctor --keys".to_owned(),
                |name| format!("did you mean {name}?"),
            );
            findings.push(XmlFinding::new(field.at, problem, advice));
        }
    }
    findings
}

/// The settings that an answer becomes; a registration becomes others before anything is written.
fn list_settings(field: &TemplateField) -> Vec<&str> {
    let sets = match &field.kind {
        FieldKind::Registration => return Vec::new(),
        FieldKind::Choice { choices, .. } => choices.as_slice(),
        _ => &[],
    };
    let sets = sets.iter().flat_map(|choice| &choice.sets).map(|(name, _)| name);
    field.setting.iter().chain(sets).map(String::as_str).collect()
}
