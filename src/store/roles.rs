//! Roles, and who holds them. Whatever changes what people may do is committed only while an administrator is left.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{read_json, read_optional_json, read_time, read_word};
use super::operators::{AssignedRole, OperatorKind, OperatorRow, list_operators};
use super::sql_values::{to_json, to_millis};
use super::{Store, StoreError};
use crate::contract::RoleOrigin;
use crate::model::{OperatorId, Right, RightScope, RoleName, SYSTEM_ROLES, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    pub name: RoleName,
    pub rights: Vec<Right>,
    pub summary: String,
    /// The product that it came with; `None`: the operators' own.
    pub product: Option<String>,
    pub changed_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct NewRole {
    pub name: RoleName,
    pub rights: Vec<Right>,
    pub summary: String,
}

const COLUMNS: &str = "name, rights, summary, product, changed_at";

fn role_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<RoleRow> {
    Ok(RoleRow {
        name: read_word(row, "name")?,
        rights: read_json(row, "rights")?,
        summary: row.get("summary")?,
        product: row.get("product")?,
        changed_at: read_time(row, "changed_at")?,
    })
}

/// What the accounts hold; of `one`, or of everybody. A role that is no more gives nothing.
pub(super) fn list_assigned_roles(
    connection: &Connection,
    one: Option<OperatorId>,
) -> Result<BTreeMap<OperatorId, Vec<AssignedRole>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT h.operator, h.role, h.scope, r.rights FROM role_held h LEFT JOIN role r ON r.name = h.role
         WHERE ?1 IS NULL OR h.operator = ?1 ORDER BY h.operator, h.role",
    )?;
    let mut rows = statement.query([one.map(|id| id.0)])?;
    let mut found: BTreeMap<OperatorId, Vec<AssignedRole>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let name: RoleName = read_word(row, "role")?;
        let rights: Vec<Right> = match name.system_role() {
            Some(role) => role.rights.iter().filter_map(|right| right.parse().ok()).collect(),
            None => read_optional_json(row, "rights")?.unwrap_or_default(),
        };
        let operator = OperatorId(row.get("operator")?);
        found.entry(operator).or_default().push(AssignedRole {
            role: name,
            rights,
            scope: read_json(row, "scope")?,
        });
    }
    Ok(found)
}

/// Whether somebody could manage operators everywhere, before something changed.
pub(super) struct AdministratorGuard {
    had_administrator: bool,
}

impl AdministratorGuard {
    pub(crate) fn from_current(connection: &Connection) -> Result<Self, StoreError> {
        Ok(AdministratorGuard {
            had_administrator: has_administrator(connection)?,
        })
    }

    /// An error rolls the change back.
    pub(crate) fn check_one_left(self, connection: &Connection) -> Result<(), StoreError> {
        if self.had_administrator && !has_administrator(connection)? {
            Err(StoreError::LastAdministrator)
        } else {
            Ok(())
        }
    }
}

fn has_administrator(connection: &Connection) -> Result<bool, StoreError> {
    Ok(list_operators(connection)?.iter().any(is_administrator))
}

/// A person who can sign in with a password and manage operators everywhere. The bus's own account has none.
fn is_administrator(row: &OperatorRow) -> bool {
    let is_person = row.kind == OperatorKind::Person && row.password_hash.is_some();
    is_person && !row.disabled && row.has_right_everywhere("Operators_Manage")
}

pub(super) fn find_role(connection: &Connection, name: &RoleName) -> Result<Option<RoleRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM role WHERE name = ?1"))?;
    Ok(statement.query_row([name.as_str()], role_from_row).optional()?)
}

/// By name.
pub(super) fn query_roles(connection: &Connection) -> Result<Vec<RoleRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM role ORDER BY name"))?;
    let rows = statement.query_map([], role_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn unknown_role(name: &RoleName) -> StoreError {
    StoreError::Unknown {
        what: "role",
        name: name.to_string(),
    }
}

impl Store {
    /// Those of operators and products; the system's own are not kept here.
    pub async fn list_roles(&self) -> Result<Vec<RoleRow>, StoreError> {
        self.read(query_roles).await
    }

    pub async fn find_role(&self, name: RoleName) -> Result<Option<RoleRow>, StoreError> {
        self.read(move |connection| find_role(connection, &name)).await
    }

    /// One of the operators' own.
    pub async fn add_role(&self, new: NewRole) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            if new.name.system_role().is_some() || find_role(connection, &new.name)?.is_some() {
                return Err(StoreError::Exists {
                    what: "role",
                    name: new.name.to_string(),
                });
            }
            connection.execute(
                "INSERT INTO role (name, rights, summary, product, changed_at) VALUES (?1, ?2, ?3, NULL, ?4)",
                params![new.name.as_str(), to_json(&new.rights), new.summary, now],
            )?;
            Ok(())
        })
        .await
    }

    /// The roles of a product. Without `replace` only those that are new come: rights of those that are held change when
    /// somebody updates the product, and at no other time. A name that somebody else has stays theirs.
    pub async fn set_product_roles(
        &self,
        product: String,
        roles: Vec<NewRole>,
        replace: bool,
    ) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| set_product_roles(connection, &product, roles, replace, now))
            .await
    }

    /// Gives a role to an account for a scope; the one it had it for before is replaced. For what belongs to the bus
    /// itself; what people ask for goes through [`Store::change_accounts`].
    pub async fn assign_role(&self, operator: OperatorId, role: RoleName, scope: RightScope) -> Result<(), StoreError> {
        self.write(move |connection| assign_role(connection, operator, &role, &scope))
            .await
    }
}

