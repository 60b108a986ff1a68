//! The table of pages. A row makes a page known: its place in the navigation, who sees it there, its texts and its
//! routes; there is no other way in.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use http::{HeaderName, HeaderValue, Method, header};

use crate::assets;
use crate::console::Console;
use crate::form_token;
use crate::live;
use crate::pages;
use crate::session;

/// A row of the table.
pub(crate) struct PageEntry {
    /// Key of its name in the navigation; `None`: it does not stand there.
    pub(crate) nav: Option<&'static str>,
    /// Where the navigation leads.
    pub(crate) path: &'static str,
    /// One of these rights shows it in the navigation; none: everybody sees it.
    pub(crate) rights: &'static [&'static str],
    /// Its Fluent texts, English and German.
    pub(crate) texts: (&'static str, &'static str),
    pub(crate) routes: fn() -> Vec<PageRoute>,
}

/// One method of one path.
pub(crate) struct PageRoute {
    method: Method,
    path: &'static str,
    handler: MethodRouter<Console>,
}

impl PageRoute {
    /// Shows something.
    pub(crate) fn get<H, T>(path: &'static str, handler: H) -> PageRoute
    where
        H: axum::handler::Handler<T, Console>,
        T: 'static,
    {
        PageRoute {
            method: Method::GET,
            path,
            handler: on(MethodFilter::GET, handler),
        }
    }

    /// Changes something; only a form of the console may send it.
    pub(crate) fn post<H, T>(path: &'static str, handler: H) -> PageRoute
    where
        H: axum::handler::Handler<T, Console>,
        T: 'static,
    {
        PageRoute {
            method: Method::POST,
            path,
            handler: on(MethodFilter::POST, handler),
        }
    }
}

macro_rules! page {
    ($module:ident, $path:literal, $nav:expr, $rights:expr) => {
        PageEntry {
            nav: $nav,
            path: $path,
            rights: $rights,
            texts: (
                include_str!(concat!("../locale/en/", stringify!($module), ".ftl")),
                include_str!(concat!("../locale/de/", stringify!($module), ".ftl")),
            ),
            routes: pages::$module::routes,
        }
    };
}

/// All pages, in the order of the navigation.
pub(crate) static PAGES: &[PageEntry] = &[
    page!(dashboard, "/", Some("nav-dashboard"), &[]),
    page!(products, "/products", Some("nav-products"), &["Products_Read"]),
    page!(wizard, "/products", None, &["Instances_Manage"]),
    page!(
        microservices,
        "/microservices",
        Some("nav-microservices"),
        &["Instances_Read"]
    ),
    page!(workflows, "/workflows", Some("nav-workflows"), &["Workflows_Read"]),
    page!(
        servers,
        "/servers",
        Some("nav-servers"),
        &["Servers_Read", "Servers_Announce"]
    ),
    page!(devices, "/devices", Some("nav-devices"), &["Devices_Read"]),
    page!(device, "/devices", None, &["Devices_Read"]),
    page!(
        jobs,
        "/jobs",
        Some("nav-jobs"),
        &["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"]
    ),
    page!(
        approvals,
        "/approvals",
        Some("nav-approvals"),
        &["Jobs_Approve", "Jobs_Read", "Limits_Read"]
    ),
    page!(actions, "/actions", None, &[]),
    page!(lost, "/lost", Some("nav-lost"), &["Devices_Read"]),
    page!(
        applications,
        "/applications",
        Some("nav-applications"),
        &["Applications_Read"]
    ),
    page!(orders, "/orders", Some("nav-orders"), &["Orders_Read"]),
    page!(targets, "/targets", Some("nav-targets"), &["Targets_Read"]),
    page!(reports, "/reports", Some("nav-reports"), &["Reports_Read"]),
    page!(operators, "/operators", Some("nav-operators"), &["Operators_Read"]),
    page!(roles, "/roles", None, &["Operators_Read"]),
    page!(access_review, "/access-review", None, &["Operators_Read"]),
    page!(evidence, "/evidence", None, &["Audit_Export"]),
    page!(messages, "/messages", Some("nav-messages"), &["Audit_Read", "Log_Read"]),
    page!(settings, "/settings", Some("nav-settings"), &[]),
    page!(kill_switch, "/killswitch", None, &[]),
    page!(api_reference, "/api", Some("nav-api"), &[]),
    page!(account, "/account", None, &[]),
    page!(sign_in, "/sign-in", None, &[]),
];

/// A route as far as it can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDescription {
    /// GET shows, POST changes.
    pub method: Method,
    /// Without the base path; places in braces.
    pub path: &'static str,
}

/// Every route of the console.
pub fn describe_pages() -> Vec<PageDescription> {
    let routes = PAGES.iter().flat_map(|page| (page.routes)());
    routes
        .map(|route| PageDescription {
            method: route.method,
            path: route.path,
        })
        .collect()
}

/// No script, style, frame or address of anybody else, and none within a page.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                              form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'";

/// The whole console. The caller has to refuse requests for host names that are not its own, and changes that a page of
/// another site sends; the form token is looked at here.
pub fn build_router(console: &Console) -> Router {
    let mut pages = Router::new();
    for route in PAGES.iter().flat_map(|page| (page.routes)()) {
        pages = pages.route(route.path, route.handler);
    }
    let pages = pages
        .route("/live", get(live::stream_live))
        .fallback(live::page_not_found)
        .method_not_allowed_fallback(live::page_not_found)
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(from_fn_with_state(console.clone(), form_token::require_form_token))
        .layer(from_fn_with_state(console.clone(), session::attach_context))
        .with_state(console.clone());
    let all = Router::new()
        .route("/assets/{hash}/{name}", get(assets::show_asset))
        .merge(pages)
        .layer(from_fn(set_page_headers));
    match console.settings().base_path.as_str() {
        "" => all,
        path => {
            let start = path.to_owned();
            let to_start = get(move || std::future::ready(axum::response::Redirect::permanent(&start)));
            Router::new().nest(path, all).route(&format!("{path}/"), to_start)
        }
    }
}

async fn set_page_headers(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
