//! The connection as the server at its other end sees it: what the bus lets it do, and lines to try it with.

use askama::Template;
use axum::extract::Path;
use http::{HeaderMap, header};
use sics_client::contract::ServerView;
use url::Url;

use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;

/// The port of the bus where nothing is known of it.
const BUS_PORT: u16 = 3900;
/// Stands in the lines where the address is not known.
const UNKNOWN_HOST: &str = "BUS-ADDRESS";

#[derive(Template)]
#[template(path = "pages/server_connect.html")]
struct ConnectPage<'a> {
    ctx: &'a PageContext,
    id: String,
    tab: &'static str,
    display_name: String,
    owner: String,
    checks: Vec<CheckRow>,
    shell: String,
    powershell: String,
    can_see_operators: bool,
}

struct CheckRow {
    light: &'static str,
    text: String,
}

pub(super) async fn show_connection(ctx: PageContext, Path(id): Path<String>, headers: HeaderMap) -> PageResult {
    let view = ctx.client().show_server(&id).await?;
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let address = guess_address(ctx.client().base_url(), ctx.console().settings().secure, host);
    show_page(&ConnectPage {
        ctx: &ctx,
        tab: "connect",
        display_name: ctx.plain(&view.display_name),
        owner: ctx.plain(view.owner.as_deref().unwrap_or_default()),
        checks: list_checks(&ctx, &view),
        shell: shell_lines(&address, &view.id),
        powershell: powershell_lines(&address, &view.id),
        can_see_operators: ctx.may("Operators_Read"),
        id,
    })
}

/// Where servers reach the bus, as far as it can be told from here: the address that this console itself uses, or the
/// machine that the browser asks, by default on the port before that of the console.
fn guess_address(client: &Url, secure: bool, host: &str) -> String {
    if client.port().is_some() {
        return client.as_str().trim_end_matches('/').to_owned();
    }
    let scheme = if secure { "https" } else { "http" };
    let asked = Url::parse(&format!("{scheme}://{host}")).ok();
    // What a browser sends becomes part of a line for a shell.
    let is_plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c));
    let name = asked.as_ref().and_then(Url::host_str).filter(|name| is_plain(name));
    let port = asked
        .as_ref()
        .and_then(Url::port)
        .map_or(BUS_PORT, |port| port.saturating_sub(1));
    format!("{scheme}://{}:{port}", name.unwrap_or(UNKNOWN_HOST))
}

/// Ids of servers are letters, digits, `-`, `_` and `.` only.
fn shell_lines(address: &str, id: &str) -> String {
    let curl = "curl -sS --fail-with-body";
    let json = "-H 'Content-Type: application/json'";
    [
        format!("BUS='{address}'"),
        "AS='Authorization: Bearer icp_PUT-THE-TOKEN-HERE'".to_owned(),
        format!("{curl} \"$BUS/sics/v1\" -H \"$AS\""),
        format!("{curl} -X PUT \"$BUS/sics/v1/servers/{id}\" -H \"$AS\" \\"),
        format!("  {json} -d '{{\"displayName\": \"{id}\"}}'"),
        format!("{curl} \"$BUS/sics/v1/servers/{id}/changes?limit=10\" -H \"$AS\""),
        format!("{curl} \"$BUS/sics/v1/servers/{id}/changes/ack\" -H \"$AS\" \\"),
        format!("  {json} -d '{{\"cursor\": \"PUT-THE-CURSOR-HERE\"}}'"),
    ]
    .join("\n")
}

fn powershell_lines(address: &str, id: &str) -> String {
    let json = "-ContentType 'application/json'";
    [
        format!("$Bus = '{address}'"),
        "$As = @{ Authorization = 'Bearer icp_PUT-THE-TOKEN-HERE' }".to_owned(),
        "Invoke-RestMethod \"$Bus/sics/v1\" -Headers $As".to_owned(),
        format!("Invoke-RestMethod \"$Bus/sics/v1/servers/{id}\" -Method Put -Headers $As `"),
        format!("  {json} -Body '{{\"displayName\": \"{id}\"}}'"),
        format!("Invoke-RestMethod \"$Bus/sics/v1/servers/{id}/changes?limit=10\" -Headers $As"),
        format!("Invoke-RestMethod \"$Bus/sics/v1/servers/{id}/changes/ack\" -Method Post -Headers $As `"),
        format!("  {json} -Body '{{\"cursor\": \"PUT-THE-CURSOR-HERE\"}}'"),
    ]
    .join("\n")
}

