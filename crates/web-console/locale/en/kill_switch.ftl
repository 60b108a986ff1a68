kill-switch = Kill switch
kill-switch-on = Kill switch is on
kill-switch-help = While it is on, nothing destructive or disruptive is sent to any device. What Intune already has cannot be recalled.
kill-switch-is-off = The kill switch is off. Actions are sent.
kill-switch-on-heading = Switch it on
kill-switch-where = For
kill-switch-all-tenants = All tenants
kill-switch-reason-help = For those who find it on: what happened, and whom to ask.
kill-switch-turn-on = Stop all actions
kill-switch-turn-off = Ask to turn it off
kill-switch-off-help = It stays on until a second person agrees, and they see what would be sent then.
kill-switch-off-asked = Somebody has asked to turn it off; a second person has to agree.
kill-switch-everywhere = On for all tenants
kill-switch-tenant = On for tenant { $tenant }
kill-switch-waiting = { $count ->
    [one] { $shown } request to turn it off waits for a second person.
   *[other] { $shown } requests to turn it off wait for a second person.
}
kill-switch-under-way = Intune already has
kill-switch-under-way-help = These actions were handed to Intune before, and cannot be recalled from here.
kill-switch-none-under-way = Nothing.
done-kill-switch-on = The kill switch is on: nothing destructive or disruptive is sent.
done-kill-switch-asked = It stays on until a second person agrees.
