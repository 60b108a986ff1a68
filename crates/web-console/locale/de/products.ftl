products-help = Was dieser Bus ausführen kann. Ein Produkt wird mit seinem Assistenten installiert, einmal oder mehrmals.
products-none = Es gibt noch kein Produkt. Importieren Sie ein Paket.
products-available = Verfügbar
products-installed = Installiert
products-update-available = Update verfügbar
products-version = Version { $version }
products-version-head = Version
products-not-installed = Nicht installiert.
products-not-installed-yet = Es ist noch nicht installiert. Wählen Sie „Installieren“: Der Assistent fragt nach allem, was nötig ist.
products-installed-times = { $count ->
    [one] Einmal installiert:
   *[other] { $shown }-mal installiert:
}
products-left-out = { $count ->
    [one] { $shown } Version im Datenordner ist nicht verwendbar. Siehe Details.
   *[other] { $shown } Versionen im Datenordner sind nicht verwendbar. Siehe Details.
}
products-install = Installieren
products-update = Aktualisieren
products-import = Paket importieren
products-import-help = Ein Paket ist eine Zip-Datei mit einem Produkt. Es wird angenommen, wenn es mit einem vertrauten Schlüssel signiert ist.
products-package = Paket (.zip)
products-no-package = Es wurde kein Paket gewählt.
products-no-package-cure = Wählen Sie die Zip-Datei des Produkts.
products-exceptions = Ausnahmen
products-accept-unsigned = Annehmen, obwohl es nicht signiert ist oder dem Schlüssel nicht vertraut wird
products-accept-unsigned-help = Dann steht niemand dafür ein, was es tut. Das wird protokolliert.
products-accept-downgrade = Annehmen, obwohl es eine neuere Version gibt
products-to-keys = Vertraute Schlüssel anzeigen
products-keys = Vertraute Schlüssel
products-keys-help = Pakete, die mit einem dieser Schlüssel signiert sind, werden angenommen.
products-no-keys = Noch wird keinem Schlüssel vertraut: Pakete werden nur als Ausnahme angenommen. Fügen Sie den Schlüssel dessen hinzu, der Ihre Pakete herstellt.
products-fingerprint = Fingerabdruck (SHA-256)
products-key-add = Einem Schlüssel vertrauen
products-key-file = Öffentlicher Schlüssel als Datei (PEM)
products-key-pem = Oder sein Text
products-key-pem-help = Ein Ed25519-Schlüssel; er beginnt mit BEGIN PUBLIC KEY. Sie sehen den Fingerabdruck, bevor ihm vertraut wird.
products-key-show = Fingerabdruck anzeigen
products-key-compare = Fingerabdruck vergleichen
products-key-compare-help = Fragen Sie den Eigentümer des Schlüssels nach dem Fingerabdruck, telefonisch oder auf einem anderen Weg, dem Sie vertrauen. Nur wenn er gleich ist, vertrauen Sie dem Schlüssel.
products-key-compared = Ich habe ihn verglichen; er ist gleich.
products-key-trust = Diesem Schlüssel vertrauen
products-key-distrust = Nicht mehr vertrauen
products-key-distrust-help = Bereits hinzugefügte Pakete bleiben; neue mit diesem Schlüssel werden abgelehnt.
products-no-key = Das ist kein öffentlicher Ed25519-Schlüssel im PEM-Format.
products-no-key-cure = Fügen Sie den öffentlichen Schlüssel ein, oder wählen Sie seine Datei; er beginnt mit BEGIN PUBLIC KEY.
products-built-in = Im Programm enthalten
products-unsigned = Von niemandem signiert
products-signed-by = Signiert mit dem Schlüssel { $key }
products-update-to = Update auf Version { $version }
products-update-installed = Diese Installationen werden aktualisiert und behalten ihre Einstellungen:
products-update-changes = Änderungen von { $from } auf { $to }
products-update-no-changes = Nichts, was von außen sichtbar ist.
products-update-roles = Rollen, deren Rechte sich ändern
products-update-help = Ausgeführt wird genau das, was hier steht. Ändert sich vorher etwas, sehen Sie es zuerst noch einmal.
products-change-added = Neu
products-change-changed = Geändert
products-change-removed = Entfernt
products-piece-microservice = Microservice
products-piece-definition = Workflow
products-piece-page = Seite des Assistenten
products-piece-permission = Berechtigung
products-piece-danger = Gefährlichkeit einer Aktion
products-piece-port = Port
products-role = Rolle
products-rights-before = Rechte bisher
products-rights-after = Rechte danach
products-role-holders = Inhaber
products-role-removed = Die Rolle wird entfernt.
products-where-installed = Wo es installiert ist
products-installation = Installation
products-profile = Profil
products-items = Bestandteile
products-versions = Versionen
products-signature = Signatur
products-digest = Prüfsumme (SHA-256)
products-unused = Nicht verwendet
products-manifest = Über dieses Produkt
products-id = Kennung
products-bus = Passt zu Bus-Versionen
products-microservices = Microservices
products-workflows = Workflows
products-ports = Ports
products-permissions = Berechtigungen, die es braucht
products-permission = Berechtigung
products-permission-required = Erforderlich
products-permission-feature = Nur für { $feature }
products-permission-reason = Wofür
products-roles = Rollen für seine Benutzer
products-dangers = Wie gefährlich es Aktionen einstuft
products-danger-harmless = Harmlos
products-danger-disruptive = Störend
products-danger-destructive = Destruktiv
products-remove = Produkt entfernen
products-remove-help = { $count ->
    [0] Die Pakete werden von diesem Bus entfernt. Im Programm enthaltene Versionen bleiben.
    [one] Die Pakete und die Installation werden entfernt; die Geräte der Installation werden jedem Server als verschwunden gemeldet. Im Programm enthaltene Versionen bleiben.
   *[other] Die Pakete und die { $shown } Installationen werden entfernt; ihre Geräte werden jedem Server als verschwunden gemeldet. Im Programm enthaltene Versionen bleiben.
}
products-remove-devices = { $count ->
    [one] { $shown } Gerät wird jedem Server als verschwunden gemeldet.
   *[other] { $shown } Geräte werden jedem Server als verschwunden gemeldet.
}
products-type-number = Geben Sie die Zahl der Geräte ein: { $number }
products-remove-agree = Ich will { $name } entfernen.
products-remove-now = Entfernen
products-not-confirmed = Es wurde nichts entfernt oder geändert: Häkchen und Zahl bestätigen es nicht.
products-not-confirmed-cure = Setzen Sie das Häkchen, und geben Sie die angezeigte Zahl ein, wenn Sie das wollen.
done-product-added = Das Paket wurde hinzugefügt.
done-product-updated = Das Produkt wurde aktualisiert.
done-product-removed = Das Produkt wurde entfernt.
done-product-removed-with-instances = Das Produkt wurde mit seinen Installationen entfernt.
done-key-trusted = Dem Schlüssel wird jetzt vertraut.
done-key-distrusted = Dem Schlüssel wird nicht mehr vertraut.
problem-package-unsigned = Das Paket ist nicht signiert.
problem-package-unsigned-cure = Bitten Sie den Hersteller um ein signiertes Paket, oder nehmen Sie es unter „Ausnahmen“ an.
problem-package-untrusted = Das Paket ist mit einem Schlüssel signiert, dem dieser Bus nicht vertraut.
problem-package-untrusted-cure = Vergleichen Sie den Fingerabdruck mit dem Hersteller und vertrauen Sie dem Schlüssel; importieren Sie es dann noch einmal.
problem-package-forged = Die Signatur des Pakets stimmt nicht: Es wurde nach dem Signieren verändert.
problem-package-forged-cure = Besorgen Sie es neu beim Hersteller; verwenden Sie dieses nicht.
problem-package-downgrade = Eine neuere Version dieses Produkts ist schon vorhanden.
problem-package-downgrade-cure = Importieren Sie die neuere Version, oder nehmen Sie die ältere unter „Ausnahmen“ an.
problem-package-too-large = Das Paket ist zu groß.
problem-package-too-large-cure = Prüfen Sie, ob es die richtige Datei ist.
problem-package-broken = Die Datei ist kein Paket oder beschädigt.
problem-package-broken-cure = Wählen Sie die Zip-Datei, wie sie der Hersteller ausgegeben hat.
problem-plan-changed = Etwas hat sich geändert: Das Update ist nicht mehr das, was angezeigt wurde.
problem-plan-changed-cure = Sehen Sie, was es jetzt ändert, und wählen Sie noch einmal „Aktualisieren“.
