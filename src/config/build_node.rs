//! The nodes of an instance, with everything that must fit together.

use std::sync::Arc;

use super::build_credential::Opener;
use super::bus::{get, get_number, get_optional, get_u32};
use super::error::SettingsError;
use super::keys::number_of;
use super::node_name::{flat, split};
use super::values::Values;
use super::{GraphVersion, NodeSettings, PasswordGrant, PolicyRule, SeveralDevices, parse, parse_node};

const NODES_MAX: usize = 50;

/// What the original does not know; `compatible` takes none of them.
const BEYOND: [&str; 10] = [
    "apps_optional",
    "reasons",
    "not_found_apart",
    "max_check_in_hours",
    "forbidden_apps",
    "required_apps",
    "several_devices",
    "inventory_answers",
    "inventory_max_minutes",
    "policy_N",
];

pub(super) fn build_nodes(values: &Values, opener: Opener<'_>) -> Result<Vec<Arc<NodeSettings>>, Vec<SettingsError>> {
    let mut names: Vec<&str> = Vec::new();
    for entry in values.entries.iter().filter(|entry| !entry.value.is_empty()) {
        match split(&entry.name) {
            Some((node, _)) if !names.contains(&node) => names.push(node),
            _ => {}
        }
    }
    let twice = |name: &&&str| names.iter().filter(|other| other.eq_ignore_ascii_case(name)).count() > 1;
    if let Some(name) = names.iter().find(twice) {
        let error = values.error(
            &flat(name, "header"),
            format!("there are two nodes {name}"),
            "names of nodes differ by more than upper and lower case",
        );
        return Err(vec![error]);
    }
    if names.len() > NODES_MAX {
        let advice = format!("at most {NODES_MAX} are taken; give further ones an instance of their own");
        return Err(vec![values.error(
            &flat(names[0], "header"),
            "there are too many nodes",
            advice,
        )]);
    }
    if names.is_empty() {
        names.push(NodeSettings::DEFAULT_NAME);
    }
    let mut errors = Vec::new();
    let mut nodes = Vec::new();
    for name in names {
        let of = Of { values, name };
        errors.extend(contradictions(&of));
        match password_grant(&of, opener) {
            Ok(grant) => nodes.push(Arc::new(node(&of, grant))),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(nodes) } else { Err(errors) }
}

struct Of<'a> {
    values: &'a Values,
    name: &'a str,
}

impl Of<'_> {
    fn key(&self, key: &str) -> String {
        flat(self.name, key)
    }

    fn flag(&self, key: &str) -> bool {
        get(self.values, &self.key(key), parse::flag)
    }

    fn number(&self, key: &str) -> u32 {
        get_u32(self.values, &self.key(key))
    }

    fn names(&self, key: &str) -> Vec<String> {
        get_optional(self.values, &self.key(key), parse_node::names).unwrap_or_default()
    }

    fn is_given(&self, key: &str) -> bool {
        self.values.given(&self.key(key)).is_some()
    }

    fn word(&self, key: &str) -> String {
        self.values
            .text(&self.key(key))
            .unwrap_or_default()
            .to_ascii_lowercase()
    }

    fn error(&self, key: &str, problem: &str, advice: &str) -> SettingsError {
        self.values.error(&self.key(key), problem, advice)
    }
}

fn node(of: &Of<'_>, password_grant: Option<PasswordGrant>) -> NodeSettings {
    let compatible = of.flag("compatible");
    NodeSettings {
        name: of.name.to_owned(),
        header: of.values.text(&of.key("header")).unwrap_or_default().to_owned(),
        id_from_shared_state: of.flag("id_from_shared_state"),
        save_properties: of.flag("save_properties"),
        save_apps: of.flag("save_apps"),
        compatible,
        password_grant,
        apps_version: match of.word("apps_version").as_str() {
            "v1.0" => GraphVersion::V1,
            _ => GraphVersion::Beta,
        },
        apps_optional: of.flag("apps_optional"),
        reasons: of.flag("reasons") && !compatible,
        not_found_apart: of.flag("not_found_apart"),
        max_check_in_hours: of
            .is_given("max_check_in_hours")
            .then(|| of.number("max_check_in_hours")),
        forbidden_apps: of.names("forbidden_apps"),
        required_apps: of.names("required_apps"),
        several_devices: match of.word("several_devices").as_str() {
            "best" => SeveralDevices::Best,
            "refuse" => SeveralDevices::Refuse,
            _ => SeveralDevices::Worst,
        },
        policies: policies(of),
        allowed: get(of.values, &of.key("allowed"), parse_node::outcomes),
        time_budget_ms: get_number(of.values, &of.key("time_budget_ms")),
        cache_s: of.number("cache_s"),
        inventory_answers: of.flag("inventory_answers"),
        inventory_max_minutes: of.number("inventory_max_minutes"),
        enabled: of.flag("enabled"),
    }
}

