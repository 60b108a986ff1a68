//! Operators and their tokens, roles, the audit trail and backups.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    AccessReviewView, AuditExportQuery, AuditQuery, AuditVerdictView, AuditVerifyQuery, AuditView, ConfirmQuery,
    EvidenceKeyView, EvidenceQuery, GiveBody, NewOperatorBody, NewRoleBody, NewTokenBody, OperatorBody, OperatorView,
    OperatorsView, RoleBody, RoleView, RolesView, TokenView, TokensView,
};

operations! {
    /// Accounts of people and servers
    list_operators() GET "/sics/v1/operators" => 200 OperatorsView;
    /// Add an account
    add_operator() POST "/sics/v1/operators" body NewOperatorBody, => 201 OperatorView, or waits;
    /// One account
    show_operator(operator) GET "/sics/v1/operators/{operator}" => 200 OperatorView;
    /// Change password, rights or scope, or disable; your own password requires the current one
    change_operator(operator) PATCH "/sics/v1/operators/{operator}" query ConfirmQuery, body OperatorBody, => 200 OperatorView, or waits;
    /// Remove an account and its tokens
    remove_operator(operator) DELETE "/sics/v1/operators/{operator}" => 204, or waits;
    /// Tokens of an account, without their secret
    list_tokens(operator) GET "/sics/v1/operators/{operator}/tokens" => 200 TokensView;
    /// Create a token; it is shown once
    add_token(operator) POST "/sics/v1/operators/{operator}/tokens" body NewTokenBody, => 201 TokenView, or waits;
    /// Revoke a token
    remove_token(operator, token) DELETE "/sics/v1/operators/{operator}/tokens/{token}" => 204;
    /// Give an account a role, for a scope
    give_role(operator, role) PUT "/sics/v1/operators/{operator}/roles/{role}" query ConfirmQuery, body GiveBody, => 200 OperatorView, or waits;
    /// Take a role from an account
    take_role(operator, role) DELETE "/sics/v1/operators/{operator}/roles/{role}" query ConfirmQuery, => 204, or waits;
    /// Roles with their rights and holders: system, product and custom roles
    list_roles() GET "/sics/v1/roles" => 200 RolesView;
    /// Create a role
    add_role() POST "/sics/v1/roles" body NewRoleBody, => 201 RoleView;
    /// One role
    show_role(role) GET "/sics/v1/roles/{role}" => 200 RoleView;
    /// Change rights or summary of a custom role
    change_role(role) PATCH "/sics/v1/roles/{role}" query ConfirmQuery, body RoleBody, => 200 RoleView, or waits;
    /// Remove a custom role, and take it from all holders
    remove_role(role) DELETE "/sics/v1/roles/{role}" query ConfirmQuery, => 204, or waits;
    /// Who holds which right: by itself or by which role, for where, since when, given by whom
    review_access() GET "/sics/v1/access-review" => 200 AccessReviewView;
    /// The audit trail, filtered, oldest or newest first
    read_audit() GET "/sics/v1/audit" query AuditQuery, => 200 AuditView;
    /// Verify the chain of the audit trail, and that its end was not cut off: by the last number issued, the daily logs, and a head
    verify_audit() GET "/sics/v1/audit/verify" query AuditVerifyQuery, => 200 AuditVerdictView;
    /// The public key that signs evidence; made with the first request for it
    show_evidence_key() GET "/sics/v1/evidence/key" => 200 EvidenceKeyView;
    files:
    /// The whole trail, or the entries that match, one JSON object per line
    export_audit() GET "/sics/v1/audit/export", query AuditExportQuery;
    /// Evidence of a period: a signed ZIP of approvals, actions, loosenings, emergencies, accounts and the audit trail
    make_evidence() GET "/sics/v1/evidence", query EvidenceQuery;
    /// Back up the whole store: the response is an SQLite file, its length and SHA-256 are in the headers
    backup() POST "/sics/v1/backup";
}
