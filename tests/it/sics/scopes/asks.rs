//! What is asked of each route. A route that is not here fails the walk.

use serde_json::{Value, json};

use super::town::Ids;
use crate::sics::bus::PASSWORD;
use crate::whole::INSTANCE;

pub type Ask = (String, Value);

pub enum Asks {
    /// Things by their names: theirs and nobody's have to be answered alike.
    Named(fn(&Ids) -> Vec<Ask>),
    /// What of theirs is told to the administrator and left out for the other: lists, and things that are shared.
    Told(Vec<Ask>),
    /// Nobody whose rights are limited gets in.
    Refused(Value),
    /// Tells the same to everybody, and nothing of any instance.
    Common(Value),
}

use Asks::{Common, Named, Refused, Told};

/// Without a body worth mentioning.
fn plain(paths: &[String]) -> Vec<Ask> {
    paths.iter().map(|path| (path.clone(), json!({}))).collect()
}

fn told(paths: &[&str]) -> Option<Asks> {
    Some(Told(paths.iter().map(|path| ((*path).to_owned(), json!({}))).collect()))
}

pub fn of(operation: &str) -> Asks {
    let found = general(operation)
        .or_else(|| servers(operation))
        .or_else(|| inventory(operation))
        .or_else(|| products(operation))
        .or_else(|| jobs_of_servers(operation))
        .or_else(|| jobs(operation))
        .or_else(|| power(operation))
        .or_else(|| workflows(operation))
        .or_else(|| people(operation))
        .or_else(|| sessions(operation))
        .or_else(|| compliance(operation))
        .or_else(|| views(operation))
        .or_else(|| reports(operation))
        .or_else(|| orders(operation))
        .or_else(|| targets(operation))
        .or_else(|| notices(operation));
    found.unwrap_or_else(|| panic!("{operation}: what is asked of this route? Add it to {}", file!()))
}

fn general(operation: &str) -> Option<Asks> {
    Some(match operation {
        "alive" | "openapi" => Common(json!({})),
        "metrics" | "read_log" => Refused(json!({})),
        "test_connection" => return told(&["/sics/v1"]),
        "show_summary" => return told(&["/sics/v1/summary"]),
        "list_attention" => return told(&["/sics/v1/attention"]),
        // Without its header it tells nothing but that; what the stream tells is in sics/overview/events.rs.
        "watch_events" => Common(json!({})),
        _ => return None,
    })
}

fn servers(operation: &str) -> Option<Asks> {
    Some(match operation {
        "list_servers" => return told(&["/sics/v1/servers"]),
        // An id that is taken can't be had, and that can't be hidden; nothing more is told.
        "announce_server" => Refused(json!({"displayName": "mine"})),
        "show_server" => Named(|ids| plain(&[format!("/sics/v1/servers/{}", ids.server)])),
        "limit_server" => Named(|ids| {
            let body = json!({"sendsJobs": false});
            vec![(format!("/sics/v1/servers/{}", ids.server), body)]
        }),
        "remove_server" => Named(|ids| plain(&[format!("/sics/v1/servers/{}?confirm=9", ids.server)])),
        "accept_server" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/accept", ids.server)])),
        "read_changes" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/changes", ids.server)])),
        "acknowledge_changes" => Named(|ids| {
            let path = format!("/sics/v1/servers/{}/changes/ack", ids.server);
            vec![(path, json!({"cursor": "x"}))]
        }),
        "reject_changes" => Named(|ids| {
            let reject = json!({"instance": ids.instance, "deviceId": ids.device, "seq": 1, "reason": "mine"});
            let path = format!("/sics/v1/servers/{}/changes/rejects", ids.server);
            vec![(path, json!({"rejects": [reject]}))]
        }),
        "list_rejects" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/changes/rejects", ids.server)])),
        "resend_device" => Named(|ids| {
            let path = format!("/sics/v1/servers/{}/changes/resend", ids.server);
            let shared = "/sics/v1/servers/cmdb/changes/resend".to_owned();
            vec![
                (path, json!({"deviceId": ids.device})),
                (shared.clone(), json!({"deviceId": ids.device})),
                (shared, json!({"deviceId": ids.device, "instance": ids.instance})),
            ]
        }),
        "rewind_server" => Named(|ids| {
            let path = format!("/sics/v1/servers/{}/rewind", ids.server);
            let shared = "/sics/v1/servers/cmdb/rewind".to_owned();
            vec![
                (path, json!({"to": 0})),
                (shared, json!({"to": 0, "instance": ids.instance})),
            ]
        }),
        "resync_server" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/resync", ids.server)])),
        "set_server_webhook" => Named(|ids| {
            let body = json!({"url": "https://mine.example/hook"});
            vec![(format!("/sics/v1/servers/{}/webhook", ids.server), body)]
        }),
        "remove_server_webhook" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/webhook", ids.server)])),
        "roll_server_webhook" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/webhook/roll", ids.server)])),
        "test_server_webhook" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/webhook/test", ids.server)])),
        _ => return None,
    })
}

