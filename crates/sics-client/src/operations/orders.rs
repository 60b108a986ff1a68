//! Applications that can be ordered, and orders.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    ApplicationBody, ApplicationIconBody, ApplicationRemoval, ApplicationRemoved, ApplicationView, ApplicationsQuery,
    ApplicationsView, OrderBody, OrderChangesQuery, OrderChangesView, OrderDecisionBody, OrderReasonBody, OrderView,
    OrdersQuery, OrdersView, TenantAppsQuery, TenantAppsView, WebhookView, WebhooksQuery, WebhooksView,
};

operations! {
    /// Apps that Intune has, with whether an application can be linked to each
    list_tenant_apps() GET "/sics/v1/apps" query TenantAppsQuery, => 200 TenantAppsView;
    /// Applications that can be ordered, or could be once they are prepared; by id
    list_applications() GET "/sics/v1/applications" query ApplicationsQuery, => 200 ApplicationsView;
    /// One application
    show_application(application) GET "/sics/v1/applications/{application}" => 200 ApplicationView;
    /// Add an application, or describe it anew
    ///
    /// Its groups and assignments are then created in the tenant; it can be ordered as soon as its state is
    /// `creationSucceeded`. The app and the instance of an application can't be changed (409 `linkFixed`). A looser approval
    /// waits for a second person (`loosening`); everything else takes effect at once.
    set_application(application) PUT "/sics/v1/applications/{application}" body ApplicationBody, => 201 | 200 ApplicationView;
    /// Set the icon of an application
    set_application_icon(application) PUT "/sics/v1/applications/{application}/icon" body ApplicationIconBody, => 200 ApplicationView;
    /// Try again now to create what a failed application needs in the tenant
    retry_application(application) POST "/sics/v1/applications/{application}/retry" => 200 ApplicationView;
    /// Remove an application; its open orders are cancelled
    remove_application(application) DELETE "/sics/v1/applications/{application}" query ApplicationRemoval, => 200 ApplicationRemoved;
    /// Place an order; answered once it is durable
    ///
    /// The same id with the same content answers the order as it is (200), with other content it is refused (409
    /// `orderConflict`).
    place_order() POST "/sics/v1/orders" body OrderBody, => 201 | 200 OrderView;
    /// Orders, newest first
    list_orders() GET "/sics/v1/orders" query OrdersQuery, => 200 OrdersView;
    /// One order with its phases
    show_order(order) GET "/sics/v1/orders/{order}" => 200 OrderView;
    /// Approve an order that waits for it
    approve_order(order) POST "/sics/v1/orders/{order}/approve" body OrderDecisionBody, => 200 OrderView;
    /// Reject an order that waits for approval
    reject_order(order) POST "/sics/v1/orders/{order}/reject" body OrderDecisionBody, => 200 OrderView;
    /// Cancel an order that has not ended
    cancel_order(order) POST "/sics/v1/orders/{order}/cancel" body OrderReasonBody, => 200 OrderView;
    /// Try again now: an order that waits for its next attempt, or one that failed before it was processed
    retry_order(order) POST "/sics/v1/orders/{order}/retry" => 200 OrderView;
    /// What happened to orders, in its order; waits if there is nothing
    list_order_changes() GET "/sics/v1/order-changes" query OrderChangesQuery, => 200 OrderChangesView;
    /// Messages about orders to a shop, or to a system that approves, newest first; never their bodies
    list_webhooks() GET "/sics/v1/webhooks" query WebhooksQuery, => 200 WebhooksView;
    /// Send a message again now that was given up, or that waits for its next attempt
    ///
    /// A message that was delivered is not sent again (409 `webhookDelivered`), nor is one that says less than a newer
    /// message about the same order (409 `webhookOutdated`), or asks about an order that was decided (409 `notWaiting`).
    retry_webhook(webhook) POST "/sics/v1/webhooks/{webhook}/retry" => 200 WebhookView;
    files:
    /// The icon of an application: PNG or JPEG, at most 100,000 bytes; 404 where it has none
    show_application_icon() GET "/sics/v1/applications/{application}/icon";
}
