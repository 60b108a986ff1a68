//! The nodes of an instance, with everything that must fit together.

use std::sync::Arc;

use super::build_credential::SecretOpener;
use super::bus::{get, read_number, read_optional, read_u32};
use super::error::SettingsError;
use super::keys::parse_numbered_key;
use super::node_name::{split_flat_key, to_flat_key};
use super::setting_values::SettingValues;
use super::{GraphVersion, MultiDeviceRule, NodeSettings, PasswordGrant, PolicyRule, node_parsers, value_parsers};

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

pub(super) fn build_nodes(
    values: &SettingValues,
    opener: SecretOpener<'_>,
) -> Result<Vec<Arc<NodeSettings>>, Vec<SettingsError>> {
    let mut names: Vec<&str> = Vec::new();
    for entry in values.entries.iter().filter(|entry| !entry.value.is_empty()) {
        match split_flat_key(&entry.name) {
            Some((node, _)) if !names.contains(&node) => names.push(node),
            _ => {}
        }
    }
    let is_duplicate = |name: &&&str| names.iter().filter(|other| other.eq_ignore_ascii_case(name)).count() > 1;
    if let Some(name) = names.iter().find(is_duplicate) {
        let error = values.entry_error(
            &to_flat_key(name, "header"),
            format!("there are two nodes {name}"),
            "names of nodes must differ by more than upper and lower case",
        );
        return Err(vec![error]);
    }
    if names.len() > NODES_MAX {
        let advice = format!("at most {NODES_MAX} are allowed; add further nodes to another instance");
        return Err(vec![values.entry_error(
            &to_flat_key(names[0], "header"),
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
        let node_values = NodeValues { values, name };
        errors.extend(find_contradictions(&node_values));
        match build_password_grant(&node_values, opener) {
            Ok(grant) => nodes.push(Arc::new(build_node(&node_values, grant))),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(nodes) } else { Err(errors) }
}

struct NodeValues<'a> {
    values: &'a SettingValues,
    name: &'a str,
}

impl NodeValues<'_> {
    fn flat_key(&self, key: &str) -> String {
        to_flat_key(self.name, key)
    }

    fn read_flag(&self, key: &str) -> bool {
        get(self.values, &self.flat_key(key), value_parsers::parse_flag)
    }

    fn read_number(&self, key: &str) -> u32 {
        read_u32(self.values, &self.flat_key(key))
    }

    fn read_names(&self, key: &str) -> Vec<String> {
        read_optional(self.values, &self.flat_key(key), node_parsers::parse_names).unwrap_or_default()
    }

    fn is_given(&self, key: &str) -> bool {
        self.values.given_text(&self.flat_key(key)).is_some()
    }

    fn read_word(&self, key: &str) -> String {
        self.values
            .text_or_default(&self.flat_key(key))
            .unwrap_or_default()
            .to_ascii_lowercase()
    }

    fn node_error(&self, key: &str, problem: &str, advice: &str) -> SettingsError {
        self.values.entry_error(&self.flat_key(key), problem, advice)
    }
}

fn build_node(node_values: &NodeValues<'_>, password_grant: Option<PasswordGrant>) -> NodeSettings {
    let compatible = node_values.read_flag("compatible");
    NodeSettings {
        name: node_values.name.to_owned(),
        header: node_values
            .values
            .text_or_default(&node_values.flat_key("header"))
            .unwrap_or_default()
            .to_owned(),
        id_from_shared_state: node_values.read_flag("id_from_shared_state"),
        save_properties: node_values.read_flag("save_properties"),
        save_apps: node_values.read_flag("save_apps"),
        compatible,
        password_grant,
        apps_version: match node_values.read_word("apps_version").as_str() {
            "v1.0" => GraphVersion::V1,
            _ => GraphVersion::Beta,
        },
        apps_optional: node_values.read_flag("apps_optional"),
        reasons: node_values.read_flag("reasons") && !compatible,
        not_found_apart: node_values.read_flag("not_found_apart"),
        max_check_in_hours: node_values
            .is_given("max_check_in_hours")
            .then(|| node_values.read_number("max_check_in_hours")),
        forbidden_apps: node_values.read_names("forbidden_apps"),
        required_apps: node_values.read_names("required_apps"),
        several_devices: match node_values.read_word("several_devices").as_str() {
            "best" => MultiDeviceRule::Best,
            "refuse" => MultiDeviceRule::Refuse,
            _ => MultiDeviceRule::Worst,
        },
        policies: build_policies(node_values),
        allowed: get(
            node_values.values,
            &node_values.flat_key("allowed"),
            node_parsers::parse_outcomes,
        ),
        time_budget_ms: read_number(node_values.values, &node_values.flat_key("time_budget_ms")),
        cache_s: node_values.read_number("cache_s"),
        inventory_answers: node_values.read_flag("inventory_answers"),
        inventory_max_minutes: node_values.read_number("inventory_max_minutes"),
        enabled: node_values.read_flag("enabled"),
    }
}

/// In the order of their numbers, wherever they stand.
fn build_policies(node_values: &NodeValues<'_>) -> Vec<PolicyRule> {
    let policy_entries = node_values
        .values
        .entries
        .iter()
        .filter(|entry| !entry.value.is_empty());
    let policy_entries = policy_entries.filter_map(|entry| {
        let (node, key) = split_flat_key(&entry.name)?;
        let number = parse_numbered_key("policy", key).filter(|_| node == node_values.name)?;
        Some((number, node_parsers::parse_policy_rule(&entry.value).ok()?))
    });
    let mut rules: Vec<(u32, PolicyRule)> = policy_entries.collect();
    rules.sort_by_key(|(number, _)| *number);
    rules.into_iter().map(|(_, rule)| rule).collect()
}

fn build_password_grant(
    node_values: &NodeValues<'_>,
    opener: SecretOpener<'_>,
) -> Result<Option<PasswordGrant>, SettingsError> {
    let password = opener.open_text(node_values.values, &node_values.flat_key("user_password"))?;
    if !node_values.read_flag("password_grant") {
        return Ok(None);
    }
    let user = node_values.values.given_text(&node_values.flat_key("user_name"));
    match (user, password) {
        (Some(user), Some((_, password))) => Ok(Some(PasswordGrant {
            user_name: user.to_owned(),
            password,
        })),
        (None, _) => Err(node_values.node_error(
            "password_grant",
            "user_name is missing",
            "add user_name, or remove password_grant",
        )),
        (_, None) => Err(node_values.node_error(
            "password_grant",
            "the user's password is missing",
            "add user_password_file, or remove password_grant",
        )),
    }
}

fn find_contradictions(node_values: &NodeValues<'_>) -> Vec<SettingsError> {
    let mut errors = Vec::new();
    let compatible = node_values.read_flag("compatible");
    if compatible {
        let numbered = |stem: &str| {
            let given = node_values
                .values
                .entries
                .iter()
                .filter(|entry| !entry.value.is_empty());
            let mut given =
                given.filter_map(|entry| split_flat_key(&entry.name).filter(|(node, _)| *node == node_values.name));
            given
                .find(|(_, key)| parse_numbered_key(stem, key).is_some())
                .map(|(_, key)| key.to_owned())
        };
        let given = BEYOND.iter().filter_map(|key| match key.strip_suffix("_N") {
            Some(stem) => numbered(stem),
            None => Some((*key).to_owned()).filter(|key| node_values.is_given(key)),
        });
        errors.extend(given.map(|key| {
            let advice = "remove this line, or write compatible = no";
            node_values.node_error(
                &key,
                "the original does not have this key, and compatible = yes allows only keys of the original",
                advice,
            )
        }));
    }
    if node_values.read_flag("password_grant") && !compatible {
        let problem = "only a node with compatible = yes may send user passwords";
        let advice = "remove password_grant: the instance's own credential signs in";
        errors.push(node_values.node_error("password_grant", problem, advice));
    }
    let users = ["user_name", "user_password", "user_password_file"];
    if !node_values.read_flag("password_grant")
        && let Some(key) = users.into_iter().find(|key| node_values.is_given(key))
    {
        let advice = "remove it; the instance's own credential signs in";
        errors.push(node_values.node_error(key, "is given without password_grant = yes", advice));
    }
    let app_rule_key = ["forbidden_apps", "required_apps"]
        .into_iter()
        .find(|key| node_values.is_given(key));
    if let (true, Some(key)) = (node_values.read_flag("apps_optional"), app_rule_key) {
        let problem = format!("apps cannot be optional, because {key} depends on them");
        errors.push(node_values.node_error("apps_optional", &problem, "remove one of the two"));
    }
    for key in ["forbidden_apps", "required_apps"] {
        let all = |name: &String| !name.chars().any(char::is_alphanumeric);
        if let Some(name) = node_values.read_names(key).into_iter().find(all) {
            let problem = format!("{name} matches every app, or none");
            errors.push(node_values.node_error(
                key,
                &problem,
                "write a name, or its beginning and an asterisk: TeamViewer*",
            ));
        }
    }
    let header = node_values
        .values
        .text_or_default(&node_values.flat_key("header"))
        .unwrap_or_default();
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !node_values.read_flag("id_from_shared_state") && !header.chars().all(token) {
        errors.push(node_values.node_error("header", "is not a valid header name", "write it like x-intune"));
    }
    errors
}
