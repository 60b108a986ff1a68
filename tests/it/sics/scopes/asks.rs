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
        .or_else(|| compliance(operation));
    found.unwrap_or_else(|| panic!("{operation}: what is asked of this route? Add it to {}", file!()))
}

fn general(operation: &str) -> Option<Asks> {
    Some(match operation {
        "alive" | "openapi" => Common(json!({})),
        "metrics" => Refused(json!({})),
        "testConnection" => return told(&["/sics/v1"]),
        _ => return None,
    })
}

fn servers(operation: &str) -> Option<Asks> {
    Some(match operation {
        "listServers" => return told(&["/sics/v1/servers"]),
        // An id that is taken can't be had, and that can't be hidden; nothing more is told.
        "announceServer" => Refused(json!({"displayName": "mine"})),
        "showServer" => Named(|ids| plain(&[format!("/sics/v1/servers/{}", ids.server)])),
        "limitServer" => Named(|ids| {
            let body = json!({"sendsJobs": false});
            vec![(format!("/sics/v1/servers/{}", ids.server), body)]
        }),
        "removeServer" => Named(|ids| plain(&[format!("/sics/v1/servers/{}?confirm=9", ids.server)])),
        "acceptServer" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/accept", ids.server)])),
        "readChanges" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/changes", ids.server)])),
        "acknowledgeChanges" => Named(|ids| {
            let path = format!("/sics/v1/servers/{}/changes/ack", ids.server);
            vec![(path, json!({"cursor": "x"}))]
        }),
        "rewindServer" => Named(|ids| {
            let path = format!("/sics/v1/servers/{}/rewind", ids.server);
            let shared = "/sics/v1/servers/cmdb/rewind".to_owned();
            vec![
                (path, json!({"to": 0})),
                (shared, json!({"to": 0, "instance": ids.instance})),
            ]
        }),
        "resyncServer" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/resync", ids.server)])),
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
        "listDevices" => return told(&["/sics/v1/devices?limit=1000"]),
        "showDevice" => Named(|ids| {
            plain(&[
                format!("/sics/v1/devices/{}/{}", ids.instance, ids.device),
                format!("/sics/v1/devices/{INSTANCE}/{}", ids.device),
            ])
        }),
        "listInstances" => return told(&["/sics/v1/instances"]),
        "addInstance" => Refused(json!({"tenant_id": "x"})),
        "showInstance" => instance(""),
        "changeInstance" => Named(|ids| {
            let path = format!("/sics/v1/instances/{}", ids.instance);
            vec![(path, json!({"enrich": "new"}))]
        }),
        "removeInstance" => instance("?confirm"),
        "showBrake" => instance("/brake"),
        "confirmGone" => Named(|ids| {
            let path = format!("/sics/v1/instances/{}/confirm-gone", ids.instance);
            vec![(path, json!({"digest": "00", "count": 1}))]
        }),
        "showSnapshot" => instance("/snapshot"),
        "confirmComplete" => Named(|ids| {
            let path = format!("/sics/v1/instances/{}/confirm-complete", ids.instance);
            vec![(path, json!({"digest": "00", "count": 1}))]
        }),
        "listFields" => Common(json!({})),
        "listScans" => return told(&["/sics/v1/scans"]),
        "startScan" => by_body("/sics/v1/scans"),
        "previewScan" => by_body("/sics/v1/scans/dry-run"),
        // The servers that receive the first instance are told, and no others.
        "verify" => Told(vec![("/sics/v1/verify".into(), json!({"instance": INSTANCE}))]),
        "listSupervisors" => return told(&["/sics/v1/supervisors"]),
        "startInstance" => instance("/start"),
        "stopInstance" => instance("/stop"),
        "restartInstance" => instance("/restart"),
        "setStartType" => Named(|ids| {
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
        "listProducts" => return told(&["/sics/v1/products"]),
        "showProduct" => return told(&[PRODUCT]),
        "planUpdate" | "showTemplate" | "showSchema" | "listTrustedKeys" => Common(json!({})),
        "nextRuns" => Common(json!({"schedule": "every 4h"})),
        "addProduct" => Refused(json!({"package": ""})),
        "trustKey" => Refused(json!({"pem": ""})),
        "updateProduct" | "removeProduct" | "distrustKey" => Refused(json!({})),
        "validateAnswers" | "runWizardAction" => Refused(json!({"answers": {}})),
        "install" => Refused(json!({"answers": {}, "anyway": []})),
        "listInstallations" => return told(&["/sics/v1/installations"]),
        "showInstallation" | "uninstall" => Named(|ids| plain(&[format!("/sics/v1/installations/{}", ids.instance)])),
        "showAnswers" => Named(|ids| plain(&[format!("/sics/v1/installations/{}/answers", ids.instance)])),
        "changeInstallation" => Named(|ids| {
            let path = format!("/sics/v1/installations/{}", ids.instance);
            vec![(path, json!({"answers": {"profile": "mine"}}))]
        }),
        "runInstalledAction" => {
            let path = format!("/sics/v1/installations/{INSTANCE}/actions/prerequisites");
            Told(vec![(path, json!({"answers": {}}))])
        }
        _ => return None,
    })
}

fn jobs_of_servers(operation: &str) -> Option<Asks> {
    Some(match operation {
        "sendJob" => Named(|ids| {
            let body = json!({"action": "sync", "devices": [{"id": ids.device, "seq": 1}]});
            vec![(format!("/sics/v1/servers/{}/jobs", ids.server), body)]
        }),
        "listJobsOfServer" => return told(&["/sics/v1/servers/cmdb/jobs"]),
        "showJobOfServer" => Named(|ids| {
            plain(&[
                format!("/sics/v1/servers/{}/jobs/{}", ids.server, ids.job_name),
                format!("/sics/v1/servers/cmdb/jobs/{}", ids.shared_job),
                format!("/sics/v1/servers/cmdb/jobs/{}", ids.job_name),
            ])
        }),
        "cancelJobOfServer" => Named(|ids| {
            plain(&[
                format!("/sics/v1/servers/{}/jobs/{}", ids.server, ids.job_name),
                format!("/sics/v1/servers/cmdb/jobs/{}", ids.shared_job),
            ])
        }),
        "showSecretsOfServer" => Named(|ids| {
            let (server, job) = (&ids.server, &ids.job_name);
            plain(&[format!(
                "/sics/v1/servers/{server}/jobs/{job}/tasks/{}/secrets",
                ids.task
            )])
        }),
        "readResults" => Named(|ids| plain(&[format!("/sics/v1/servers/{}/results", ids.server)])),
        "acknowledgeResults" => Named(|ids| {
            let path = format!("/sics/v1/servers/{}/results/ack", ids.server);
            vec![(path, json!({"position": 1}))]
        }),
        _ => return None,
    })
}

fn jobs(operation: &str) -> Option<Asks> {
    Some(match operation {
        "listActions" => Common(json!({})),
        "sendOwnJob" => Named(|ids| {
            let devices = json!([{"id": ids.device, "seq": 1}]);
            let bodies = [
                json!({"action": "sync", "instance": ids.instance, "devices": devices}),
                json!({"action": "sync", "instance": INSTANCE, "devices": devices}),
                json!({"action": "sync", "devices": devices}),
            ];
            bodies.map(|body| ("/sics/v1/jobs".to_owned(), body)).to_vec()
        }),
        "listJobs" => return told(&["/sics/v1/jobs"]),
        "showJob" => Named(|ids| plain(&[format!("/sics/v1/jobs/{}", ids.job)])),
        "showSecrets" => Named(|ids| plain(&[format!("/sics/v1/jobs/{}/tasks/{}/secrets", ids.job, ids.task)])),
        "approveJob" => Named(|ids| {
            let body = json!({"name": "one", "password": PASSWORD, "digest": "00"});
            vec![(format!("/sics/v1/jobs/{}/approve", ids.job), body)]
        }),
        "rejectJob" => Named(|ids| plain(&[format!("/sics/v1/jobs/{}/reject", ids.job)])),
        "cancelJob" => Named(|ids| plain(&[format!("/sics/v1/jobs/{}/cancel", ids.job)])),
        "resolveTask" => Named(|ids| {
            let body = json!({"task": ids.task, "state": "done", "note": "seen"});
            vec![(format!("/sics/v1/jobs/{}/resolve", ids.job), body)]
        }),
        _ => return None,
    })
}

fn power(operation: &str) -> Option<Asks> {
    Some(match operation {
        "listNotices" => return told(&["/sics/v1/notices"]),
        "showKillSwitch" => return told(&["/sics/v1/killswitch"]),
        "setKillSwitch" => Named(|ids| {
            let body = |on: bool| json!({"on": on, "tenant": ids.tenant, "reason": "mine"});
            [true, false]
                .map(|on| ("/sics/v1/killswitch".to_owned(), body(on)))
                .to_vec()
        }),
        "showLimits" => return told(&["/sics/v1/limits"]),
        "changeLimits" => Refused(json!({"limits": {"perJob": 1}})),
        "liftSuspension" => Refused(json!({})),
        "breakGlass" => Named(|ids| {
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
        "listBrokenGlass" => return told(&["/sics/v1/broken-glass"]),
        "acknowledgeBrokenGlass" => Named(|ids| {
            let body = json!({"name": "one", "password": PASSWORD});
            vec![(format!("/sics/v1/broken-glass/{}/acknowledge", ids.glass), body)]
        }),
        "approveLoosening" => Named(|ids| loosenings(ids, "approve")),
        "rejectLoosening" => Named(|ids| loosenings(ids, "reject")),
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
        "listWorkflows" => return told(&["/sics/v1/workflows"]),
        "listActivities" => Common(json!({})),
        "checkWorkflow" => Common(json!({"definition": "<workflow/>"})),
        "showWorkflow" => Named(|ids| plain(&[format!("/sics/v1/workflows/{}", ids.workflow)])),
        "showWorkflowText" => Named(|ids| plain(&[format!("/sics/v1/workflows/{}/text", ids.workflow)])),
        "enableWorkflow" => Named(|ids| {
            let path = format!("/sics/v1/workflows/{}/enable", ids.workflow);
            vec![(path, json!({"hash": "00"}))]
        }),
        "disableWorkflow" => Named(|ids| plain(&[format!("/sics/v1/workflows/{}/disable", ids.workflow)])),
        "startRun" => Named(|ids| {
            let path = format!("/sics/v1/workflows/{}/runs", ids.workflow);
            vec![(path, json!({"dryRun": true}))]
        }),
        "listRuns" => return told(&["/sics/v1/runs"]),
        "showRun" => Named(|ids| plain(&[format!("/sics/v1/runs/{}", ids.run)])),
        "cancelRun" => Named(|ids| plain(&[format!("/sics/v1/runs/{}/cancel", ids.run)])),
        _ => return None,
    })
}

fn people(operation: &str) -> Option<Asks> {
    Some(match operation {
        "addOperator" => Refused(json!({"name": "mine", "kind": "person", "rights": []})),
        "addToken" => Refused(json!({"name": "mine"})),
        "addRole" => Refused(json!({"name": "Mine", "rights": []})),
        "backup" => Refused(json!({})),
        "listOperators" | "showOperator" | "changeOperator" | "removeOperator" | "listTokens" | "removeToken"
        | "giveRole" | "takeRole" | "listRoles" | "showRole" | "changeRole" | "removeRole" | "readAudit"
        | "verifyAudit" | "exportAudit" => Refused(json!({})),
        _ => return None,
    })
}

fn compliance(operation: &str) -> Option<Asks> {
    Some(match operation {
        "decideCompliance" => Named(|ids| {
            let body = |node: String| json!({"node": node, "deviceId": ids.device});
            let nodes = [ids.node.clone(), format!("{}/{}", ids.instance, ids.node)];
            nodes
                .map(|node| ("/sics/v1/compliance/decisions".to_owned(), body(node)))
                .to_vec()
        }),
        "checkCompliance" => Named(|ids| {
            let path = "/sics/v1/compliance/check";
            plain(&[
                format!("{path}?node={}", ids.node),
                format!("{path}?node={}/{}", ids.instance, ids.node),
            ])
        }),
        "listNodes" => return told(&["/sics/v1/compliance/nodes"]),
        _ => return None,
    })
}
