servers-none = Noch hat sich kein Managementserver angemeldet.
servers-none-help = Ein Managementserver liest jede Änderung der Geräte und darf Aktionen senden. Wie Sie einen hinzufügen, steht unten.
servers-none-match = Kein Managementserver entspricht dem Filter.
servers-find = Name oder Konto
servers-parts = Teile dieses Managementservers
servers-connection = Verbindung
servers-limits = Beschränkungen
servers-accepted = Angenommen
servers-to-accept = Wartet auf Annahme
servers-behind = Im Rückstand
servers-accept = Annehmen
servers-accept-help = Das Konto { $owner } hat ihn angemeldet. Ist er angenommen, erhält er die Geräte, die das Konto sehen darf.
servers-accept-not-yours = Jemand mit dem Recht Servers_Manage muss ihn annehmen.
servers-lag = Rückstand
servers-lag-time = Im Rückstand seit
servers-lag-devices = { $count ->
    [one] { $shown } Gerät
   *[other] { $shown } Geräte
}
servers-lag-minutes = { $shown } min
servers-last-seen = Zuletzt gesehen
servers-owner = Konto
servers-owner-gone = Das Konto gibt es nicht mehr
servers-remarks = Bemerkungen
servers-sends-jobs = Darf Jobs senden
servers-jobs-go = seine Jobs
servers-limited = Beschränkt
servers-unprocessed = { $count ->
    [one] { $shown } Änderung, die er nicht verarbeiten konnte
   *[other] { $shown } Änderungen, die er nicht verarbeiten konnte
}
servers-rejected = { $count ->
    [one] { $shown } zurückgestellter Datensatz
   *[other] { $shown } zurückgestellte Datensätze
}
servers-unjudged = { $count ->
    [one] Der Filter kann { $shown } Gerät nicht beurteilen.
   *[other] Der Filter kann { $shown } Geräte nicht beurteilen.
}
servers-add = Managementserver hinzufügen
servers-add-help = Er meldet sich selbst an, mit einem eigenen Konto:
servers-add-account = Erstellen Sie ein Konto der Art „Server“ mit der Rolle management-server und ein Token dafür.
servers-add-account-go = Zu den Benutzern
servers-add-announce = Melden Sie ihn auf dem Server mit diesem Token an: Die Seite jedes Servers enthält die Zeilen dafür.
servers-add-accept = Er erscheint hier und wartet auf Annahme.
servers-announce = Einen im eigenen Namen anmelden
servers-announce-help = Er gehört dann dem Konto { $name }, und nur dieses Konto darf ihn benutzen. Einen Server für den Betrieb lassen Sie sich selbst mit eigenem Konto anmelden.
servers-id = Id
servers-id-help = Teil jeder seiner Adressen: Buchstaben, Ziffern, Bindestrich, Unterstrich und Punkt; höchstens 64.
servers-display-name = Name
servers-acknowledged = Zuletzt bestätigt
servers-announced = Angemeldet
servers-accepts = Was er nach eigener Angabe annimmt
servers-ranges = Adressbereiche
servers-ranges-any = Von überall
servers-ranges-help = Einer je Zeile, etwa 192.0.2.0/24 oder 2001:db8::/32; eine einzelne Adresse als 192.0.2.7/32. Leer: von überall.
servers-range-wrong = „{ $range }“ ist kein Adressbereich.
servers-fields = Felder
servers-fields-all = Alle Felder
servers-fields-some = Nur diese
servers-fields-choose = Felder wählen
servers-fields-none = Wählen Sie mindestens ein Feld, oder alle.
servers-filter = Filter
servers-filter-none = Alle Geräte
servers-filter-help = Eine CEL-Bedingung über die Felder eines Geräts, etwa operatingSystem == "iOS". Leer: alle Geräte.
servers-filter-do-count = Geräte zählen
servers-filter-count = { $matching } von { $total } Geräten passen.
servers-jobs-allow = Er darf Jobs senden
servers-jobs-help = Die Rechte seines Kontos entscheiden, was sie dürfen.
servers-limits-apply = Übernehmen
servers-limits-wrong = Im Formular stimmt etwas nicht.
servers-limits-wrong-cure = Berichtigen Sie die Felder, bei denen es steht.
servers-effect = { $count ->
    [one] Das nimmt dem Server { $shown } Gerät oder ändert, was er davon hat.
   *[other] Das nimmt dem Server { $shown } Geräte oder ändert, was er davon hat.
}
servers-effect-help = Geräte, die er nicht mehr erhält, werden ihm als entfallen gemeldet, und er löscht womöglich, was auf ihnen aufbaut. Die Bestätigung gilt für genau diese Beschränkungen.
servers-effect-agree = Das will ich.
servers-progress = Fortschritt
servers-progress-none = Er erhält noch keine Instanz: Er ist nicht angenommen, oder sein Konto hat an keiner ein Recht.
servers-progress-help = Position: Bis hierher hat er bestätigt. Vollständig: Er hat alles, was er haben soll, und konnte es verarbeiten.
servers-phase = Erhält
servers-phase-nothing = Noch nichts
servers-phase-snapshot = Eine Momentaufnahme
servers-phase-live = Laufende Änderungen
servers-position = Position
servers-head = Neueste Position
servers-complete = Vollständig
servers-snapshot-open = Die Momentaufnahme bleibt offen:
servers-rejects = Änderungen, die er nicht verarbeiten konnte
servers-rejects-help = Der Server hat sie gemeldet; er erhält weiter Änderungen. Ist die Ursache dort behoben, lassen Sie das Gerät erneut senden.
servers-reported = Gemeldet
servers-reject-follows = Wurde erneut gesendet; wartet auf Bestätigung
servers-reject-waits = Wartet
servers-unjudged-title = Geräte, die sein Filter nicht beurteilen kann
servers-unjudged-help = Er erhält nichts über sie und behält, was er hat.
servers-again = Erneut senden
servers-resync = Alles erneut senden
servers-resync-help = Der Server beginnt mit einer Momentaufnahme jeder Instanz von vorn. Für einen Server, dessen Bestand leer oder zweifelhaft ist.
servers-rewind = Änderungen erneut senden
servers-rewind-help = Änderungen nach einer Position werden noch einmal gesendet. Eine Änderung, die zweimal kommt, schadet nicht.
servers-rewind-to = Nach Position
servers-rewind-all = Alle Instanzen
servers-rewind-wrong = Das ist keine Position.
servers-rewind-wrong-cure = Geben Sie eine ganze Zahl ab 0 an, wie sie die Tabelle des Fortschritts zeigt.
servers-resend = Erneut senden
servers-resend-one = Ein Gerät erneut senden
servers-resend-help = Das Gerät rückt ans Ende der Änderungen, wo jeder Server es noch einmal liest.
servers-device-wrong = Das ist keine Intune-Geräte-Id.
servers-device-wrong-cure = Geben Sie die Id an, wie sie die Seite des Geräts zeigt.
servers-remove = Entfernen
servers-remove-help = Er erhält nichts mehr. Was er hat, bleibt dort. Um zurückzukommen, muss er sich anmelden und wieder angenommen werden.
servers-remove-go = Diesen Server entfernen …
servers-remove-first = Erhält er Geräte, nennt der nächste Schritt ihre Anzahl und fragt noch einmal; andernfalls wird er sofort entfernt.
servers-remove-effect = { $count ->
    [one] Er erhält { $shown } Gerät, von dem er nichts mehr erfährt.
   *[other] Er erhält { $shown } Geräte, von denen er nichts mehr erfährt.
}
servers-remove-agree = Ich will diesen Managementserver entfernen.
servers-see = Was der Bus von ihm sieht
servers-see-account = Er meldet sich mit dem Konto { $owner } an.
servers-see-no-account = Sein Konto gibt es nicht mehr: Niemand kann sich für ihn anmelden. Entfernen Sie ihn, und lassen Sie ihn neu anmelden.
servers-see-any-address = Er darf sich von überall verbinden.
servers-see-ranges = Er darf sich nur von { $ranges } verbinden; prüfen Sie, ob er das tut.
servers-see-accepted = Er ist angenommen.
servers-see-not-accepted = Er wartet auf Annahme und erhält bis dahin nichts.
servers-see-receives = Er erhält { $instances }.
servers-see-receives-nothing = Er erhält keine Instanz: Sein Konto hat an keiner ein Recht, oder er ist nicht angenommen.
servers-see-seen = Er war schon da.
servers-see-never-seen = Er war noch nicht da.
servers-see-acknowledges = Er bestätigt, was er liest.
servers-see-never-acknowledged = Er hat noch nichts bestätigt.
servers-lines = Zeilen für die Gegenstelle
servers-lines-help = Führen Sie sie auf dem Rechner des Servers nacheinander aus: Sie prüfen die Verbindung, melden den Server an, lesen zehn Änderungen und bestätigen sie. Prüfen Sie die Adresse in der ersten Zeile: Unter ihr erreicht jener Rechner den Bus.
servers-lines-token = Setzen Sie ein Token des Kontos { $owner } ein.
servers-lines-token-go = Token erstellen
servers-lines-expect = Der erste Aufruf antwortet, wer angemeldet ist, mit welchen Rechten, und mit der Uhrzeit des Busses. 401: Das Token ist falsch. 403: der Adressbereich oder ein Recht. Keine Antwort: Netzwerk, Firewall oder Adresse.
servers-copy = Kopieren
servers-webhook = Webhook
servers-webhook-help = Statt gelesen zu werden, können Änderungen und Ergebnisse an eine Adresse des Servers gesendet werden, seitenweise und signiert wie bei Standard Webhooks. Was die Adresse mit einem Status der 200er beantwortet, gilt als bestätigt.
servers-webhook-none = Es gibt keinen Webhook: Der Server liest seine Änderungen selbst.
servers-webhook-target = Der Server ist ein Ziel, das seine Änderungen selbst liest: Er hat keinen Webhook.
servers-webhook-now = Wohin Änderungen gesendet werden
servers-webhook-new = Einen Webhook einstellen
servers-webhook-other = Eine andere Adresse einstellen
servers-webhook-address = Adresse
servers-webhook-address-help = Mit https. Pfad und Abfrage werden nicht wieder gezeigt. Eine andere Adresse bekommt einen anderen Schlüssel, dieselbe behält ihren.
servers-webhook-private = Sie liegt in einem eigenen Netz oder auf der Maschine des Busses.
servers-webhook-private-on = darf privat sein
servers-webhook-since = Eingestellt
servers-webhook-delivered = Zuletzt angenommen
servers-webhook-failing = Keine Nachricht angenommen seit
servers-webhook-attempts = { $count ->
    [one] { $shown } Versuch
   *[other] { $shown } Versuche
}
servers-webhook-next = Nächster Versuch
servers-webhook-aside = Beiseitegelegt
servers-webhook-aside-help = Es wird nichts mehr gesendet. Reparieren Sie den Empfänger, und senden Sie dann eine Testnachricht: Wird sie angenommen, geht es weiter.
servers-webhook-two-keys = Auch mit dem früheren Schlüssel signiert bis
servers-webhook-set = An diese Adresse senden
servers-webhook-test = Testnachricht senden
servers-webhook-test-failed = Die Testnachricht wurde nicht angenommen: { $why }
servers-webhook-roll = Neuen Schlüssel erzeugen
servers-webhook-roll-help = Der neue Schlüssel wird einmal gezeigt. Einen Tag lang haben Nachrichten zwei Signaturen, eine mit jedem Schlüssel.
servers-webhook-remove = Webhook entfernen
servers-webhook-remove-help = Es wird nichts mehr gesendet. Der Server liest seine Änderungen wieder selbst, ab der Stelle, an der er ist.
servers-webhook-key = Neuer Schlüssel
servers-webhook-key-of = Schlüssel für den Webhook von { $server }
servers-webhook-key-help = Nachrichten an { $address } werden mit diesem Schlüssel signiert. Tragen Sie ihn beim Empfänger ein.
servers-webhook-key-once = Kopieren Sie diesen Schlüssel jetzt. Er wird nie wieder gezeigt.
servers-webhook-key-done = Ich habe ihn kopiert
done-server-announced = Er ist angemeldet. Verwenden Sie diese Zeilen auf seinem Rechner.
done-server-accepted = Er ist angenommen und erhält beim nächsten Lesen eine Momentaufnahme.
done-server-resync = Er erhält beim nächsten Lesen alles noch einmal.
done-server-rewound = Die Änderungen werden beim nächsten Lesen erneut gesendet.
done-server-resent = Das Gerät wird erneut gesendet.
done-server-removed = Der Managementserver ist entfernt.
done-limits-set = Die Beschränkungen sind gesetzt.
done-limits-unchanged = Nichts wurde geändert: Die Beschränkungen sind wie zuvor.
done-server-webhook-set = Änderungen werden an die Adresse gesendet. Ihr Schlüssel ist derselbe wie zuvor.
done-server-webhook-tested = Die Adresse hat die Testnachricht angenommen.
done-server-webhook-removed = Der Webhook ist entfernt.
