//! The bus: what turns files into products, and products into numbered instances that somebody watches.
//!
//! A *product* is a folder of files with a manifest ([`Manifest`], `plugin.toml`): the microservices it is made of, the
//! workflows, the template of its wizard, and what it will ask of whoever installs it. It brings no code: each
//! microservice is of a *kind* that this program knows. It travels as a signed [`Package`] and is offered by the
//! [`Catalogue`].
//!
//! This room knows no product. What a kind is made of is told by `app`; a second product in the tests, with nothing
//! about it in here, proves it.

pub mod catalogue;
pub mod manifest;
pub mod package;

pub use catalogue::{Catalogue, CatalogueError, ProductState};
pub use manifest::{Manifest, ManifestFinding, ProductId};
pub use package::{Package, PackageError};