/// In the order of their numbers, wherever they stand.
fn policies(of: &Of<'_>) -> Vec<PolicyRule> {
    let mine = of.values.entries.iter().filter(|entry| !entry.value.is_empty());
    let mine = mine.filter_map(|entry| {
        let (node, key) = split(&entry.name)?;
        let number = number_of("policy", key).filter(|_| node == of.name)?;
        Some((number, parse_node::policy_rule(&entry.value).ok()?))
    });
    let mut rules: Vec<(u32, PolicyRule)> = mine.collect();
    rules.sort_by_key(|(number, _)| *number);
    rules.into_iter().map(|(_, rule)| rule).collect()
}

fn password_grant(of: &Of<'_>, opener: Opener<'_>) -> Result<Option<PasswordGrant>, SettingsError> {
    let password = opener.text(of.values, &of.key("user_password"))?;
    if !of.flag("password_grant") {
        return Ok(None);
    }
    let user = of.values.given(&of.key("user_name"));
    match (user, password) {
        (Some(user), Some((_, password))) => Ok(Some(PasswordGrant {
            user_name: user.to_owned(),
            password,
        })),
        (None, _) => Err(of.error(
            "password_grant",
            "user_name is missing",
            "add user_name, or take password_grant out",
        )),
        (_, None) => Err(of.error(
            "password_grant",
            "the user's password is missing",
            "add user_password_file, or take password_grant out",
        )),
    }
}

fn contradictions(of: &Of<'_>) -> Vec<SettingsError> {
    let mut errors = Vec::new();
    let compatible = of.flag("compatible");
    if compatible {
        let numbered = |stem: &str| {
            let given = of.values.entries.iter().filter(|entry| !entry.value.is_empty());
            let mut given = given.filter_map(|entry| split(&entry.name).filter(|(node, _)| *node == of.name));
            given
                .find(|(_, key)| number_of(stem, key).is_some())
                .map(|(_, key)| key.to_owned())
        };
        let given = BEYOND.iter().filter_map(|key| match key.strip_suffix("_N") {
            Some(stem) => numbered(stem),
            None => Some((*key).to_owned()).filter(|key| of.is_given(key)),
        });
        errors.extend(given.map(|key| {
            let advice = "take this line out, or write compatible = no";
            of.error(
                &key,
                "the original knows nothing of it, and compatible = yes is the original",
                advice,
            )
        }));
    }
    if of.flag("password_grant") && !compatible {
        let problem = "passwords of users are only sent by a node with compatible = yes";
        let advice = "take password_grant out: the instance's own credential signs in";
        errors.push(of.error("password_grant", problem, advice));
    }
    let users = ["user_name", "user_password", "user_password_file"];
    if !of.flag("password_grant")
        && let Some(key) = users.into_iter().find(|key| of.is_given(key))
    {
        let advice = "take it out; the instance's own credential signs in";
        errors.push(of.error(key, "is given without password_grant = yes", advice));
    }
    let judged = ["forbidden_apps", "required_apps"]
        .into_iter()
        .find(|key| of.is_given(key));
    if let (true, Some(key)) = (of.flag("apps_optional"), judged) {
        let problem = format!("apps can't be optional where {key} judges by them");
        errors.push(of.error("apps_optional", &problem, "take one of the two out"));
    }
    for key in ["forbidden_apps", "required_apps"] {
        let all = |name: &String| !name.chars().any(char::is_alphanumeric);
        if let Some(name) = of.names(key).into_iter().find(all) {
            let problem = format!("{name} fits every app, or none");
            errors.push(of.error(key, &problem, "write a name, or its beginning and a star: TeamViewer*"));
        }
    }
    let header = of.values.text(&of.key("header")).unwrap_or_default();
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !of.flag("id_from_shared_state") && !header.chars().all(token) {
        errors.push(of.error("header", "can't be the name of a header", "write it like x-intune"));
    }
    errors
}
