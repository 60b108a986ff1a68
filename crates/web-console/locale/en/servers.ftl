servers-none = No management server has announced itself yet.
servers-none-help = A management server reads every change of the devices and may send actions. How to add one stands below.
servers-none-match = No management server matches the filter.
servers-find = Name or account
servers-parts = Parts of this management server
servers-connection = Connection
servers-limits = Limits
servers-accepted = Accepted
servers-to-accept = Waits to be accepted
servers-behind = Behind
servers-accept = Accept
servers-accept-help = The account { $owner } has announced it. Once it is accepted, it receives the devices that the account may see.
servers-accept-not-yours = Somebody with the right Servers_Manage has to accept it.
servers-lag = Behind
servers-lag-time = Behind since
servers-lag-devices = { $count ->
    [one] { $shown } device
   *[other] { $shown } devices
}
servers-lag-minutes = { $shown } min
servers-last-seen = Last seen
servers-owner = Account
servers-owner-gone = The account no longer exists
servers-remarks = Remarks
servers-sends-jobs = May send jobs
servers-jobs-go = its jobs
servers-limited = Limited
servers-unprocessed = { $count ->
    [one] { $shown } change that it could not process
   *[other] { $shown } changes that it could not process
}
servers-rejected = { $count ->
    [one] { $shown } record set aside
   *[other] { $shown } records set aside
}
servers-unjudged = { $count ->
    [one] The filter cannot judge { $shown } device.
   *[other] The filter cannot judge { $shown } devices.
}
servers-add = Add a management server
servers-add-help = It announces itself, with an account of its own:
servers-add-account = Make an account of the kind “server” with the role management-server, and a token for it.
servers-add-account-go = Go to the users
servers-add-announce = On the server, announce it with that token: the page of each server has the lines for it.
servers-add-accept = It appears here, and waits to be accepted.
servers-announce = Announce one in your own name
servers-announce-help = It then belongs to the account { $name }, and only this account may use it. For a server in earnest, let it announce itself with an account of its own.
servers-id = Id
servers-id-help = Part of each of its addresses: letters, digits, hyphen, underscore and dot; at most 64.
servers-display-name = Name
servers-acknowledged = Last acknowledged
servers-announced = Announced
servers-accepts = What it says it accepts
servers-ranges = Address ranges
servers-ranges-any = From anywhere
servers-ranges-help = One a line, such as 192.0.2.0/24 or 2001:db8::/32; of a single address 192.0.2.7/32. Empty: from anywhere.
servers-range-wrong = “{ $range }” is no address range.
servers-fields = Fields
servers-fields-all = All fields
servers-fields-some = Only these
servers-fields-choose = Choose fields
servers-fields-none = Choose at least one field, or all of them.
servers-filter = Filter
servers-filter-none = All devices
servers-filter-help = A CEL condition over the fields of a device, such as operatingSystem == "iOS". Empty: all devices.
servers-filter-do-count = Count the devices
servers-filter-count = { $matching } of { $total } devices match.
servers-jobs-allow = It may send jobs
servers-jobs-help = The rights of its account decide what they may do.
servers-limits-apply = Apply
servers-limits-wrong = Something in the form is wrong.
servers-limits-wrong-cure = Correct the fields that say so.
servers-effect = { $count ->
    [one] This takes { $shown } device away from the server, or changes what it holds of it.
   *[other] This takes { $shown } devices away from the server, or changes what it holds of them.
}
servers-effect-help = Devices that it no longer receives are reported to it as gone, and it may delete what it has built on them. The confirmation is for exactly these limits.
servers-effect-agree = That is what I want.
servers-progress = Progress
servers-progress-none = It receives no instance yet: it is not accepted, or its account has no right to one.
servers-progress-help = Position: up to here it has acknowledged. Complete: it holds all that it should, and could process it.
servers-phase = Receives
servers-phase-nothing = Nothing yet
servers-phase-snapshot = A snapshot
servers-phase-live = Changes as they happen
servers-position = Position
servers-head = Newest position
servers-complete = Complete
servers-snapshot-open = The snapshot stays open:
servers-rejects = Changes that it could not process
servers-rejects-help = The server has reported them; its feed goes on. Once the cause is mended there, have the device sent again.
servers-reported = Reported
servers-reject-follows = Was sent again; waits for its acknowledgement
servers-reject-waits = Waits
servers-unjudged-title = Devices that its filter cannot judge
servers-unjudged-help = It receives nothing about them, and keeps what it has.
servers-again = Send again
servers-resync = Send everything again
servers-resync-help = The server starts over with a snapshot of each instance. For a server whose store is empty or in doubt.
servers-rewind = Send changes again
servers-rewind-help = Changes after a position are sent once more. A change that comes twice does no harm.
servers-rewind-to = After position
servers-rewind-all = All instances
servers-rewind-wrong = This is no position in the feed.
servers-rewind-wrong-cure = Give a whole number from 0, as the table of progress shows it.
servers-resend = Send again
servers-resend-one = Send one device again
servers-resend-help = The device moves to the end of the feed, where every server reads it once more.
servers-device-wrong = This is no Intune device id.
servers-device-wrong-cure = Give the id as the page of the device shows it.
servers-remove = Remove
servers-remove-help = It receives nothing more. What it holds stays there. To come back it has to announce itself and be accepted again.
servers-remove-go = Remove this server …
servers-remove-first = If it receives devices, the next step says how many and asks again; otherwise it is removed at once.
servers-remove-effect = { $count ->
    [one] It receives { $shown } device, of which it learns nothing more.
   *[other] It receives { $shown } devices, of which it learns nothing more.
}
servers-remove-agree = I want to remove this management server.
servers-see = What the bus sees of it
servers-see-account = It signs in with the account { $owner }.
servers-see-no-account = Its account no longer exists: nobody can sign in for it. Remove it, and have it announced anew.
servers-see-any-address = It may connect from anywhere.
servers-see-ranges = It may connect from { $ranges } only; check that it does.
servers-see-accepted = It is accepted.
servers-see-not-accepted = It waits to be accepted, and receives nothing until then.
servers-see-receives = It receives { $instances }.
servers-see-receives-nothing = It receives no instance: its account has no right to one, or it is not accepted.
servers-see-seen = It has been here.
servers-see-never-seen = It has not been here yet.
servers-see-acknowledges = It acknowledges what it reads.
servers-see-never-acknowledged = It has not acknowledged anything yet.
servers-lines = Lines for the other end
servers-lines-help = Run them on the server's machine, one by one: they test the connection, announce the server, read ten changes, and acknowledge them. Check the address in the first line: it is where that machine reaches the bus.
servers-lines-token = Put a token of the account { $owner } in its place.
servers-lines-token-go = Make a token
servers-lines-expect = The first call answers who is signed in, with which rights, and the time of the bus. 401: the token is wrong. 403: the address range, or a right. No answer: network, firewall, or the address.
servers-copy = Copy
servers-webhook = Webhook
servers-webhook-help = Instead of being read, changes and results can be posted to an address of the server, page by page, signed as in Standard Webhooks. What the address answers with a status of the 200s is acknowledged.
servers-webhook-none = There is no webhook: the server reads its changes itself.
servers-webhook-target = The server is a target, which reads its changes itself: it has no webhook.
servers-webhook-now = Where changes are posted to
servers-webhook-new = Set a webhook
servers-webhook-other = Set another address
servers-webhook-address = Address
servers-webhook-address-help = With https. Its path and query are not shown again. Another address gets another key, and the same address keeps its key.
servers-webhook-private = It is in a network of our own, or on the machine of the bus.
servers-webhook-private-on = may be private
servers-webhook-since = Set
servers-webhook-delivered = Last message taken
servers-webhook-failing = No message taken since
servers-webhook-attempts = { $count ->
    [one] { $shown } attempt
   *[other] { $shown } attempts
}
servers-webhook-next = Next attempt
servers-webhook-aside = Set aside
servers-webhook-aside-help = Nothing is posted any more. Repair the receiver, then send a test message: if it is taken, posting goes on.
servers-webhook-two-keys = Signed with the earlier key as well until
servers-webhook-set = Post to this address
servers-webhook-test = Send a test message
servers-webhook-test-failed = The test message was not taken: { $why }
servers-webhook-roll = Make a new key
servers-webhook-roll-help = A new key is shown once. For a day messages have two signatures, one by each key.
servers-webhook-remove = Remove the webhook
servers-webhook-remove-help = Nothing is posted any more. The server reads its changes itself again, from where it is.
servers-webhook-key = New key
servers-webhook-key-of = Key for the webhook of { $server }
servers-webhook-key-help = Messages to { $address } are signed with this key. Give it to the receiver.
servers-webhook-key-once = Copy this key now. It is never shown again.
servers-webhook-key-done = I have copied it
done-server-announced = It is announced. Use these lines on its machine.
done-server-accepted = It is accepted, and receives a snapshot with its next read.
done-server-resync = It gets everything again with its next read.
done-server-rewound = The changes are sent again with its next read.
done-server-resent = The device is sent again.
done-server-removed = The management server is removed.
done-limits-set = The limits are set.
done-limits-unchanged = Nothing was changed: the limits are as before.
done-server-webhook-set = Changes are posted to the address. Its key is the one from before.
done-server-webhook-tested = The address has taken the test message.
done-server-webhook-removed = The webhook is removed.
