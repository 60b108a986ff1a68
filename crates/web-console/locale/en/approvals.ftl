nav-approvals = Approvals
approvals-help = What waits here is not done until a second person agrees, with their own name and password, whoever is signed in.
approvals-none = Nothing waits for a second person.
approvals-needs-operator = { $count ->
    [one] The outcome of { $shown } action is not known: somebody has to record it.
   *[other] The outcome of { $shown } actions is not known: somebody has to record it.
}
approvals-to-jobs = Go to the jobs
approvals-orders = { $count ->
    [one] { $shown } order of an app waits for approval.
   *[other] { $shown } orders of apps wait for approval.
}
approvals-to-orders = Go to the orders
approvals-person-name = Your name
approvals-person-password = Your password
approvals-may-agree = May agree: { $names }
approvals-only-requester = There is no second person: whoever asked may agree alone, a day later.
approvals-alone-at = There is no second person: whoever asked may agree alone
approvals-alone-now = There is no second person: whoever asked may agree alone now.
approvals-digest = You agree to exactly what is shown here:
approvals-approve = Approve
approvals-approve-job = Approve or reject
approvals-reject = Reject
approvals-reject-help = Rejected, nothing of it is sent. Being signed in is enough.
approvals-agree = Agree
approvals-agree-job = { $count ->
    [one] I have looked at the device and at what happens to it.
   *[other] I have looked at all { $shown } devices and at what happens to each.
}
approvals-jobs = Jobs
approvals-decide = Decide
approvals-decide-there = See all devices and decide
approvals-more-jobs = All jobs that wait
approvals-changes = Changes that loosen a safeguard
approvals-changes-help = What makes less possible takes effect at once; what makes more possible waits here.
approvals-kind-policy-change = Limit, approval or switched-on action
approvals-kind-kill-switch-off = Turn the kill switch off
approvals-kind-suspension-lift = Give destructive rights back
approvals-kind-workflow-change = Enable a workflow
approvals-kind-account-change = Accounts and rights
approvals-kind-application-change = Approval of orders
approvals-kind-other = Change
approvals-kill-switch-off = The kill switch goes off for all tenants.
approvals-kill-switch-off-tenant = The kill switch goes off for tenant { $tenant }.
approvals-scope = Where
approvals-scope-bus = The whole bus
approvals-key = What
approvals-asked-by-file = found in a settings file
approvals-goes-out = This would be sent at once:
approvals-goes-out-nothing = No action waits for it: nothing would be sent at once.
approvals-see-workflow = See the workflow and its text
approvals-workflows = Workflows to be enabled
approvals-workflows-help = These texts do not run until somebody enables them.
approvals-glass = Emergency actions to be reviewed
approvals-glass-help = One person did this alone. Ask them what happened; a second person records here that they have looked at it.
approvals-acknowledge = I have reviewed it
approvals-suspended-help = The bus has suspended the destructive rights of these operators. Ask them what happened before you ask to give the rights back.
approvals-ask-lift = Ask to give the rights back
done-change-approved = Agreed. The change is in effect.
done-change-rejected = Rejected. Everything stays as it is.
done-glass-reviewed = The review is recorded.
done-suspension-asked = The rights come back when a second person agrees.
