//! What the adapters of targets do with real servers: a value that OCS would change, a computer that it has locked, a row that
//! PostgreSQL refuses, rights, certificates, and servers that are killed; and what stands in files. How a whole target behaves is in `targets`.

mod file;
mod ocs;
mod ocs_killed;
mod postgresql;
mod postgresql_access;
mod samples;
