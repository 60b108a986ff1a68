//! The console as people use it: in a real browser, over the whole bus. Pages and names are found by what a reader of the
//! page has: its words (by their keys in `crates/web-console/locale`), its fields, its addresses.

mod brake;
mod hostile_names;
mod installation;
mod jobs;
mod kill_switch;
mod limited;
mod live_list;
mod looks;
mod orders;
mod people;
mod registration;
mod scene;
mod second_factor;
mod server_webhook;
mod shop;
mod signing_in;
mod suspensions;
mod targets;
mod targets_snipe_it;
mod texts;
mod untrusted_proxy;
mod walk;
mod walker;
mod wizard;
