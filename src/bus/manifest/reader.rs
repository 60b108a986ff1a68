//! From text to a manifest. Everything is read as far as it can be, so that one look finds all mistakes.

use semver::{Version, VersionReq};
use toml::de::DeTable;

use super::name_types::{is_camel_case, is_kebab_case};
use super::roles::read_roles;
use super::toml_table::{LineIndex, ManifestFindings, ManifestTable, require_unique};
use super::{
    BYTES_MAX, DANGERS_MAX, FINDINGS_MAX, FileName, FileRef, MICROSERVICES_MAX, Manifest, ManifestFinding,
    ManifestPositions, ManifestWorkflow, Microservice, PERMISSIONS_MAX, PORTS_MAX, ProductId, WORKFLOW_ENGINE,
    WORKFLOWS_MAX,
};
use crate::contract::{ManifestDanger, ManifestPermission, ManifestPort, ManifestText};
use crate::model::ActionDanger;
use crate::xml::XmlPosition;

const TOP: &[&str] = &[
    "product",
    "microservice",
    "workflow",
    "port",
    "permission",
    "danger",
    "role",
];
const PRODUCT: &[&str] = &["id", "version", "bus", "template", "icon", "name", "summary"];
const NAME_RULE: &str = "1 to 40 letters and digits, beginning with a capital letter and ending with a letter";
const KIND_RULE: &str = "lowercase letters, digits and '-'";