fn inventory(operation: &str) -> Option<Asks> {
    let instance = |rest: &'static str| match rest {
        "" => Named(|ids| plain(&[format!("/sics/v1/instances/{}", ids.instance)])),
        "?confirm" => Named(|ids| plain(&[format!("/sics/v1/instances/{}?confirm=9", ids.instance)])),
        "/brake" => Named(|ids| plain(&[format!("/sics/v1/instances/{}/brake", ids.instance)])),
        "/snapshot" => Named(|ids| plain(&[format!("/sics/v1/instances/{}/snapshot", ids.instance)])),
        "/start" => Named(|ids| both_members(ids, "start")),
        "/stop" => Named(|ids| both_members(ids, "stop")),
        _ => Named(|ids| both_members(ids, "restart")),
    };
    let by_body = |path: &'static str| match path {
        "/sics/v1/scans" => Named(|ids| {
            let body = json!({"instance": ids.instance, "kind": "full"});
            vec![("/sics/v1/scans".into(), body)]
        }),
        _ => Named(|ids| vec![("/sics/v1/scans/dry-run".into(), json!({"instance": ids.instance}))]),
    };
    Some(match operation {
        "list_devices" => {
            return told(&[
                "/sics/v1/devices?limit=1000",
                "/sics/v1/devices?limit=1000&sort=deviceName",
                "/sics/v1/devices?limit=1000&sort=model&count=true",
            ]);
        }
        "export_devices" => return told(&["/sics/v1/devices/export"]),
        "show_device" => Named(|ids| {
            plain(&[
                format!("/sics/v1/devices/{}/{}", ids.instance, ids.device),
                format!("/sics/v1/devices/{INSTANCE}/{}", ids.device),
            ])
        }),
        "show_device_history" => Named(|ids| {
            plain(&[
                format!("/sics/v1/devices/{}/{}/history", ids.instance, ids.device),
                format!("/sics/v1/devices/{INSTANCE}/{}/history", ids.device),
            ])
        }),
        "list_instances" => return told(&["/sics/v1/instances"]),
        "add_instance" => Refused(json!({"tenant_id": "x"})),
        "show_instance" => instance(""),
        "change_instance" => Named(|ids| {
            let path = format!("/sics/v1/instances/{}", ids.instance);
            vec![(path, json!({"enrich": "new"}))]
        }),
        "remove_instance" => instance("?confirm"),
        "show_brake" => instance("/brake"),
        "confirm_gone" => Named(|ids| {
            let path = format!("/sics/v1/instances/{}/confirm-gone", ids.instance);
            vec![(path, json!({"digest": "00", "count": 1}))]
        }),
        "show_snapshot" => instance("/snapshot"),
        "confirm_complete" => Named(|ids| {
            let path = format!("/sics/v1/instances/{}/confirm-complete", ids.instance);
            vec![(path, json!({"digest": "00", "count": 1}))]
        }),
        "list_fields" => Common(json!({})),
        "list_scans" => return told(&["/sics/v1/scans"]),
        "start_scan" => by_body("/sics/v1/scans"),
        "preview_scan" => by_body("/sics/v1/scans/dry-run"),
        // The servers that receive the first instance are told, and no others.
        "verify" => Told(vec![("/sics/v1/verify".into(), json!({"instance": INSTANCE}))]),
        "list_supervisors" => return told(&["/sics/v1/supervisors"]),
        "start_instance" => instance("/start"),
        "stop_instance" => instance("/stop"),
        "restart_instance" => instance("/restart"),
        "set_start_type" => Named(|ids| {
            let path = format!("/sics/v1/instances/{}/start-type", ids.instance);
            vec![(path, json!({"startType": "disabled"}))]
        }),
        _ => return None,
    })
}

