//! Roles that come with a product: what its users need, without rights over others.

use super::toml_table::{ManifestFindings, ManifestTable, require_unique};
use crate::contract::ProductRole;
use crate::model::{Right, RoleName, missing_rights};

pub(crate) const ROLES_MAX: usize = 20;
const RIGHTS_MAX: usize = 60;

/// Main rights that no product's role may have: those that grant rights, add products, or loosen limits.
const KEPT: &[&str] = &["Operators_", "Products_", "Limits_", "KillSwitch_", "Bus_", "Audit_"];

pub(crate) fn read_roles(top: &ManifestTable<'_>, findings: &mut ManifestFindings) -> Vec<ProductRole> {
    let mut found: Vec<ProductRole> = Vec::new();
    for section in top.optional_tables("role", ROLES_MAX, findings) {
        section.check_allowed_keys(&["name", "summary", "rights"], findings);
        let name = section.parse_text("name", "letters, digits and '-', not a system role", findings, |text| {
            let name: RoleName = text.parse().ok()?;
            name.system_role().is_none().then_some(name)
        });
        let summary = section.require_text("summary", findings);
        let rights = read_rights(&section, findings);
        let (Some(name), Some(summary), Some(rights)) = (name, summary, rights) else {
            continue;
        };
        let known: Vec<String> = found.iter().map(|role| role.name.to_string()).collect();
        require_unique(&section, "name", name.as_str(), &known, findings);
        found.push(ProductRole { name, summary, rights });
    }
    found
}

fn read_rights(section: &ManifestTable<'_>, findings: &mut ManifestFindings) -> Option<Vec<Right>> {
    let mut rights = Vec::new();
    for text in section.optional_texts("rights", RIGHTS_MAX, findings) {
        let right: Option<Right> = text.parse().ok();
        let own = right.filter(|_| text != "*" && !KEPT.iter().any(|kept| text.starts_with(kept)));
        let Some(right) = own else {
            let shown: String = text.chars().take(60).collect();
            let problem = format!("{shown:?} is not a right that a product's role may have");
            let advice = "`intune-connector operators rights` lists all rights; \
                products cannot grant rights over operators, products, limits and the bus";
            section.add_finding("rights", problem, advice, findings);
            return None;
        };
        rights.push(right);
    }
    if let Some(first) = missing_rights(&rights).first() {
        let problem = format!("{} requires {}", first.needed_by, first.right);
        section.add_finding("rights", problem, format!("add {}", first.right), findings);
        return None;
    }
    if rights.is_empty() {
        section.add_finding("rights", "the role has no rights", "add its rights", findings);
        return None;
    }
    Some(rights)
}
