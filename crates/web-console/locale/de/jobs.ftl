jobs-list = Jobs
jobs-new = Neuer Job
jobs-all = Alle
jobs-instance = Instanz
jobs-server = Managementserver
jobs-state-open = Nicht abgeschlossen
jobs-server-all-instances = Jobs eines Managementservers werden für alle Instanzen aufgelistet.
jobs-none = Es gibt noch keine Jobs. Haken Sie in der Geräteliste Geräte an und wählen Sie eine Aktion, oder nehmen Sie „Neuer Job“.
jobs-none-match = Kein Job passt zu den Filtern.
jobs-show-all = Alle Jobs anzeigen
jobs-newest = Neueste
jobs-older = Ältere
jobs-oldest = Älteste
jobs-newer = Neuere
jobs-device-state = Zustand eines Geräts
jobs-sender = Konto, das ihn gesendet hat
jobs-reason-text = Text in der Begründung
jobs-job = Job
jobs-action = Aktion
jobs-outcome = Ergebnis
jobs-progress = Fortschritt
jobs-asked-by = Angefordert von
jobs-created = Gesendet
jobs-urgent = Dringend
jobs-emergency = Notfall, ohne zweite Person
jobs-devices = { $count ->
    [one] { $shown } Gerät
   *[other] { $shown } Geräte
}
jobs-operator-removed = ein entferntes Konto
jobs-sent-as-server = { $operator } als Managementserver { $server }
jobs-sent-for = { $sender }, für { $requester }
jobs-kill-switch-on = Der Notstopp ist an: Nichts Störendes oder Zerstörendes wird gesendet, bis er aus ist.
jobs-see-kill-switch = Zum Notstopp
jobs-broken-glass = { $count ->
    [one] { $shown } Notfallaktion wurde ohne zweite Person ausgeführt und ist noch zu prüfen.
   *[other] { $shown } Notfallaktionen wurden ohne zweite Person ausgeführt und sind noch zu prüfen.
}
jobs-needs-operator = Jemand muss sagen, was hieraus wurde
jobs-needs-operator-help = Der Bus kann das Ergebnis nicht lesen. Finden Sie heraus, was geschehen ist, und tragen Sie es ein.
jobs-waits-for-approval = Wartet auf eine zweite Person
jobs-all-approvals = Alles, was wartet
jobs-suspended = Benutzer ohne zerstörende Rechte
jobs-phase-waiting-approval = Nichts wurde gesendet: Er wartet auf eine zweite Person.
jobs-phase-rejected = Abgelehnt: Nichts wurde gesendet.
jobs-phase-lapsed = Niemand hat ihn rechtzeitig freigegeben: Nichts wurde gesendet.
jobs-phase-needs-operator = { $count ->
    [one] Was aus { $shown } Gerät wurde, ist nicht bekannt: Jemand muss es herausfinden und eintragen.
   *[other] Was aus { $shown } Geräten wurde, ist nicht bekannt: Jemand muss es herausfinden und eintragen.
}
jobs-phase-begun = { $count ->
    [one] Läuft auf { $shown } Gerät.
   *[other] Läuft auf { $shown } Geräten.
}
jobs-phase-running = { $done } von { $total } Geräten sind fertig.
jobs-phase-done = { $count ->
    [one] Auf dem Gerät erledigt.
   *[other] Auf allen { $shown } Geräten erledigt.
}
jobs-phase-handed-over = { $count ->
    [one] An Intune übergeben. Ob es das Gerät erreicht, wird nicht gemeldet.
   *[other] Für alle { $shown } Geräte an Intune übergeben. Ob es jedes erreicht, wird nicht gemeldet.
}
jobs-phase-partly-done = Auf { $done } von { $total } Geräten erledigt.
jobs-phase-devices-gone = { $count ->
    [one] Das Gerät ist nicht mehr in Intune.
   *[other] { $shown } Geräte sind nicht mehr in Intune; auf keinem der anderen wurde er ausgeführt.
}
jobs-held-by-kill-switch = Vom Notstopp festgehalten
jobs-phase-not-done = { $count ->
    [one] Er wurde nicht ausgeführt.
   *[other] Er wurde auf keinem der { $shown } Geräte ausgeführt.
}
jobs-facts = Über diesen Job
jobs-definition = Definition
jobs-approval = Freigabe
jobs-approval-none = Nicht nötig
jobs-approval-waiting = Wartet auf Freigabe
jobs-approval-approved = Freigegeben
jobs-approval-rejected = Abgelehnt
jobs-approval-lapsed = Nicht rechtzeitig freigegeben
jobs-expires = Wird gesendet bis
jobs-sender-id = ID des Absenders
jobs-emergency-by = Von { $name }
jobs-emergency-reviewed = Geprüft von { $name }
jobs-devices-heading = Geräte
jobs-device = Gerät
jobs-platform = Plattform
jobs-sent-to-intune = An Intune gesendet
jobs-confirmed-by-intune = Von Intune bestätigt
jobs-on-the-device = Auf dem Gerät
jobs-next-look = Nächster Blick in Intune
jobs-never = Nie
jobs-steps = { $count ->
    [one] { $shown } Schritt
   *[other] { $shown } Schritte
}
jobs-steps-heading = Schritte
jobs-first-devices = Erste Geräte
jobs-more-devices = Weitere Geräte
jobs-cancel = Abbrechen
jobs-cancel-help = Geräte, an die noch nichts gesendet wurde, bleiben unberührt. Was Intune schon hat, kann nicht zurückgeholt werden.
jobs-cancel-unsent = Nicht Gesendetes abbrechen
jobs-record-outcome = Ergebnis eintragen
jobs-record-help = Sehen Sie das Gerät an oder fragen Sie seinen Benutzer, bevor Sie etwas eintragen: Was Sie eintragen, erfahren auch die Managementserver.
jobs-outcome-done = Die Aktion wurde ausgeführt
jobs-outcome-failed = Sie wurde nicht ausgeführt
jobs-outcome-notsupported = Das Gerät unterstützt sie nicht
jobs-outcome-devicegone = Das Gerät ist weg
jobs-evidence = Woher Sie das wissen
jobs-evidence-help = Ein oder zwei Sätze für alle, die es später lesen: „Das Gerät liegt leer auf meinem Tisch.“
jobs-no-outcome = Es ist kein Ergebnis gewählt.
jobs-no-outcome-cure = Wählen Sie, was aus dem Gerät wurde.
jobs-secrets = Geheimnisse
jobs-secrets-help = Entsperrcode, Gerätekennung oder Position, soweit Intune etwas zurückgegeben hat. Wer sie ansieht, steht im Audit-Protokoll; der Bus löscht sie nach 7 Tagen.
jobs-secrets-show = Anzeigen
jobs-secrets-none = Intune hat noch nichts zurückgegeben, oder es ist gelöscht. Kommen Sie wieder, wenn die Aktion auf dem Gerät erledigt ist.
jobs-secret-unlockpin = Entsperrcode
jobs-secret-passcode = Gerätekennung
jobs-secret-position = Position (Breite, Länge)
jobs-secret-erased = Wird gelöscht
jobs-position-accuracy = { $count ->
    [one] auf { $shown } Meter genau
   *[other] auf { $shown } Meter genau
}
jobs-copy = Kopieren
done-job-sent = Der Job wurde angenommen. Diese Seite verfolgt ihn.
done-job-sent-waits = Der Job wurde angenommen. Nichts wird gesendet, bis eine zweite Person ihn freigibt.
done-job-known = Dieser Job wurde schon angenommen; er wird nicht zweimal ausgeführt.
done-job-approved = Der Job ist freigegeben und wird gesendet.
done-job-approved-held = Der Job ist freigegeben. Der Notstopp hält ihn fest: Er wird gesendet, sobald der Notstopp aus ist.
done-job-rejected = Der Job ist abgelehnt; nichts wird gesendet.
done-job-cancelled = Abgebrochen: An keines der Geräte wird etwas gesendet.
done-job-cancelled-partly = Was nicht gesendet war, ist abgebrochen. Bei einigen Geräten war es zu spät.
done-job-cancelled-too-late = Nichts konnte abgebrochen werden: Intune hat die Aktion schon für jedes Gerät, oder sie ist zu Ende.
done-job-resolved = Das Ergebnis ist eingetragen.
task-cause-accepted = Angenommen; noch wurde nichts gesendet.
task-cause-approval = Eine zweite Person muss ihn freigeben.
task-cause-approval-required = Ein anderer Administrator des Mandanten muss in Intune zustimmen.
task-cause-tenant-approved = Ein anderer Administrator des Mandanten hat zugestimmt.
task-cause-tenant-rejected = Ein anderer Administrator des Mandanten hat abgelehnt.
task-cause-tenant-cancelled = Die Anfrage an die anderen Administratoren des Mandanten wurde zurückgezogen.
task-cause-approved = Freigegeben.
task-cause-cancelled = Abgebrochen.
task-cause-queued = Intune hat die Aktion angenommen; das Gerät hat sie noch nicht bestätigt.
task-cause-pending = Das Gerät hat sie noch nicht ausgeführt.
task-cause-under-way = Intune zeigt, dass sie läuft.
task-cause-still-pending = Das Gerät hat sie seit zwei Tagen nicht ausgeführt.
task-cause-done = Ausgeführt.
task-cause-not-supported = Intune meldet, dass das Gerät sie nicht unterstützt.
task-cause-cancelled-at-intune = Sie wurde in Intune abgebrochen.
task-cause-not-found = Das Gerät gibt es in Intune nicht mehr.
task-cause-vanished = Intune führt das Gerät nicht mehr; nichts beweist, dass diese Aktion der Grund ist.
task-cause-listed-again = Intune hat das Gerät eine Weile nicht geführt und führt es jetzt wieder.
task-cause-expired = Die Zeit lief ab, bevor gesendet werden konnte.
task-cause-throttled = Intune bittet zu warten; es wird später gesendet.
task-cause-daily-cap = Das Tageslimit von Intune für diese Aktion ist erreicht; es wird am nächsten Tag gesendet.
task-cause-unclear = Es ist nicht bekannt, ob sie gewirkt hat, und sie wird nicht noch einmal gesendet.
task-cause-crashed = Der Connector wurde zwischen Aufruf und Antwort beendet; ob der Aufruf gewirkt hat, wird nachgesehen.
task-cause-absent = Es war keine Wirkung zu sehen.
task-cause-sealed = Die geheimen Parameter sind mit dem Schlüssel dieses Busses nicht lesbar.
task-cause-rejected = Er wurde nicht freigegeben.
task-cause-operator = Das Konto des Anforderers ist entfernt oder gesperrt.
task-cause-missing-right = Dem Anforderer fehlt das Recht.
task-cause-out-of-scope = Die Rechte des Anforderers gelten dort nicht.
task-cause-suspended = Die zerstörenden Rechte des Anforderers sind ausgesetzt.
task-cause-verb-off = Die Aktion ist für diese Instanz ausgeschaltet.
task-cause-identity-changed = Das Gerät ist nicht mehr das, das gesehen wurde.
task-cause-open-task = Dieselbe Aktion läuft auf diesem Gerät bereits.
task-cause-kill-switch = Der Notstopp ist an.
task-cause-window = Es wird auf das nächste Wartungsfenster gewartet.
task-cause-limit-per-hour = Das Limit zerstörender Aktionen in einer Stunde ist erreicht.
task-cause-limit-per-day = Das Limit zerstörender Aktionen an einem Tag ist erreicht.
task-cause-never-touch = Das Gerät ist in den Einstellungen vor Aktionen geschützt.
task-cause-personal = Das Gerät ist privat, und die Aktion ist auf privaten Geräten nicht erlaubt.
task-cause-pending-at-intune = Intune zeigt eine ausstehende Aktion, die nicht von hier gesendet wurde.
task-cause-platform = Die Aktion geht auf dieser Plattform nicht.
task-cause-unknown-platform = Die Art des Geräts ist nicht bekannt.
task-cause-supervision = Das geht nur auf betreuten (supervised) Geräten.
task-cause-ownership = Das geht nur auf Firmengeräten.
task-cause-enrollment = Das geht nur auf Geräten, die auf andere Weise registriert wurden.
task-cause-lost-mode = Das Gerät muss im Modus „Verloren“ sein.
task-cause-encryption = Das Gerät ist nicht verschlüsselt.
task-cause-join-type = Das Gerät ist auf andere Weise beigetreten.
task-cause-os-version = Das System des Geräts ist zu alt.
task-cause-shared-ipad = Das geht nur auf einem geteilten iPad.
task-cause-parameter = Ein Parameter passt nicht zu diesem Gerät.
