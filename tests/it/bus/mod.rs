//! Products, packages, the catalogue and the supervisor, by the numbers (B-20 to B-41) of what a bus of this kind does.

mod catalogue;
mod greeter;
mod install;
mod made;
mod package;
mod product;
mod second;
mod supervised;
mod templates;
