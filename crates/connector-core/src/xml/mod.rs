//! The one reader of XML. Templates and workflow definitions come from packages, so from strangers: what is read here
//! is bounded and plain, or refused with line and column.
//!
//! *Bounds.* [`BYTES_MAX`] of document, [`DEPTH_MAX`] levels, [`ELEMENTS_MAX`] elements, [`ATTRIBUTES_MAX`] attributes
//! an element, [`VALUE_MAX`] bytes a value or text. Reading is one loop without recursion.
//!
//! *Plain.* UTF-8 only. No document type, so no entities but the five that XML itself has; no processing instructions,
//! no namespaces, no text beside elements. Comments and CDATA are allowed.
//!
//! [`read_document`] makes a tree whose parts know where they stand; what the tree means is the business of who asked. Readers
//! gather every [`XmlFinding`] of a document rather than stop at the first, with [`Element::check_allowed`] and
//! [`Element::require_attribute`].

mod element;
mod position;
mod reader;
#[cfg(test)]
mod tests;

pub use element::{Attribute, Element};
pub use position::{XmlFinding, XmlPosition};
pub use reader::{ATTRIBUTES_MAX, BYTES_MAX, DEPTH_MAX, ELEMENTS_MAX, NAME_MAX, VALUE_MAX, read_document};