fn both_members(ids: &Ids, order: &str) -> Vec<Ask> {
    plain(&[
        format!("/sics/v1/instances/{}/{order}", ids.instance),
        format!("/sics/v1/instances/{}/{order}", ids.engine),
    ])
}

fn products(operation: &str) -> Option<Asks> {
    const PRODUCT: &str = "/sics/v1/products/intune-connector";
    Some(match operation {
        "list_products" => return told(&["/sics/v1/products"]),
        "show_product" => return told(&[PRODUCT]),
        "plan_update" | "show_icon" | "show_template" | "show_schema" | "list_trusted_keys" => Common(json!({})),
        "next_runs" => Common(json!({"schedule": "every 4h"})),
        "add_product" => Refused(json!({"package": ""})),
        "trust_key" => Refused(json!({"pem": ""})),
        "update_product" | "remove_product" | "distrust_key" => Refused(json!({})),
        "validate_answers" | "run_wizard_action" | "begin_registration" | "check_registration" => {
            Refused(json!({"answers": {}}))
        }
        "show_registration" => Refused(json!({})),
        "install" => Refused(json!({"answers": {}, "anyway": []})),
        "list_installations" => return told(&["/sics/v1/installations"]),
        "show_installation" | "uninstall" => Named(|ids| plain(&[format!("/sics/v1/installations/{}", ids.instance)])),
        "show_answers" => Named(|ids| plain(&[format!("/sics/v1/installations/{}/answers", ids.instance)])),
        "change_installation" => Named(|ids| {
            let path = format!("/sics/v1/installations/{}", ids.instance);
            vec![(path, json!({"answers": {"profile": "mine"}}))]
        }),
        "begin_renewal" => Named(|ids| plain(&[format!("/sics/v1/installations/{}/registrations", ids.instance)])),
        "show_renewal" => Named(|ids| plain(&[renewal(ids, "")])),
        "check_renewal" => Named(|ids| plain(&[renewal(ids, "/check")])),
        "run_installed_action" => {
            let path = format!("/sics/v1/installations/{INSTANCE}/actions/prerequisites");
            Told(vec![(path, json!({"answers": {}}))])
        }
        _ => return None,
    })
}

fn renewal(ids: &Ids, rest: &str) -> String {
    let id = "5d4b1f4e-3a52-4a4b-9c8e-2f1f7c2f0d11";
    format!("/sics/v1/installations/{}/registrations/{id}{rest}", ids.instance)
}

