//! Routes of operators and their tokens, of the audit trail and of backups.

use axum::http::StatusCode;

use super::Need::{Right, SelfOr};
use super::Place::Unscoped;
use super::row::{Row, delete, get, patch, post};
use crate::sics::{audit, backup, operators};

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/sics/v1/operators", Right("Operators_Read"), Unscoped, operators::list)
            .says("listOperators", "Accounts, of people and servers").gives("OperatorsView"),
        post("/sics/v1/operators", Right("Operators_Manage"), Unscoped, operators::add)
            .says("addOperator", "Add an account").takes("NewOperatorBody").gives("OperatorView").status(StatusCode::CREATED),
        get("/sics/v1/operators/{operator}", SelfOr("Operators_Read"), Unscoped, operators::show)
            .says("showOperator", "One account").gives("OperatorView"),
        patch("/sics/v1/operators/{operator}", Right("Operators_Manage"), Unscoped, operators::change)
            .says("changeOperator", "Change password, rights, scope, or disable").takes("OperatorBody").gives("OperatorView"),
        delete("/sics/v1/operators/{operator}", Right("Operators_Manage"), Unscoped, operators::remove)
            .says("removeOperator", "Remove an account with its tokens"),
        get("/sics/v1/operators/{operator}/tokens", SelfOr("Operators_Read"), Unscoped, operators::tokens)
            .says("listTokens", "Tokens of an account, without their secret").gives("TokensView"),
        post("/sics/v1/operators/{operator}/tokens", SelfOr("Operators_Manage"), Unscoped, operators::add_token)
            .says("addToken", "A new token; it is shown once").takes("NewTokenBody").gives("TokenView").status(StatusCode::CREATED),
        delete("/sics/v1/operators/{operator}/tokens/{token}", SelfOr("Operators_Manage"), Unscoped, operators::remove_token)
            .says("removeToken", "Withdraw a token"),
        get("/sics/v1/audit", Right("Audit_Read"), Unscoped, audit::list)
            .says("readAudit", "The audit trail, oldest first")
            .asks(&[("after", "entries behind this number"), ("limit", "entries a page, 1 to 1000 (100)")]).gives("AuditView"),
        get("/sics/v1/audit/verify", Right("Audit_Read"), Unscoped, audit::verify)
            .says("verifyAudit", "Walk the chain of the audit trail").gives("AuditVerdictView"),
        get("/sics/v1/audit/export", Right("Audit_Export"), Unscoped, audit::export)
            .says("exportAudit", "The whole trail, one JSON object a line"),
        post("/sics/v1/backup", Right("Bus_Backup"), Unscoped, backup::write)
            .says("backup", "Write a backup on the bus's machine, for callers on it")
            .takes("BackupBody").gives("BackupView").status(StatusCode::CREATED),
    ]
}
