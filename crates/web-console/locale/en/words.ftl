# Names that Graph, Intune and the API use, as people read them: ctx.word("platform-", …) and the like.
compliance-compliant = Compliant
compliance-noncompliant = Not compliant
compliance-ingraceperiod = In grace period
compliance-conflict = Conflict
compliance-error = Error
compliance-unknown = Unknown
compliance-configmanager = Managed by Configuration Manager
ownership-company = Company
ownership-personal = Personal
ownership-unknown = Unknown
light-good = All well
light-warning = Look at it
light-bad = Not working
light-off = Off
