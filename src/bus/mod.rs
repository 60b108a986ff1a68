//! The bus: what turns files into products, and products into numbered, supervised instances.
//!
//! A *product* is a folder of files with a manifest ([`Manifest`], `plugin.toml`): the microservices it is made of, the
//! workflows, the template of its wizard, and what it asks for during installation. It contains no code: each
//! microservice is of a *kind* that this program knows. It travels as a signed [`Package`] and is offered by the
//! [`Catalogue`].
//!
//! ```text
//! template (XML) ──read──► Template ──► form, prompts, schema, answers file
//!                             │ answers, events
//!                             ▼
//!                          Wizard ──Wanted──► Installer ──part by part──► Host
//! ```
//!
//! Reading a template, judging answers and deciding whether a page may be left is done over values alone. Only
//! [`install`] writes (a journal in the store), and only the host acts on anything outside.
//!
//! What is installed runs under the [`Supervisor`].
//!
//! This module knows no product. `app` supplies the code of each kind through [`InstallationHost`]; a second product
//! in the tests, with nothing about it in here, proves it.

pub mod answers;
pub mod catalogue;
mod host;
pub mod install;
mod localized_text;
pub mod manifest;
pub mod package;
pub mod supervisor;
pub mod template;
pub mod translation;
pub mod wizard;

pub use catalogue::{Catalogue, CatalogueError};
pub use host::{
    CheckedSettings, DesiredSettings, FieldFinding, HostError, InstallationHost, MemberKind, PartSettings,
    ProductMember, RegisteredApplication,
};
pub use localized_text::LocalizedText;
pub use manifest::{Manifest, ManifestFinding, ProductId};
pub use package::{Package, PackageError};
pub use supervisor::Supervisor;