/// What stands between the server and its first change, in the order in which it is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ConnectionState {
    has_account: bool,
    is_limited_to_ranges: bool,
    is_accepted: bool,
    receives: bool,
    was_seen: bool,
    has_acknowledged: bool,
}

impl ConnectionState {
    fn new(view: &ServerView) -> ConnectionState {
        ConnectionState {
            has_account: view.owner.is_some(),
            is_limited_to_ranges: !view.ranges.is_empty(),
            is_accepted: view.accepted,
            receives: !view.instances.is_empty(),
            was_seen: view.last_seen_at.is_some(),
            has_acknowledged: view.acknowledged_at.is_some(),
        }
    }

    /// Class of a dot, key of a sentence.
    fn judge(self) -> [(&'static str, &'static str); 6] {
        let choose = |good: bool, yes, no: (&'static str, &'static str)| if good { ("good", yes) } else { no };
        [
            choose(
                self.has_account,
                "servers-see-account",
                ("bad", "servers-see-no-account"),
            ),
            choose(
                !self.is_limited_to_ranges,
                "servers-see-any-address",
                ("warning", "servers-see-ranges"),
            ),
            choose(
                self.is_accepted,
                "servers-see-accepted",
                ("bad", "servers-see-not-accepted"),
            ),
            choose(
                self.receives,
                "servers-see-receives",
                ("bad", "servers-see-receives-nothing"),
            ),
            choose(self.was_seen, "servers-see-seen", ("wait", "servers-see-never-seen")),
            choose(
                self.has_acknowledged,
                "servers-see-acknowledges",
                ("wait", "servers-see-never-acknowledged"),
            ),
        ]
    }
}

fn list_checks(ctx: &PageContext, view: &ServerView) -> Vec<CheckRow> {
    let ranges = ctx.plain(view.ranges.join(", "));
    let instances = view.instances.iter().map(|progress| progress.instance.to_string());
    let instances = instances.collect::<Vec<_>>().join(", ");
    let row = |(light, key): (&'static str, &'static str)| CheckRow {
        light,
        text: ctx.t_with(
            key,
            [
                ("owner", ctx.plain(view.owner.as_deref().unwrap_or_default())),
                ("ranges", ranges.clone()),
                ("instances", instances.clone()),
            ],
        ),
    };
    ConnectionState::new(view).judge().map(row).into()
}

#[cfg(test)]
mod tests {
    use super::super::lag::tests::server;
    use super::*;

    #[test]
    fn the_address_is_that_of_the_client_or_the_port_before_the_console() {
        let guess = |client: &str, secure, host: &str| guess_address(&client.parse().unwrap(), secure, host);
        assert_eq!(
            guess("http://127.0.0.1:3900/", false, "127.0.0.1:3955"),
            "http://127.0.0.1:3900"
        );
        let inside = "http://localhost/";
        assert_eq!(guess(inside, false, "127.0.0.1:3901"), "http://127.0.0.1:3900");
        assert_eq!(guess(inside, true, "bus.example:4001"), "https://bus.example:4000");
        assert_eq!(guess(inside, true, "tools.example"), "https://tools.example:3900");
        for hostile in ["", "a'b;rm", "$(x)"] {
            let address = guess(inside, false, hostile);
            assert!(address.starts_with("http://BUS-ADDRESS:"), "{address}");
        }
    }

    #[test]
    fn lines_name_the_server_and_no_token() {
        for lines in [
            shell_lines("http://bus:3900", "cmdb"),
            powershell_lines("http://bus:3900", "cmdb"),
        ] {
            assert!(lines.contains("/sics/v1/servers/cmdb/changes?limit=10"), "{lines}");
            assert!(lines.contains("icp_PUT-THE-TOKEN-HERE"), "{lines}");
            assert!(lines.contains("{\"displayName\": \"cmdb\"}"), "{lines}");
        }
    }

    #[test]
    fn what_stands_in_the_way_of_the_first_change_is_told() {
        let mut view = server(0);
        let lights = |view: &ServerView| ConnectionState::new(view).judge().map(|(light, _)| light);
        assert_eq!(lights(&view), ["good", "good", "good", "good", "wait", "wait"]);
        view.accepted = false;
        view.owner = None;
        view.instances.clear();
        view.ranges = vec!["192.0.2.0/24".to_owned()];
        assert_eq!(lights(&view), ["bad", "warning", "bad", "bad", "wait", "wait"]);
    }
}