pub(crate) fn read_manifest(text: &str) -> Result<Manifest, Vec<ManifestFinding>> {
    let first = XmlPosition { line: 1, column: 1 };
    if text.len() > BYTES_MAX {
        let problem = format!("the manifest is larger than {BYTES_MAX} bytes");
        return Err(vec![ManifestFinding::new(first, problem, "shorten it")]);
    }
    let lines = LineIndex(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut findings: ManifestFindings = errors.iter().map(|error| toml_finding(error, &lines)).collect();
    let manifest = if findings.is_empty() {
        read_sections(
            &ManifestTable::new("the manifest", first, &lines, document.get_ref()),
            &mut findings,
        )
    } else {
        // What a broken line hides would be reported as missing.
        None
    };
    findings.sort();
    findings.dedup();
    findings.truncate(FINDINGS_MAX);
    match manifest {
        Some(manifest) if findings.is_empty() => Ok(manifest),
        _ => Err(findings),
    }
}

fn toml_finding(error: &toml::de::Error, lines: &LineIndex<'_>) -> ManifestFinding {
    let at = lines.position_at(error.span().map_or(0, |span| span.start));
    let message: String = error.message().chars().take(200).collect();
    ManifestFinding::new(
        at,
        format!("invalid TOML: {}", message.replace('\n', ", ")),
        "correct the line",
    )
}

/// `None` only together with findings.
fn read_sections(top: &ManifestTable<'_>, findings: &mut ManifestFindings) -> Option<Manifest> {
    top.check_allowed_keys(TOP, findings);
    let microservices = read_microservices(top, findings);
    let workflows = read_workflows(top, &microservices, findings);
    let ports = read_ports(top, findings);
    let permissions = read_permissions(top, findings);
    let dangers = read_dangers(top, findings);
    let roles = read_roles(top, findings);
    let product = top.require_table("product", findings)?;
    product.check_allowed_keys(PRODUCT, findings);
    let id = product.parse_text("id", ProductId::RULE, findings, |text| text.parse().ok());
    let version = product.parse_text("version", "a version such as 1.2.0", findings, |text| {
        Version::parse(text).ok()
    });
    let bus = product.parse_text("bus", "versions of the bus, such as >=0.1", findings, |text| {
        VersionReq::parse(text).ok()
    });
    let name = read_texts(&product, "name", findings);
    let summary = read_texts(&product, "summary", findings);
    let template = read_file_ref(&product, "template", "templates/", &[".xml"], findings);
    let icon = match product.optional_text("icon", findings) {
        Some(_) => read_file_ref(&product, "icon", "", &[".svg", ".png"], findings),
        None => None,
    };
    Some(Manifest {
        at: ManifestPositions {
            bus: product.position_of("bus"),
        },
        id: id?,
        version: version?,
        bus: bus?,
        name: name?,
        summary: summary?,
        template: template?,
        icon,
        microservices,
        workflows,
        ports,
        permissions,
        dangers,
        roles,
    })
}

fn read_texts(product: &ManifestTable<'_>, key: &str, findings: &mut ManifestFindings) -> Option<ManifestText> {
    let mut section = product.require_table(key, findings)?;
    section.name = format!("[product.{key}]");
    section.check_allowed_keys(&["en", "de"], findings);
    let (en, de) = (
        section.require_text("en", findings),
        section.require_text("de", findings),
    );
    Some(ManifestText { en: en?, de: de? })
}

fn read_file_ref(
    section: &ManifestTable<'_>,
    key: &str,
    folder: &str,
    ends: &[&str],
    findings: &mut ManifestFindings,
) -> Option<FileRef> {
    let text = section.require_text(key, findings)?;
    let wanted = format!("{folder}….{}", ends.join(" or ").replace('.', ""));
    match text.parse::<FileName>() {
        Err(error) => {
            let problem = format!("{key} names a file that cannot be in a package: {error}");
            section.add_finding(key, problem, format!("expected: {wanted}"), findings);
        }
        Ok(_) if !text.starts_with(folder) || !ends.iter().any(|end| text.ends_with(end)) => {
            let problem = format!("{key} cannot be {text}");
            section.add_finding(key, problem, format!("expected: {wanted}"), findings);
        }
        Ok(name) => {
            return Some(FileRef {
                name,
                at: section.position_of(key),
            });
        }
    }
    None
}

fn read_microservices(top: &ManifestTable<'_>, findings: &mut ManifestFindings) -> Vec<Microservice> {
    let sections = top.optional_tables("microservice", MICROSERVICES_MAX, findings);
    if sections.is_empty() {
        let problem = "a product without a microservice would install nothing";
        top.add_finding("microservice", problem, "add [[microservice]]", findings);
    }
    let mut found: Vec<Microservice> = Vec::new();
    for section in sections {
        section.check_allowed_keys(&["name", "kind"], findings);
        let name = read_camel_name(&section, findings);
        let kind = section.parse_text("kind", KIND_RULE, findings, |text| {
            is_kebab_case(text).then(|| text.to_owned())
        });
        let (Some(name), Some(kind)) = (name, kind) else {
            continue;
        };
        require_unique(&section, "name", &name, found.iter().map(|known| &known.name), findings);
        found.push(Microservice {
            name,
            kind,
            at: section.position_of("kind"),
        });
    }
    found
}

fn read_camel_name(section: &ManifestTable<'_>, findings: &mut ManifestFindings) -> Option<String> {
    section.parse_text("name", NAME_RULE, findings, |text| {
        is_camel_case(text).then(|| text.to_owned())
    })
}

fn read_workflows(
    top: &ManifestTable<'_>,
    services: &[Microservice],
    findings: &mut ManifestFindings,
) -> Vec<ManifestWorkflow> {
    let mut found: Vec<ManifestWorkflow> = Vec::new();
    for section in top.optional_tables("workflow", WORKFLOWS_MAX, findings) {
        section.check_allowed_keys(&["name", "file", "engine"], findings);
        let name = read_camel_name(&section, findings);
        let file = read_file_ref(&section, "file", "workflows/", &[".xml"], findings);
        let engine = section.require_text("engine", findings);
        if let Some(engine) = &engine {
            check_workflow_engine(&section, engine, services, findings);
        }
        let (Some(name), Some(file), Some(engine)) = (name, file, engine) else {
            continue;
        };
        let names = services.iter().map(|service| &service.name);
        require_unique(
            &section,
            "name",
            &name,
            names.chain(found.iter().map(|known| &known.name)),
            findings,
        );
        let files: Vec<String> = found.iter().map(|known| known.file.name.to_string()).collect();
        require_unique(&section, "file", file.name.as_str(), &files, findings);
        found.push(ManifestWorkflow { name, file, engine });
    }
    found
}

fn check_workflow_engine(
    section: &ManifestTable<'_>,
    engine: &str,
    services: &[Microservice],
    findings: &mut ManifestFindings,
) {
    match services.iter().find(|service| service.name == engine) {
        Some(service) if service.kind == WORKFLOW_ENGINE => (),
        Some(service) => {
            let problem = format!("{engine} is of kind {} and cannot run workflows", service.kind);
            section.add_finding(
                "engine",
                problem,
                format!("name a microservice of kind {WORKFLOW_ENGINE}"),
                findings,
            );
        }
        None => {
            let shown: String = engine.chars().take(60).collect();
            let names = services.iter().map(|service| service.name.as_str());
            let advice = match crate::model::nearest_name(engine, names) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("add a [[microservice]] of kind {WORKFLOW_ENGINE}"),
            };
            section.add_finding(
                "engine",
                format!("there is no microservice {shown:?}"),
                advice,
                findings,
            );
        }
    }
}

