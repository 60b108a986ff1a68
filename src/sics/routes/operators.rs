//! Routes of operators and their tokens, of the audit trail and of backups.

use axum::http::StatusCode;

use super::AccessRule::{Right, SelfOr};
use super::AccessScope::Unscoped;
use super::CONFIRM;
use super::route::{RouteEntry, delete, get, patch, post, put};
use crate::model::RelaxationRule;
use crate::sics::{audit, backup, operators, roles};

#[rustfmt::skip]
pub(super) fn operator_routes() -> Vec<RouteEntry> {
    vec![
        get("/sics/v1/operators", Right("Operators_Read"), Unscoped, operators::list_operators)
            .operation("listOperators", "Accounts of people and servers").response("OperatorsView"),
        post("/sics/v1/operators", Right("Operators_Manage"), Unscoped, operators::add_operator)
            .relaxation_rule(RelaxationRule::ByPower).operation("addOperator", "Add an account").body("NewOperatorBody").response("OperatorView").status(StatusCode::CREATED),
        get("/sics/v1/operators/{operator}", SelfOr("Operators_Read"), Unscoped, operators::show_operator)
            .allow_before_password().operation("showOperator", "One account").response("OperatorView"),
        patch("/sics/v1/operators/{operator}", SelfOr("Operators_Manage"), Unscoped, operators::change_operator)
            .relaxation_rule(RelaxationRule::ByPower).allow_before_password()
            .operation("changeOperator", "Change password, rights or scope, or disable; your own password requires the current one").query(CONFIRM).body("OperatorBody").response("OperatorView"),
        delete("/sics/v1/operators/{operator}", Right("Operators_Manage"), Unscoped, operators::remove)
            .relaxation_rule(RelaxationRule::ByPower).operation("removeOperator", "Remove an account and its tokens"),
        get("/sics/v1/operators/{operator}/tokens", SelfOr("Operators_Read"), Unscoped, operators::list_tokens)
            .operation("listTokens", "Tokens of an account, without their secret").response("TokensView"),
        post("/sics/v1/operators/{operator}/tokens", SelfOr("Operators_Manage"), Unscoped, operators::add_token)
            .relaxation_rule(RelaxationRule::ByPower).operation("addToken", "Create a token; it is shown once").body("NewTokenBody").response("TokenView").status(StatusCode::CREATED),
        delete("/sics/v1/operators/{operator}/tokens/{token}", SelfOr("Operators_Manage"), Unscoped, operators::remove_token)
            .relaxation_rule(RelaxationRule::Never).operation("removeToken", "Revoke a token"),
        put("/sics/v1/operators/{operator}/roles/{role}", Right("Operators_Manage"), Unscoped, roles::grant_role)
            .relaxation_rule(RelaxationRule::ByPower).operation("giveRole", "Give an account a role, for a scope").query(CONFIRM).body("GiveBody").response("OperatorView").status(StatusCode::OK),
        delete("/sics/v1/operators/{operator}/roles/{role}", Right("Operators_Manage"), Unscoped, roles::revoke_role)
            .relaxation_rule(RelaxationRule::ByPower).operation("takeRole", "Take a role from an account").query(CONFIRM),
        get("/sics/v1/roles", Right("Operators_Read"), Unscoped, roles::list_roles)
            .operation("listRoles", "Roles with their rights and holders: system, product and custom roles").response("RolesView"),
        post("/sics/v1/roles", Right("Operators_Manage"), Unscoped, roles::add_role)
            .relaxation_rule(RelaxationRule::Never).operation("addRole", "Create a role").body("NewRoleBody").response("RoleView").status(StatusCode::CREATED),
        get("/sics/v1/roles/{role}", Right("Operators_Read"), Unscoped, roles::show_role)
            .operation("showRole", "One role").response("RoleView"),
        patch("/sics/v1/roles/{role}", Right("Operators_Manage"), Unscoped, roles::change_role)
            .relaxation_rule(RelaxationRule::ByPower).operation("changeRole", "Change rights or summary of a custom role").query(CONFIRM).body("RoleBody").response("RoleView"),
        delete("/sics/v1/roles/{role}", Right("Operators_Manage"), Unscoped, roles::remove)
            .relaxation_rule(RelaxationRule::ByPower).operation("removeRole", "Remove a custom role, and take it from all holders").query(CONFIRM),
        get("/sics/v1/audit", Right("Audit_Read"), Unscoped, audit::read_audit)
            .operation("readAudit", "The audit trail, oldest first")
            .query(&[("after", "entries after this number"), ("limit", "entries per page, 1 to 1000 (100)")]).response("AuditView"),
        get("/sics/v1/audit/verify", Right("Audit_Read"), Unscoped, audit::verify_audit)
            .operation("verifyAudit", "Verify the chain of the audit trail, and that its end was not cut off: by the last number issued, the daily logs, and a head")
            .query(&[("head", "a previously noted head: its hash, or hash:entry")]).response("AuditVerdictView"),
        get("/sics/v1/audit/export", Right("Audit_Export"), Unscoped, audit::export_audit)
            .operation("exportAudit", "The whole trail, one JSON object per line"),
        post("/sics/v1/backup", Right("Bus_Backup"), Unscoped, backup::stream_backup)
            .relaxation_rule(RelaxationRule::Never).operation("backup", "Back up the whole store: the response is an SQLite file, its length and SHA-256 are in the headers"),
    ]
}
