//! Routes of operators and their tokens, of the audit trail and of backups.

use axum::http::StatusCode;

use super::CONFIRM;
use super::Need::{Right, SelfOr};
use super::Place::Unscoped;
use super::row::{Row, delete, get, patch, post, put};
use crate::model::Loosens;
use crate::sics::{audit, backup, operators, roles};

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/sics/v1/operators", Right("Operators_Read"), Unscoped, operators::list)
            .says("listOperators", "Accounts, of people and servers").gives("OperatorsView"),
        post("/sics/v1/operators", Right("Operators_Manage"), Unscoped, operators::add)
            .loosens(Loosens::ByPower).says("addOperator", "Add an account").takes("NewOperatorBody").gives("OperatorView").status(StatusCode::CREATED),
        get("/sics/v1/operators/{operator}", SelfOr("Operators_Read"), Unscoped, operators::show)
            .before_password().says("showOperator", "One account").gives("OperatorView"),
        patch("/sics/v1/operators/{operator}", SelfOr("Operators_Manage"), Unscoped, operators::change)
            .loosens(Loosens::ByPower).before_password()
            .says("changeOperator", "Change password, rights, scope, or disable; one's own password, with the one that holds").asks(CONFIRM).takes("OperatorBody").gives("OperatorView"),
        delete("/sics/v1/operators/{operator}", Right("Operators_Manage"), Unscoped, operators::remove)
            .loosens(Loosens::ByPower).says("removeOperator", "Remove an account with its tokens"),
        get("/sics/v1/operators/{operator}/tokens", SelfOr("Operators_Read"), Unscoped, operators::tokens)
            .says("listTokens", "Tokens of an account, without their secret").gives("TokensView"),
        post("/sics/v1/operators/{operator}/tokens", SelfOr("Operators_Manage"), Unscoped, operators::add_token)
            .loosens(Loosens::ByPower).says("addToken", "A new token; it is shown once").takes("NewTokenBody").gives("TokenView").status(StatusCode::CREATED),
        delete("/sics/v1/operators/{operator}/tokens/{token}", SelfOr("Operators_Manage"), Unscoped, operators::remove_token)
            .loosens(Loosens::Never).says("removeToken", "Withdraw a token"),
        put("/sics/v1/operators/{operator}/roles/{role}", Right("Operators_Manage"), Unscoped, roles::give)
            .loosens(Loosens::ByPower).says("giveRole", "Give an account a role, for a scope").asks(CONFIRM).takes("GiveBody").gives("OperatorView").status(StatusCode::OK),
        delete("/sics/v1/operators/{operator}/roles/{role}", Right("Operators_Manage"), Unscoped, roles::take)
            .loosens(Loosens::ByPower).says("takeRole", "Take a role from an account").asks(CONFIRM),
        get("/sics/v1/roles", Right("Operators_Read"), Unscoped, roles::list)
            .says("listRoles", "Roles with their rights and holders: the system's, products' and own").gives("RolesView"),
        post("/sics/v1/roles", Right("Operators_Manage"), Unscoped, roles::add)
            .loosens(Loosens::Never).says("addRole", "Make a role").takes("NewRoleBody").gives("RoleView").status(StatusCode::CREATED),
        get("/sics/v1/roles/{role}", Right("Operators_Read"), Unscoped, roles::show)
            .says("showRole", "One role").gives("RoleView"),
        patch("/sics/v1/roles/{role}", Right("Operators_Manage"), Unscoped, roles::change)
            .loosens(Loosens::ByPower).says("changeRole", "Change rights or summary of an own role").asks(CONFIRM).takes("RoleBody").gives("RoleView"),
        delete("/sics/v1/roles/{role}", Right("Operators_Manage"), Unscoped, roles::remove)
            .loosens(Loosens::ByPower).says("removeRole", "Remove an own role, and take it from whoever holds it").asks(CONFIRM),
        get("/sics/v1/audit", Right("Audit_Read"), Unscoped, audit::list)
            .says("readAudit", "The audit trail, oldest first")
            .asks(&[("after", "entries behind this number"), ("limit", "entries a page, 1 to 1000 (100)")]).gives("AuditView"),
        get("/sics/v1/audit/verify", Right("Audit_Read"), Unscoped, audit::verify)
            .says("verifyAudit", "Walk the chain of the audit trail, and look whether its end was cut off: by the number given out last, the daily logs, and a head")
            .asks(&[("head", "a head that was written down: its hash, or hash:entry")]).gives("AuditVerdictView"),
        get("/sics/v1/audit/export", Right("Audit_Export"), Unscoped, audit::export)
            .says("exportAudit", "The whole trail, one JSON object a line"),
        post("/sics/v1/backup", Right("Bus_Backup"), Unscoped, backup::take)
            .loosens(Loosens::Never).says("backup", "A backup of the whole store as the answer: an SQLite file, its length and SHA-256 in the head"),
    ]
}
