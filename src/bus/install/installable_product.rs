//! A product as it can be installed: manifest and template, and that they fit each other and this bus.

use std::sync::Arc;

use crate::bus::template::WizardTemplate;
use crate::bus::{InstallationHost, Manifest, MemberKind, Package, ProductMember};
use crate::xml::XmlFinding;

#[derive(Debug, Clone)]
pub struct InstallableProduct {
    pub manifest: Manifest,
    pub template: Arc<WizardTemplate>,
    /// What is made, in the order of the template.
    pub members: Vec<ProductMember>,
}

/// Where products to install come from.
pub trait ProductSource: Send + Sync + 'static {
    /// The product as it would be installed now; `None` where there is none of that id.
    fn newest_product(&self, product: &str) -> Result<Option<Arc<InstallableProduct>>, ProductError>;

    /// In the version in which it was installed.
    fn product_version(&self, product: &str, version: &str) -> Result<Option<Arc<InstallableProduct>>, ProductError>;
}

/// Why a product can't be installed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    #[error("{file} has {} findings, the first at {first}", .findings.len(), first = .findings.first().map(ToString::to_string).unwrap_or_default())]
    Findings { file: String, findings: Vec<XmlFinding> },
    #[error("{0} is missing from the package")]
    Missing(String),
}

impl InstallableProduct {
    /// `file` gives the content of a file of the package.
    pub fn from_manifest<'a>(
        manifest: Manifest,
        file: impl Fn(&str) -> Option<&'a [u8]>,
        host: &dyn InstallationHost,
    ) -> Result<InstallableProduct, ProductError> {
        let template = read_template(&manifest, file, host.action_names())?;
        let members = template
            .parts
            .iter()
            .filter_map(|part| find_member(&manifest, &part.name))
            .collect();
        Ok(InstallableProduct {
            manifest,
            template: Arc::new(template),
            members,
        })
    }

    pub fn from_package(package: &Package, host: &dyn InstallationHost) -> Result<InstallableProduct, ProductError> {
        InstallableProduct::from_manifest(package.manifest.clone(), |name| package.file_content(name), host)
    }

    pub fn id(&self) -> String {
        self.manifest.id.to_string()
    }

    /// The part that names an installation: the manifest's first microservice.
    pub fn name_prefix(&self) -> &str {
        self.manifest.microservices.first().map_or("", |one| &one.name)
    }
}

/// The template of a product, where it fits the manifest and what the host can do. `file` gives the content of a file of
/// the package.
pub(super) fn read_template<'a>(
    manifest: &Manifest,
    file: impl Fn(&str) -> Option<&'a [u8]>,
    actions: &[&str],
) -> Result<WizardTemplate, ProductError> {
    let name = manifest.template.name.to_string();
    let bytes = file(&name).ok_or_else(|| ProductError::Missing(name.clone()))?;
    let fail = |findings| ProductError::Findings {
        file: name.clone(),
        findings,
    };
    let template = WizardTemplate::read(bytes).map_err(fail)?;
    let findings = unknown_names(&template, manifest, actions);
    if findings.is_empty() {
        Ok(template)
    } else {
        Err(fail(findings))
    }
}

/// The member of this name, as the manifest has it.
fn find_member(manifest: &Manifest, name: &str) -> Option<ProductMember> {
    let microservice = manifest
        .microservices
        .iter()
        .find(|one| one.name == name)
        .map(|one| MemberKind::Microservice(one.kind.clone()));
    let workflow = || {
        let one = manifest.workflows.iter().find(|one| one.name == name)?;
        Some(MemberKind::Workflow {
            file: one.file.name.to_string(),
            engine: one.engine.clone(),
        })
    };
    Some(ProductMember {
        name: name.to_owned(),
        kind: microservice.or_else(workflow)?,
    })
}

/// Unknown names in the template: parts that are not in the manifest, actions that the host does not have.
fn unknown_names(template: &WizardTemplate, manifest: &Manifest, known: &[&str]) -> Vec<XmlFinding> {
    let mut findings = Vec::new();
    for part in &template.parts {
        if find_member(manifest, &part.name).is_none() {
            let problem = format!("the manifest has no microservice or workflow {}", part.name);
            findings.push(XmlFinding::new(part.at, problem, "use a name from plugin.toml"));
        }
    }
    let looks = template
        .fields()
        .filter_map(|field| Some((field.check_action.as_ref()?, field.at)));
    let actions = template.actions().map(|action| (&action.name, action.at));
    for (action, at) in actions.chain(looks) {
        if !known.contains(&action.as_str()) {
            let problem = format!("this bus has no action {action}");
            findings.push(XmlFinding::new(
                at,
                problem,
                format!("known actions: {}", known.join(", ")),
            ));
        }
    }
    let first = template.parts.first().map(|part| part.name.as_str());
    if let (Some(first), Some(prefix)) = (first, manifest.microservices.first())
        && first != prefix.name
        && let Some(part) = template.parts.first()
    {
        let problem = format!(
            "the first part is {first}, but the manifest's first microservice is {}",
            prefix.name
        );
        findings.push(XmlFinding::new(
            part.at,
            problem,
            "put the part first that names the installation",
        ));
    }
    findings.sort();
    findings
}
