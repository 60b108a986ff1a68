//! Saved views: what a page of the console shows, kept under a name.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Saved views that the caller may use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SavedViewsView {
    /// The caller's own, and those that other accounts share; by page, name and owner.
    pub views: Vec<SavedViewView>,
}

/// What a page shows, under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SavedViewView {
    /// Its name; unique per owner and page, upper and lower case alike.
    pub name: String,
    /// The page that it is of: `devices`, `jobs`, `servers`, `messages`, `reports` …
    pub page: String,
    /// The part of the page's address behind the `?`.
    pub query: String,
    /// Whether everybody who signs in may use it.
    pub shared: bool,
    /// Name of the account that it belongs to.
    pub owner: String,
}

/// A saved view to keep; one of the same owner, page and name is replaced.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedViewBody {
    /// The page that it is of: 1 to 40 letters, digits or `-`, such as `devices`.
    pub page: String,
    /// The part of the page's address behind the `?`, at most 2,000 characters.
    #[serde(default)]
    pub query: String,
    /// Whether everybody who signs in may use it. Omitted: only its owner.
    #[serde(default)]
    pub shared: bool,
    /// Name of the account that it belongs to; changing a view of another account requires Operators_Manage. Omitted: the
    /// caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Which saved view is meant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SavedViewQuery {
    /// The page that it is of; needed where the owner has views of this name on several pages.
    pub page: Option<String>,
    /// Name of the account that it belongs to; another one requires Operators_Manage. Omitted: the caller.
    pub owner: Option<String>,
}
