# Namen von Graph, Intune und der API, wie Menschen sie lesen: ctx.word("platform-", …) und Ähnliches.
compliance-compliant = Konform
compliance-noncompliant = Nicht konform
compliance-ingraceperiod = In Karenzzeit
compliance-conflict = Konflikt
compliance-error = Fehler
compliance-unknown = Unbekannt
compliance-configmanager = Von Configuration Manager verwaltet
ownership-company = Firma
ownership-personal = Privat
ownership-unknown = Unbekannt
light-good = Alles gut
light-warning = Bitte ansehen
light-bad = Funktioniert nicht
light-off = Aus
