//! From text to a manifest. Everything is read as far as it can be, so that one look finds all mistakes.

use semver::{Version, VersionReq};
use toml::de::DeTable;

use super::fields::{camel, kebab};
use super::roles::roles;
use super::section::{Findings, Lines, Section};
use super::{
    BYTES_MAX, DANGERS_MAX, DangerRow, FINDINGS_MAX, FileName, FileRef, MICROSERVICES_MAX, Manifest, ManifestFinding,
    Microservice, PERMISSIONS_MAX, PORTS_MAX, Permission, Places, Port, ProductId, Texts, WORKFLOW_ENGINE,
    WORKFLOWS_MAX, Workflow,
};
use crate::model::Danger;
use crate::xml::Position;

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
const KIND_RULE: &str = "small letters, digits and '-'";

pub fn read(text: &str) -> Result<Manifest, Vec<ManifestFinding>> {
    let first = Position { line: 1, column: 1 };
    if text.len() > BYTES_MAX {
        let problem = format!("the manifest is larger than {BYTES_MAX} bytes");
        return Err(vec![ManifestFinding::new(first, problem, "say less")]);
    }
    let lines = Lines(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut findings: Findings = errors.iter().map(|error| unreadable(error, &lines)).collect();
    let manifest = match findings.is_empty() {
        true => whole(
            &Section::new("the manifest", first, &lines, document.get_ref()),
            &mut findings,
        ),
        // What a broken line hides would be told as missing.
        false => None,
    };
    findings.sort();
    findings.dedup();
    findings.truncate(FINDINGS_MAX);
    match manifest {
        Some(manifest) if findings.is_empty() => Ok(manifest),
        _ => Err(findings),
    }
}

fn unreadable(error: &toml::de::Error, lines: &Lines<'_>) -> ManifestFinding {
    let at = lines.at(error.span().map_or(0, |span| span.start));
    let message: String = error.message().chars().take(200).collect();
    ManifestFinding::new(
        at,
        format!("this is no TOML: {}", message.replace('\n', ", ")),
        "correct the line",
    )
}

/// `None` only together with findings.
fn whole(top: &Section<'_>, findings: &mut Findings) -> Option<Manifest> {
    top.allow(TOP, findings);
    let microservices = microservices(top, findings);
    let workflows = workflows(top, &microservices, findings);
    let ports = ports(top, findings);
    let permissions = permissions(top, findings);
    let dangers = dangers(top, findings);
    let roles = roles(top, findings);
    let product = top.table("product", findings)?;
    product.allow(PRODUCT, findings);
    let id = product.parsed("id", ProductId::RULE, findings, |text| text.parse().ok());
    let version = product.parsed("version", "a version such as 1.2.0", findings, |text| {
        Version::parse(text).ok()
    });
    let bus = product.parsed("bus", "versions of the bus, such as >=0.1", findings, |text| {
        VersionReq::parse(text).ok()
    });
    let name = texts(&product, "name", findings);
    let summary = texts(&product, "summary", findings);
    let template = file(&product, "template", "templates/", &[".xml"], findings);
    let icon = match product.text_or_none("icon", findings) {
        Some(_) => file(&product, "icon", "", &[".svg", ".png"], findings),
        None => None,
    };
    Some(Manifest {
        at: Places {
            bus: product.place("bus"),
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

fn texts(product: &Section<'_>, key: &str, findings: &mut Findings) -> Option<Texts> {
    let mut section = product.table(key, findings)?;
    section.name = format!("[product.{key}]");
    section.allow(&["en", "de"], findings);
    let (en, de) = (section.text("en", findings), section.text("de", findings));
    Some(Texts { en: en?, de: de? })
}

fn file(section: &Section<'_>, key: &str, folder: &str, ends: &[&str], findings: &mut Findings) -> Option<FileRef> {
    let text = section.text(key, findings)?;
    let wanted = format!("{folder}….{}", ends.join(" or ").replace('.', ""));
    match text.parse::<FileName>() {
        Err(error) => {
            let problem = format!("{key} names a file that can't be in a package: {error}");
            section.wrong(key, problem, format!("wanted: {wanted}"), findings);
        }
        Ok(_) if !text.starts_with(folder) || !ends.iter().any(|end| text.ends_with(end)) => {
            let problem = format!("{key} can't be {text}");
            section.wrong(key, problem, format!("wanted: {wanted}"), findings);
        }
        Ok(name) => {
            return Some(FileRef {
                name,
                at: section.place(key),
            });
        }
    }
    None
}

fn microservices(top: &Section<'_>, findings: &mut Findings) -> Vec<Microservice> {
    let sections = top.tables("microservice", MICROSERVICES_MAX, findings);
    if sections.is_empty() {
        let problem = "a product without a microservice would install nothing";
        top.wrong("microservice", problem, "add [[microservice]]", findings);
    }
    let mut found: Vec<Microservice> = Vec::new();
    for section in sections {
        section.allow(&["name", "kind"], findings);
        let name = camel_name(&section, findings);
        let kind = section.parsed("kind", KIND_RULE, findings, |text| kebab(text).then(|| text.to_owned()));
        let (Some(name), Some(kind)) = (name, kind) else {
            continue;
        };
        once(&section, "name", &name, found.iter().map(|known| &known.name), findings);
        found.push(Microservice {
            name,
            kind,
            at: section.place("kind"),
        });
    }
    found
}

fn camel_name(section: &Section<'_>, findings: &mut Findings) -> Option<String> {
    section.parsed("name", NAME_RULE, findings, |text| camel(text).then(|| text.to_owned()))
}

pub(super) fn once<'k>(
    section: &Section<'_>,
    key: &str,
    value: &str,
    known: impl IntoIterator<Item = &'k String>,
    findings: &mut Findings,
) {
    if known.into_iter().any(|known| known.eq_ignore_ascii_case(value)) {
        let problem = format!("{key} {value} stands here for the second time");
        section.wrong(key, problem, "give each its own", findings);
    }
}

fn workflows(top: &Section<'_>, services: &[Microservice], findings: &mut Findings) -> Vec<Workflow> {
    let mut found: Vec<Workflow> = Vec::new();
    for section in top.tables("workflow", WORKFLOWS_MAX, findings) {
        section.allow(&["name", "file", "engine"], findings);
        let name = camel_name(&section, findings);
        let file = file(&section, "file", "workflows/", &[".xml"], findings);
        let engine = section.text("engine", findings);
        if let Some(engine) = &engine {
            runs_workflows(&section, engine, services, findings);
        }
        let (Some(name), Some(file), Some(engine)) = (name, file, engine) else {
            continue;
        };
        let names = services.iter().map(|service| &service.name);
        once(
            &section,
            "name",
            &name,
            names.chain(found.iter().map(|known| &known.name)),
            findings,
        );
        let files: Vec<String> = found.iter().map(|known| known.file.name.to_string()).collect();
        once(&section, "file", file.name.as_str(), &files, findings);
        found.push(Workflow { name, file, engine });
    }
    found
}

fn runs_workflows(section: &Section<'_>, engine: &str, services: &[Microservice], findings: &mut Findings) {
    match services.iter().find(|service| service.name == engine) {
        Some(service) if service.kind == WORKFLOW_ENGINE => (),
        Some(service) => {
            let problem = format!("{engine} is of kind {} and runs no workflows", service.kind);
            section.wrong(
                "engine",
                problem,
                format!("name one of kind {WORKFLOW_ENGINE}"),
                findings,
            );
        }
        None => {
            let shown: String = engine.chars().take(60).collect();
            let names = services.iter().map(|service| service.name.as_str());
            let advice = match crate::model::nearest(engine, names) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("add a [[microservice]] of kind {WORKFLOW_ENGINE}"),
            };
            section.wrong(
                "engine",
                format!("there is no microservice {shown:?}"),
                advice,
                findings,
            );
        }
    }
}

fn ports(top: &Section<'_>, findings: &mut Findings) -> Vec<Port> {
    let mut found: Vec<Port> = Vec::new();
    for section in top.tables("port", PORTS_MAX, findings) {
        section.allow(&["number", "purpose"], findings);
        let (number, purpose) = (section.number("number", findings), section.text("purpose", findings));
        let (Some(number), Some(purpose)) = (number, purpose) else {
            continue;
        };
        let known: Vec<String> = found.iter().map(|port| port.number.to_string()).collect();
        once(&section, "number", &number.to_string(), &known, findings);
        found.push(Port { number, purpose });
    }
    found
}

fn permissions(top: &Section<'_>, findings: &mut Findings) -> Vec<Permission> {
    let mut found: Vec<Permission> = Vec::new();
    for section in top.tables("permission", PERMISSIONS_MAX, findings) {
        section.allow(&["name", "feature", "reason", "required", "also"], findings);
        let name = section.text("name", findings);
        let feature = section.parsed("feature", KIND_RULE, findings, |text| {
            kebab(text).then(|| text.to_owned())
        });
        let reason = section.text("reason", findings);
        let required = section.boolean("required", findings);
        let also = section.texts("also", 16, findings);
        let (Some(name), Some(feature), Some(reason), Some(required)) = (name, feature, reason, required) else {
            continue;
        };
        let same = found.iter().filter(|known| known.feature == feature);
        once(&section, "name", &name, same.map(|known| &known.name), findings);
        found.push(Permission {
            name,
            feature,
            reason,
            required,
            also,
        });
    }
    found
}

fn dangers(top: &Section<'_>, findings: &mut Findings) -> Vec<DangerRow> {
    let mut found: Vec<DangerRow> = Vec::new();
    for section in top.tables("danger", DANGERS_MAX, findings) {
        section.allow(&["action", "class"], findings);
        let action = section.text("action", findings);
        let class = section.parsed(
            "class",
            "harmless, disruptive or destructive",
            findings,
            |text| match text {
                "harmless" => Some(Danger::Harmless),
                "disruptive" => Some(Danger::Disruptive),
                "destructive" => Some(Danger::Destructive),
                _ => None,
            },
        );
        let (Some(action), Some(class)) = (action, class) else {
            continue;
        };
        once(
            &section,
            "action",
            &action,
            found.iter().map(|known| &known.action),
            findings,
        );
        found.push(DangerRow { action, class });
    }
    found
}
