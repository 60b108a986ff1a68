//! The pages, one file each: what is read for them, and what their forms do. Rights and rules are the API's; a page only
//! leaves out what its reader could not use.

pub(crate) mod access_review;
pub(crate) mod access_words;
pub(crate) mod account;
pub(crate) mod account_change;
pub(crate) mod actions;
pub(crate) mod api_reference;
pub(crate) mod applications;
pub(crate) mod approvals;
pub(crate) mod browser_name;
pub(crate) mod dashboard;
pub(crate) mod device;
pub(crate) mod devices;
pub(crate) mod evidence;
pub(crate) mod failure_page;
pub(crate) mod jobs;
pub(crate) mod kill_switch;
pub(crate) mod lost;
pub(crate) mod messages;
pub(crate) mod microservices;
pub(crate) mod name_paths;
pub(crate) mod operators;
pub(crate) mod orders;
pub(crate) mod period_fields;
pub(crate) mod products;
pub(crate) mod reports;
pub(crate) mod roles;
pub(crate) mod row_page;
pub(crate) mod scope_fields;
pub(crate) mod servers;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod targets;
pub(crate) mod token_pages;
pub(crate) mod wizard;
pub(crate) mod workflows;