fn jobs_of_servers(operation: &str) -> Option<Asks> {
    Some(match operation {
        "send_job" => Named(|ids| {
            let body = json!({"action": "sync", "devices": [{"id": ids.device, "seq": 1}]});
            vec![(format!("/sics/v1/servers/{}/jobs", ids.server), body)]
        }),
        "list_jobs_of_server" => return told(&["/sics/v1/servers/cmdb/jobs"]),
        "show_job_of_server" => Named(|ids| {
            plain(&[
                format!("/sics/v1/servers/{}/jobs/{}", ids.server, ids.job_name),
                format!("/sics/v1/servers/cmdb/jobs/{}", ids.shared_job),
                format!("/sics/v1/servers/cmdb/jobs/{}", ids.job_name),
            ])
        }),
        "cancel_job_of_server" => Named(|ids| {
            plain(&[
                format!("/sics/v1/servers/{}/jobs/{}", ids.server, ids.job_name),
                format!("/sics/v1/servers/cmdb/jobs/{}", ids.shared_job),
            ])
        }),
        "show_secrets_of_server" => Named(|ids| {
            let (server, job) = (&ids.server, &ids.job_name);
            plain(&[format!(
                "/sics/v1/servers/{server}/jobs/{job}/tasks/{}/secrets",
                ids.task
            )])
        }),
        "read_results" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/results", ids.server)])),
        "acknowledge_results" => Named(|ids| {
            let path = format!("/sics/v1/servers/{}/results/ack", ids.server);
            vec![(path, json!({"position": 1}))]
        }),
        _ => return None,
    })
}

fn jobs(operation: &str) -> Option<Asks> {
    Some(match operation {
        "list_actions" => Common(json!({})),
        "send_own_job" => Named(|ids| {
            let devices = json!([{"id": ids.device, "seq": 1}]);
            let bodies = [
                json!({"action": "sync", "instance": ids.instance, "devices": devices}),
                json!({"action": "sync", "instance": INSTANCE, "devices": devices}),
                json!({"action": "sync", "devices": devices}),
            ];
            bodies.map(|body| ("/sics/v1/jobs".to_owned(), body)).to_vec()
        }),
        "list_jobs" => return told(&["/sics/v1/jobs"]),
        "show_job" => Named(|ids| plain(&[format!("/sics/v1/jobs/{}", ids.job)])),
        "show_secrets" => Named(|ids| plain(&[format!("/sics/v1/jobs/{}/tasks/{}/secrets", ids.job, ids.task)])),
        "approve_job" => Named(|ids| {
            let body = json!({"name": "one", "password": PASSWORD, "digest": "00"});
            vec![(format!("/sics/v1/jobs/{}/approve", ids.job), body)]
        }),
        "reject_job" => Named(|ids| plain(&[format!("/sics/v1/jobs/{}/reject", ids.job)])),
        "cancel_job" => Named(|ids| plain(&[format!("/sics/v1/jobs/{}/cancel", ids.job)])),
        "resolve_task" => Named(|ids| {
            let body = json!({"task": ids.task, "state": "done", "note": "seen"});
            vec![(format!("/sics/v1/jobs/{}/resolve", ids.job), body)]
        }),
        _ => return None,
    })
}

fn power(operation: &str) -> Option<Asks> {
    Some(match operation {
        "list_notices" => return told(&["/sics/v1/notices"]),
        "show_kill_switch" => return told(&["/sics/v1/killswitch"]),
        "set_kill_switch" => Named(|ids| {
            let body = |on: bool| json!({"on": on, "tenant": ids.tenant, "reason": "mine"});
            [true, false]
                .map(|on| ("/sics/v1/killswitch".to_owned(), body(on)))
                .to_vec()
        }),
        "show_limits" => return told(&["/sics/v1/limits"]),
        "change_limits" => Refused(json!({"limits": {"perJob": 1}})),
        "lift_suspension" => Refused(json!({})),
        "break_glass" => Named(|ids| {
            let devices = json!([{"id": ids.device, "seq": 1}]);
            let job = |instance: &str| {
                json!({"action": "retire", "instance": instance, "devices": devices, "confirm": "retire",
                    "expectDevices": 1})
            };
            [job(&ids.instance), job(INSTANCE)]
                .map(|job| {
                    let body = json!({"name": "one", "password": PASSWORD, "reason": "mine", "job": job});
                    ("/sics/v1/broken-glass".to_owned(), body)
                })
                .to_vec()
        }),
        "list_broken_glass" => return told(&["/sics/v1/broken-glass"]),
        "acknowledge_broken_glass" => Named(|ids| {
            let body = json!({"name": "one", "password": PASSWORD});
            vec![(format!("/sics/v1/broken-glass/{}/acknowledge", ids.glass), body)]
        }),
        "approve_loosening" => Named(|ids| loosenings(ids, "approve")),
        "reject_loosening" => Named(|ids| loosenings(ids, "reject")),
        _ => return None,
    })
}