/// What is `None` stays. One of the operators' own; whoever asks has looked.
pub(super) fn update_role(
    connection: &Connection,
    name: &RoleName,
    rights: Option<&[Right]>,
    summary: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let guard = AdministratorGuard::from_current(connection)?;
    let changed = connection.execute(
        "UPDATE role SET rights = coalesce(?2, rights), summary = coalesce(?3, summary), changed_at = ?4
         WHERE name = ?1 AND product IS NULL",
        params![
            name.as_str(),
            rights.map(|rights| to_json(&rights)),
            summary,
            to_millis(now)
        ],
    )?;
    if changed == 0 {
        return Err(unknown_role(name));
    }
    guard.check_one_left(connection)
}

/// Takes it from everybody who holds it, too.
pub(super) fn remove(connection: &Connection, name: &RoleName) -> Result<(), StoreError> {
    let guard = AdministratorGuard::from_current(connection)?;
    let removed = connection.execute("DELETE FROM role WHERE name = ?1 AND product IS NULL", [name.as_str()])?;
    if removed == 0 {
        return Err(unknown_role(name));
    }
    connection.execute("DELETE FROM role_held WHERE role = ?1", [name.as_str()])?;
    guard.check_one_left(connection)
}

/// The scope that an account had a role for before is replaced.
pub(super) fn assign_role(
    connection: &Connection,
    operator: OperatorId,
    role: &RoleName,
    scope: &RightScope,
) -> Result<(), StoreError> {
    if role.system_role().is_none() && find_role(connection, role)?.is_none() {
        return Err(unknown_role(role));
    }
    let guard = AdministratorGuard::from_current(connection)?;
    let name = role.system_role().map_or(role.as_str(), |role| role.name);
    connection.execute(
        "INSERT INTO role_held (operator, role, scope) VALUES (?1, ?2, ?3)
         ON CONFLICT (operator, role) DO UPDATE SET scope = ?3",
        params![operator.0, name, to_json(&scope)],
    )?;
    guard.check_one_left(connection)
}

/// False where the account does not hold it.
pub(super) fn revoke_role(connection: &Connection, operator: OperatorId, role: &RoleName) -> Result<bool, StoreError> {
    let guard = AdministratorGuard::from_current(connection)?;
    let taken = connection.execute(
        "DELETE FROM role_held WHERE operator = ?1 AND role = ?2",
        params![operator.0, role.as_str()],
    )?;
    guard.check_one_left(connection)?;
    Ok(taken > 0)
}

/// The roles of a product, as [`Store::set_product_roles`] has them.
pub(super) fn set_product_roles(
    connection: &Connection,
    product: &str,
    roles: Vec<NewRole>,
    replace: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let guard = AdministratorGuard::from_current(connection)?;
    let new_roles: Vec<NewRole> = roles
        .into_iter()
        .filter(|role| role.name.system_role().is_none())
        .collect();
    let mut known = connection.prepare_cached("SELECT name FROM role WHERE product = ?1")?;
    let known: Vec<String> = known
        .query_map([product], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in known {
        if replace
            && !new_roles
                .iter()
                .any(|role| role.name.as_str().eq_ignore_ascii_case(&name))
        {
            connection.execute("DELETE FROM role WHERE name = ?1", [&name])?;
            connection.execute("DELETE FROM role_held WHERE role = ?1", [&name])?;
        }
    }
    for role in new_roles {
        connection.execute(
            "INSERT INTO role (name, rights, summary, product, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE SET rights = ?2, summary = ?3, changed_at = ?5
             WHERE ?6 AND product = ?4 AND (rights <> ?2 OR summary <> ?3)",
            params![
                role.name.as_str(),
                to_json(&role.rights),
                role.summary,
                product,
                to_millis(now),
                replace
            ],
        )?;
    }
    guard.check_one_left(connection)
}

/// Every role there is, those of the system first.
pub fn with_system_roles(rows: Vec<RoleRow>) -> Vec<(RoleRow, RoleOrigin)> {
    let system = SYSTEM_ROLES.iter().filter_map(|role| {
        let row = RoleRow {
            name: role.name.parse().ok()?,
            rights: role.rights.iter().filter_map(|right| right.parse().ok()).collect(),
            summary: role.summary.to_owned(),
            product: None,
            changed_at: Timestamp::UNIX_EPOCH,
        };
        Some((row, RoleOrigin::System))
    });
    let rest = rows.into_iter().map(|row| {
        let origin = if row.product.is_some() {
            RoleOrigin::Product
        } else {
            RoleOrigin::Own
        };
        (row, origin)
    });
    system.chain(rest).collect()
}