fn read_ports(top: &ManifestTable<'_>, findings: &mut ManifestFindings) -> Vec<ManifestPort> {
    let mut found: Vec<ManifestPort> = Vec::new();
    for section in top.optional_tables("port", PORTS_MAX, findings) {
        section.check_allowed_keys(&["number", "purpose"], findings);
        let (number, purpose) = (
            section.require_number("number", findings),
            section.require_text("purpose", findings),
        );
        let (Some(number), Some(purpose)) = (number, purpose) else {
            continue;
        };
        let known: Vec<String> = found.iter().map(|port| port.number.to_string()).collect();
        require_unique(&section, "number", &number.to_string(), &known, findings);
        found.push(ManifestPort { number, purpose });
    }
    found
}

fn read_permissions(top: &ManifestTable<'_>, findings: &mut ManifestFindings) -> Vec<ManifestPermission> {
    let mut found: Vec<ManifestPermission> = Vec::new();
    for section in top.optional_tables("permission", PERMISSIONS_MAX, findings) {
        section.check_allowed_keys(&["name", "feature", "reason", "required", "also"], findings);
        let name = section.require_text("name", findings);
        let feature = section.parse_text("feature", KIND_RULE, findings, |text| {
            is_kebab_case(text).then(|| text.to_owned())
        });
        let reason = section.require_text("reason", findings);
        let required = section.require_boolean("required", findings);
        let also = section.optional_texts("also", 16, findings);
        let (Some(name), Some(feature), Some(reason), Some(required)) = (name, feature, reason, required) else {
            continue;
        };
        let same = found.iter().filter(|known| known.feature == feature);
        require_unique(&section, "name", &name, same.map(|known| &known.name), findings);
        found.push(ManifestPermission {
            name,
            feature,
            reason,
            required,
            also,
        });
    }
    found
}

fn read_dangers(top: &ManifestTable<'_>, findings: &mut ManifestFindings) -> Vec<ManifestDanger> {
    let mut found: Vec<ManifestDanger> = Vec::new();
    for section in top.optional_tables("danger", DANGERS_MAX, findings) {
        section.check_allowed_keys(&["action", "class"], findings);
        let action = section.require_text("action", findings);
        let class = section.parse_text(
            "class",
            "harmless, disruptive or destructive",
            findings,
            |text| match text {
                "harmless" => Some(ActionDanger::Harmless),
                "disruptive" => Some(ActionDanger::Disruptive),
                "destructive" => Some(ActionDanger::Destructive),
                _ => None,
            },
        );
        let (Some(action), Some(class)) = (action, class) else {
            continue;
        };
        require_unique(
            &section,
            "action",
            &action,
            found.iter().map(|known| &known.action),
            findings,
        );
        found.push(ManifestDanger { action, class });
    }
    found
}
