nav-approvals = Freigaben
approvals-help = Was hier wartet, geschieht erst, wenn eine zweite Person mit eigenem Namen und Kennwort zustimmt, gleich wer angemeldet ist.
approvals-none = Nichts wartet auf eine zweite Person.
approvals-needs-operator = { $count ->
    [one] Das Ergebnis von { $shown } Aktion ist nicht bekannt: Jemand muss es eintragen.
   *[other] Das Ergebnis von { $shown } Aktionen ist nicht bekannt: Jemand muss es eintragen.
}
approvals-to-jobs = Zum Jobmonitor
approvals-orders = { $count ->
    [one] { $shown } Bestellung einer App wartet auf Genehmigung.
   *[other] { $shown } Bestellungen von Apps warten auf Genehmigung.
}
approvals-to-orders = Zu den Bestellungen
approvals-person-name = Ihr Name
approvals-person-password = Ihr Kennwort
approvals-may-agree = Zustimmen können: { $names }
approvals-only-requester = Es gibt keine zweite Person: Wer den Antrag gestellt hat, kann einen Tag später allein zustimmen.
approvals-alone-at = Es gibt keine zweite Person: Wer den Antrag gestellt hat, kann allein zustimmen
approvals-alone-now = Es gibt keine zweite Person: Wer den Antrag gestellt hat, kann jetzt allein zustimmen.
approvals-digest = Sie stimmen genau dem zu, was hier steht:
approvals-approve = Freigeben
approvals-approve-job = Freigeben oder ablehnen
approvals-reject = Ablehnen
approvals-reject-help = Abgelehnt wird nichts davon gesendet. Ihre Anmeldung genügt.
approvals-agree = Zustimmen
approvals-agree-job = { $count ->
    [one] Ich habe das Gerät angesehen und was mit ihm geschieht.
   *[other] Ich habe alle { $shown } Geräte angesehen und was mit jedem geschieht.
}
approvals-jobs = Jobs
approvals-decide = Entscheiden
approvals-decide-there = Alle Geräte ansehen und entscheiden
approvals-more-jobs = Alle wartenden Jobs
approvals-changes = Änderungen, die einen Schutz lockern
approvals-changes-help = Was weniger erlaubt, gilt sofort; was mehr erlaubt, wartet hier.
approvals-kind-policy-change = Limit, Freigabe oder eingeschaltete Aktion
approvals-kind-kill-switch-off = Notstopp ausschalten
approvals-kind-suspension-lift = Zerstörende Rechte zurückgeben
approvals-kind-workflow-change = Workflow freischalten
approvals-kind-account-change = Konten und Rechte
approvals-kind-application-change = Genehmigung von Bestellungen
approvals-kind-other = Änderung
approvals-kill-switch-off = Der Notstopp wird für alle Mandanten ausgeschaltet.
approvals-kill-switch-off-tenant = Der Notstopp wird für Mandant { $tenant } ausgeschaltet.
approvals-scope = Wo
approvals-scope-bus = Der ganze Bus
approvals-key = Was
approvals-asked-by-file = in einer Einstellungsdatei gefunden
approvals-goes-out = Das würde sofort gesendet:
approvals-goes-out-nothing = Keine Aktion wartet darauf: Nichts würde sofort gesendet.
approvals-see-workflow = Workflow und Text ansehen
approvals-workflows = Freizuschaltende Workflows
approvals-workflows-help = Diese Texte laufen erst, wenn jemand sie freischaltet.
approvals-glass = Zu prüfende Notfallaktionen
approvals-glass-help = Das hat eine Person allein getan. Fragen Sie sie, was geschehen ist; eine zweite Person trägt hier ein, dass sie es geprüft hat.
approvals-acknowledge = Ich habe es geprüft
approvals-suspended-help = Der Bus hat die zerstörenden Rechte dieser Benutzer ausgesetzt. Fragen Sie sie, was geschehen ist, bevor Sie beantragen, die Rechte zurückzugeben.
approvals-ask-lift = Rückgabe der Rechte beantragen
done-change-approved = Zugestimmt. Die Änderung gilt.
done-change-rejected = Abgelehnt. Alles bleibt, wie es ist.
done-glass-reviewed = Die Prüfung ist eingetragen.
done-suspension-asked = Die Rechte kommen zurück, wenn eine zweite Person zustimmt.