fn loosenings(ids: &Ids, what: &str) -> Vec<Ask> {
    let mut body = json!({"name": "one", "password": PASSWORD});
    if what == "approve" {
        body["digest"] = json!("00");
    }
    let ask = |id: i64| (format!("/sics/v1/loosenings/{id}/{what}"), body.clone());
    vec![ask(ids.loosening), ask(ids.switch)]
}

fn workflows(operation: &str) -> Option<Asks> {
    Some(match operation {
        "list_workflows" => return told(&["/sics/v1/workflows"]),
        "list_activities" => Common(json!({})),
        "check_workflow" => Common(json!({"definition": "<workflow/>"})),
        "show_workflow" => Named(|ids| plain(&[format!("/sics/v1/workflows/{}", ids.workflow)])),
        "show_workflow_text" => Named(|ids| plain(&[format!("/sics/v1/workflows/{}/text", ids.workflow)])),
        "enable_workflow" => Named(|ids| {
            let path = format!("/sics/v1/workflows/{}/enable", ids.workflow);
            vec![(path, json!({"hash": "00"}))]
        }),
        "disable_workflow" => Named(|ids| plain(&[format!("/sics/v1/workflows/{}/disable", ids.workflow)])),
        "start_run" => Named(|ids| {
            let path = format!("/sics/v1/workflows/{}/runs", ids.workflow);
            vec![(path, json!({"dryRun": true}))]
        }),
        "list_runs" => return told(&["/sics/v1/runs"]),
        "show_run" => Named(|ids| plain(&[format!("/sics/v1/runs/{}", ids.run)])),
        "cancel_run" => Named(|ids| plain(&[format!("/sics/v1/runs/{}/cancel", ids.run)])),
        _ => return None,
    })
}

fn people(operation: &str) -> Option<Asks> {
    Some(match operation {
        "add_operator" => Refused(json!({"name": "mine", "kind": "person", "rights": []})),
        "add_token" => Refused(json!({"name": "mine"})),
        "add_role" => Refused(json!({"name": "Mine", "rights": []})),
        "backup" => Refused(json!({})),
        "list_operators" | "show_operator" | "change_operator" | "remove_operator" | "list_tokens" | "remove_token"
        | "give_role" | "take_role" | "list_roles" | "show_role" | "change_role" | "remove_role" | "read_audit"
        | "verify_audit" | "export_audit" | "review_access" | "show_evidence_key" | "make_evidence" => {
            Refused(json!({}))
        }
        _ => return None,
    })
}

/// A notice tells of the whole bus.
fn notices(operation: &str) -> Option<Asks> {
    Some(match operation {
        "show_notice_settings"
        | "list_notice_messages"
        | "set_notice_channel"
        | "remove_notice_channel"
        | "set_notice_recipient"
        | "remove_notice_recipient"
        | "test_notice_recipient"
        | "set_heartbeat"
        | "remove_heartbeat" => Refused(json!({})),
        _ => return None,
    })
}

/// Of sessions somebody sees their own alone.
fn sessions(operation: &str) -> Option<Asks> {
    Some(match operation {
        "begin_session" => Common(json!({"name": "one", "password": PASSWORD})),
        "list_sessions" => Common(json!({})),
        "end_session" => Named(|ids| plain(&[format!("/sics/v1/sessions/{}", ids.session)])),
        "confirm_session" | "begin_second_factor" => Common(json!({"password": PASSWORD})),
        "confirm_second_factor" => Common(json!({"code": "abcdef"})),
        "remove_second_factor" => Common(json!({"password": PASSWORD, "code": "abcdef"})),
        "redeem_sign_in_link" => Common(json!({"token": "ico_nonsense"})),
        "show_setup" => Common(json!({})),
        "set_up_bus" => Common(json!({"token": "ico_nonsense", "name": "mine", "password": PASSWORD})),
        "make_sign_in_link" | "reset_second_factor" => Refused(json!({})),
        _ => return None,
    })
}

