//! A product as it can be installed: manifest and template, and that they fit each other and this bus.

use std::sync::Arc;

use crate::bus::template::Template;
use crate::bus::{Host, Manifest, Member, MemberKind, Package};
use crate::xml::Finding;

#[derive(Debug, Clone)]
pub struct Offer {
    pub manifest: Manifest,
    pub template: Arc<Template>,
    /// What is made, in the order of the template.
    pub members: Vec<Member>,
}

/// Where products to install come from.
pub trait Offers: Send + Sync + 'static {
    /// The product as it would be installed now; `None` where there is none of that id.
    fn offer(&self, product: &str) -> Result<Option<Arc<Offer>>, OfferFault>;

    /// In the version in which it was installed.
    fn version(&self, product: &str, version: &str) -> Result<Option<Arc<Offer>>, OfferFault>;
}

/// Why a product can't be installed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferFault {
    #[error("{file} has {} findings, the first at {first}", .findings.len(), first = .findings.first().map(ToString::to_string).unwrap_or_default())]
    Findings { file: String, findings: Vec<Finding> },
    #[error("{0} is missing in the package")]
    Missing(String),
}

impl Offer {
    /// `file` gives the content of a file of the package.
    pub fn read<'a>(
        manifest: Manifest,
        file: impl Fn(&str) -> Option<&'a [u8]>,
        host: &dyn Host,
    ) -> Result<Offer, OfferFault> {
        let name = manifest.template.name.to_string();
        let bytes = file(&name).ok_or_else(|| OfferFault::Missing(name.clone()))?;
        let fail = |findings| OfferFault::Findings {
            file: name.clone(),
            findings,
        };
        let template = Template::read(bytes).map_err(fail)?;
        let findings = strangers(&template, &manifest, host);
        if !findings.is_empty() {
            return Err(fail(findings));
        }
        let members = template
            .parts
            .iter()
            .filter_map(|part| member(&manifest, &part.name))
            .collect();
        Ok(Offer {
            manifest,
            template: Arc::new(template),
            members,
        })
    }

    pub fn of_package(package: &Package, host: &dyn Host) -> Result<Offer, OfferFault> {
        Offer::read(package.manifest.clone(), |name| package.file(name), host)
    }

    pub fn id(&self) -> String {
        self.manifest.id.to_string()
    }

    /// The part after which an installation is called: the manifest's first microservice.
    pub fn prefix(&self) -> &str {
        self.manifest.microservices.first().map_or("", |one| &one.name)
    }
}

/// The member of this name, as the manifest has it.
fn member(manifest: &Manifest, name: &str) -> Option<Member> {
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
    Some(Member {
        name: name.to_owned(),
        kind: microservice.or_else(workflow)?,
    })
}

/// What the template names and nobody knows: parts that are not in the manifest, actions that the host does not have.
fn strangers(template: &Template, manifest: &Manifest, host: &dyn Host) -> Vec<Finding> {
    let mut findings = Vec::new();
    for part in &template.parts {
        if member(manifest, &part.name).is_none() {
            let problem = format!("the manifest has no microservice and no workflow {}", part.name);
            findings.push(Finding::new(part.at, problem, "install what plugin.toml names"));
        }
    }
    let known = host.actions();
    let looks = template
        .fields()
        .filter_map(|field| Some((field.look.as_ref()?, field.at)));
    let actions = template.actions().map(|action| (&action.name, action.at));
    for (action, at) in actions.chain(looks) {
        if !known.contains(&action.as_str()) {
            let problem = format!("this bus can't do {action}");
            findings.push(Finding::new(at, problem, format!("it can: {}", known.join(", "))));
        }
    }
    let first = template.parts.first().map(|part| part.name.as_str());
    if let (Some(first), Some(prefix)) = (first, manifest.microservices.first())
        && first != prefix.name
        && let Some(part) = template.parts.first()
    {
        let problem = format!(
            "the first part is {first}, the manifest's first microservice is {}",
            prefix.name
        );
        findings.push(Finding::new(
            part.at,
            problem,
            "put the part first after which an installation is called",
        ));
    }
    findings.sort();
    findings
}
