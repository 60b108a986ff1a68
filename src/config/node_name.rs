//! Keys of nodes. In a file they stand in a section `[node NAME]`; everywhere else (drafts, `--set`, the API) a key is
//! flat and has the node's name in it: `node.NAME.header`. Only such names have dots.

/// The section of the table; `NAME` stands for any.
pub(crate) const NODE_SECTION: &str = "node NAME";
/// What every node's rows begin with in the table.
pub(crate) const NODE_PREFIX: &str = "node.NAME.";
const NAME_MAX: usize = 40;

/// The name in a section's header, where it is one of a node.
pub(crate) fn name_from_section(section: &str) -> Option<&str> {
    section.strip_prefix("node ").map(str::trim)
}

pub(crate) fn is_node_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// `node.gate.header` is `("gate", "header")`.
pub(crate) fn split_flat_key(key: &str) -> Option<(&str, &str)> {
    let (name, key) = key.strip_prefix("node.")?.split_once('.')?;
    is_node_name(name).then_some((name, key))
}

pub(crate) fn to_flat_key(node: &str, key: &str) -> String {
    format!("node.{node}.{key}")
}

/// As it is written within its section.
pub(crate) fn to_section_key(key: &str) -> &str {
    split_flat_key(key).map_or(key, |(_, key)| key)
}

/// The section in which a key stands; `of_table`: what the table says.
pub(crate) fn section_of_key(key: &str, of_table: &str) -> String {
    split_flat_key(key).map_or_else(|| of_table.to_owned(), |(node, _)| format!("node {node}"))
}