fn compliance(operation: &str) -> Option<Asks> {
    Some(match operation {
        "decide_compliance" => Named(|ids| {
            let body = |node: String| json!({"node": node, "deviceId": ids.device});
            let nodes = [ids.node.clone(), format!("{}/{}", ids.instance, ids.node)];
            nodes
                .map(|node| ("/sics/v1/compliance/decisions".to_owned(), body(node)))
                .to_vec()
        }),
        "check_compliance" => Named(|ids| {
            let path = "/sics/v1/compliance/check";
            plain(&[
                format!("{path}?node={}", ids.node),
                format!("{path}?node={}/{}", ids.instance, ids.node),
            ])
        }),
        "list_nodes" => return told(&["/sics/v1/compliance/nodes"]),
        _ => return None,
    })
}

/// Of accounts, and about no instance: what somebody shares is for everybody who signs in.
fn views(operation: &str) -> Option<Asks> {
    Some(match operation {
        "list_views" | "remove_view" => Common(json!({})),
        "save_view" => Common(json!({"page": "devices", "query": "search=a", "shared": true})),
        _ => return None,
    })
}

fn reports(operation: &str) -> Option<Asks> {
    const SCHEDULE: &str = "/sics/v1/reports/osVersions/schedule";
    Some(match operation {
        "list_reports" => return told(&["/sics/v1/reports"]),
        "show_report" => {
            return told(&[
                "/sics/v1/reports/storageEncryption?limit=1000",
                "/sics/v1/reports/actions?limit=1000",
            ]);
        }
        "export_report" => {
            return told(&[
                "/sics/v1/reports/storageEncryption/export",
                "/sics/v1/reports/actions/export",
            ]);
        }
        "set_report_schedule" => Named(|ids| {
            let body = json!({"schedule": "every 24h", "instance": ids.instance});
            vec![(SCHEDULE.into(), body)]
        }),
        "remove_report_schedule" => Named(|ids| plain(&[format!("{SCHEDULE}?instance={}", ids.instance)])),
        _ => return None,
    })
}

/// Nobody has orders in this town; what is theirs is asked for in orders/api.rs, with two orders instances.
fn orders(operation: &str) -> Option<Asks> {
    let orders = [
        "list_tenant_apps",
        "list_applications",
        "show_application",
        "set_application",
        "set_application_icon",
        "show_application_icon",
        "retry_application",
        "remove_application",
        "place_order",
        "list_orders",
        "show_order",
        "approve_order",
        "reject_order",
        "cancel_order",
        "retry_order",
        "list_order_changes",
        "list_webhooks",
        "retry_webhook",
    ];
    orders.contains(&operation).then(|| Common(json!({})))
}

/// Nobody has targets in this town; what is shown of them by scope is asked for in sics/targets.rs.
fn targets(operation: &str) -> Option<Asks> {
    if operation == "decide_target_aside" {
        return Some(Named(|ids| {
            let path = format!(
                "/sics/v1/targets/IntuneTargetOcs_3/set-aside/{}/{}",
                ids.instance, ids.device
            );
            vec![(path, json!({"decision": "ignore"}))]
        }));
    }
    let targets = [
        "list_targets",
        "list_target_kinds",
        "show_target",
        "show_target_mapping",
        "set_target_mapping",
        "list_target_fields",
        "make_target_fields",
        "preview_target",
        "preview_target_mapping",
        "verify_target",
        "show_target_question",
        "list_question_items",
        "consent_target",
        "list_target_aside",
        "list_target_links",
        "forget_target_links",
        "resend_target_device",
        "list_target_runs",
        "revert_target_run",
        "export_target_links",
    ];
    targets.contains(&operation).then(|| Common(json!({})))
}
