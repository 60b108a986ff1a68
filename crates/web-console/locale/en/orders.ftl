nav-orders = Orders
orders-new = Place an order
orders-place = Place the order
orders-list = Orders, newest first
orders-order = Order
orders-order-id = Order { $id }
orders-id = Id of the order
orders-application = Application
orders-device = Device
orders-user = User
orders-search = Search
orders-phases = Phases
orders-placed = Placed
orders-acts = What to do
orders-waiting = Orders that wait for approval
orders-all-waiting = All orders that wait for approval
orders-none = There are no orders yet.
orders-none-applications = First an app has to be linked:
orders-none-match = No order matches the filters.
orders-show-all = Show all orders
orders-none-orderable = No application can be ordered. Link an app first, or wait until its groups are made.
orders-cancel = Cancel the order
orders-retry = Try again
orders-facts = About this order
orders-instance = Instance
orders-note = Note
orders-note-help = Whoever approves it reads it.
orders-approval = Approval
orders-approval-none = Not needed
orders-approval-operator = By an account of this bus
orders-approval-callback = By the system of the shop
orders-ask-approval = Somebody has to approve this order, even if the application does not ask for it
orders-decide = Approve or reject
orders-approve = Approve
orders-reject = Reject
orders-by-callback = The system of the shop approves this order. Here it can only be rejected.
orders-decided-elsewhere = the system of the shop
orders-decision-reason = Reason, for whoever reads the order
orders-reject-help = Rejecting takes no password; being signed in is enough.
orders-processed = Group changed
orders-deadline = Fails without a report by
orders-ended = Ended
orders-expires = Is taken back
orders-next-attempt = Next attempt:
orders-attempts = { $count ->
    [one] { $shown } attempt failed
   *[other] { $shown } attempts failed
}
orders-devices = Devices
orders-devices-later = The devices are shown as soon as they are looked up in the tenant.
orders-devices-none = No device is known.
orders-install-state = State in Intune
orders-reported = Reported
orders-error-code = Error code
orders-install-none = Nothing reported yet
orders-install-installed = Installed
orders-install-failed = Failed
orders-install-notinstalled = Not installed
orders-install-uninstallfailed = Uninstalling failed
orders-install-pendinginstall = Waits for the device
orders-install-unknown = Unknown
orders-install-notapplicable = Does not fit the device
orders-kind = What is ordered
orders-kind-install = Install
orders-kind-uninstall = Uninstall
orders-for = For whom
orders-for-user = For user
orders-for-device = For device
orders-target = Name or id
orders-target-help = Device: its name, Intune device id, or Entra device id. User: the sign-in name or the Entra object id.
orders-choose-application = Choose an application
orders-application-typed = Type the id of an application.
orders-no-application = No application is chosen.
orders-no-application-cure = Choose what is ordered.
orders-no-target = Nobody is named for whom the order is.
orders-no-target-cure = Name a user or a device.
orders-for-this-device = Order an application for this device
orders-state-waitingforapproval = Waits for approval
orders-state-waitingforlicence = Waits for a licence
orders-state-accepted = Accepted
orders-state-processing = In work
orders-state-processed = Given to Intune
orders-state-done = Done
orders-state-failed = Failed
orders-state-rejected = Rejected
orders-state-cancelled = Cancelled
orders-state-replaced = Replaced by a later order
orders-phase-requested = Requested
orders-phase-approved = Approved
orders-phase-processed = Given to Intune
orders-phase-delivered = Delivered to the device
orders-phase-finished = Finished
orders-phase-state-waiting = not yet
orders-phase-state-active = under way
orders-phase-state-done = done
orders-phase-state-failed = failed
orders-phase-state-skipped = not needed
orders-event-placed = Placed
orders-event-approvalrequested = Approval asked for
orders-event-approved = Approved
orders-event-rejected = Rejected
orders-event-waitingforlicence = Waits for a licence
orders-event-accepted = Accepted
orders-event-resolved = Found in the tenant
orders-event-removedfromgroup = Removed from a group
orders-event-addedtogroup = Added to the group
orders-event-processed = Given to Intune
orders-event-syncsent = Device asked to check in
orders-event-syncfailed = Device could not be asked to check in
orders-event-statusread = State read from Intune
orders-event-retried = Tried again
orders-event-delayed = Delayed
orders-event-done = Done
orders-event-failed = Failed
orders-event-cancelled = Cancelled
orders-event-replaced = Replaced by a later order
orders-event-reminderdue = Reminder of the end of the term
orders-event-termended = Term ended
orders-event-membershipremoved = Removed from the group
problem-order-conflict = This form was already sent with other content.
problem-order-conflict-cure = Open the form anew, and send it again.
problem-not-orderable = This application cannot be ordered now.
problem-not-orderable-cure = See the state of the application.
problem-already-ordered = This application was already ordered for this user or device.
problem-already-ordered-cure = See the earlier order; allow ordering it again with the application if that is meant.
problem-wrong-target = The application cannot be ordered for this.
problem-wrong-target-cure = Order it for a device instead of a user, or the other way round.
problem-no-approval-address = The system of the shop is to approve, but its address is not set.
problem-no-approval-address-cure = Set it in the settings of the instance, or change who approves.
problem-order-ended = The order has ended already.
problem-order-ended-cure = Load the page anew to see what became of it.
problem-callback-decides = The system of the shop approves this order.
problem-callback-decides-cure = Wait for it, or reject or cancel the order here.
problem-not-repeatable = The order cannot be tried again.
problem-not-repeatable-cure = Place a new order if it is still needed.
problem-own-order = This is your own order.
problem-own-order-cure = A second person has to approve it.
problem-not-an-approver = The application names who approves its orders; you are not one of them.
problem-not-an-approver-cure = One of those that the page names has to decide.
attention-orders-wait-for-approval = { $count ->
    [one] { $shown } order of { $instance } waits for approval.
   *[other] { $shown } orders of { $instance } wait for approval.
}
attention-orders-wait-for-approval-advice = Look at each, then approve or reject it.
attention-order-webhooks-dead = { $count ->
    [one] { $shown } message of { $instance } about orders could not be delivered to the shop, and the bus has given up.
   *[other] { $shown } messages of { $instance } about orders could not be delivered to the shop, and the bus has given up.
}
attention-order-webhooks-dead-advice = Check the addresses in the settings of the instance. The messages are listed by intune-connector orders webhooks --dead; --retry ID sends one again. What was missed is read by GET /sics/v1/order-changes.
attention-orders-not-processed = { $count ->
    [one] { $shown } order is open, and { $instance } does not run: nobody works on it.
   *[other] { $shown } orders are open, and { $instance } does not run: nobody works on them.
}
attention-orders-not-processed-advice = Start the microservice.
attention-orders-stopped = { $count ->
    [one] { $shown } order is open, and the kill switch is on: { $instance } changes nothing in the tenant.
   *[other] { $shown } orders are open, and the kill switch is on: { $instance } changes nothing in the tenant.
}
attention-orders-stopped-advice = Once the reason is gone, ask for it to be switched off.
attention-orders-lost-by-restore = { $count ->
    [one] { $shown } order of { $instance } failed because the store was put back: what became of it is not known.
   *[other] { $shown } orders of { $instance } failed because the store was put back: what became of them is not known.
}
attention-orders-lost-by-restore-advice = Compare them with the tenant, and try again those that are still wanted.
done-order-placed = The order is placed. This page follows it.
done-order-placed-approval = The order is placed. Somebody has to approve it first.
done-order-placed-licence = The order is placed. It waits until a licence is free.
done-order-approved = The order is approved and will be carried out.
done-order-approved-licence = The order is approved. It waits until a licence is free.
done-order-rejected = The order is rejected.
done-order-cancelled = The order is cancelled.
done-order-retried = It is tried again now.
