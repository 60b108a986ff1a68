devices-new = neu oder geändert – anzeigen
devices-stale = Viele Geräte haben sich geändert. Aktuellen Stand anzeigen
devices-views = Ansichten
devices-view-all = Alle Geräte
devices-view-of = von { $name }
devices-view-shared = freigegeben
devices-view-manage = Ansicht speichern oder entfernen
devices-view-name = Name der Ansicht
devices-view-share = Alle dürfen sie verwenden
devices-view-help = Eine Ansicht ist, was Sie gerade sehen: Spalten, Filter und Sortierung. Eine Ansicht mit demselben Namen wird ersetzt.
devices-view-save = Ansicht speichern
devices-view-remove = Ansicht { $name } entfernen
done-view-saved = Die Ansicht ist gespeichert.
done-view-removed = Die Ansicht ist entfernt.
devices-search = Suchen
devices-any = Beliebig
devices-unfilter = Alle Geräte anzeigen
devices-more-filters = Nach Spalte oder Ausdruck filtern
devices-checked-in-after = Kontakt am oder nach (UTC)
devices-checked-in-before = Kontakt vor (UTC)
devices-expression = Ausdruck
devices-expression-help = Eine Bedingung in CEL über die Felder eines Geräts. Feldnamen werden beim Tippen vervollständigt; Pfeiltasten und Eingabe wählen aus. Beispiel:
devices-field-names = Feldnamen
devices-columns-help = Markierte Spalten werden angezeigt. Der Filter bleibt.
devices-columns-usual = Übliche Spalten
devices-unjudged = { $count ->
    [one] { $shown } Gerät konnte mit dem Ausdruck nicht beurteilt werden und fehlt hier
   *[other] { $shown } Geräte konnten mit dem Ausdruck nicht beurteilt werden und fehlen hier
}
devices-unjudged-help = Ändern Sie den Ausdruck so, dass er zuerst fragt, ob das Feld einen Wert hat, wie in model != null && model.startsWith("X"). Die ersten 100 Geräte:
devices-tick-page = Alle Geräte dieser Seite markieren
devices-tick = { $name } markieren
devices-ticked = markiert
devices-all-matching = { $count ->
    [one] Das eine Gerät, das passt
   *[other] Alle { $shown } Geräte, die passen, auf allen Seiten
}
devices-disruptive = Aktionen, die unterbrechen, wer am Gerät arbeitet
devices-no-action = Keine Ihrer Aktionen funktioniert auf den markierten Geräten.
devices-destructive-help = Diese Aktionen entfernen Daten oder Zugriff. Sie gelten nur für markierte Geräte und höchstens für so viele, wie die Limits des Busses erlauben. Die nächste Seite zeigt, was mit jedem Gerät geschieht; vor Ihrer Bestätigung dort wird nichts gesendet.
devices-not-asked = Es wird nichts aufgelistet, weil der Filter so nicht verwendet werden kann.
devices-past-the-end = So viele Seiten gibt es nicht.
devices-first-page = Erste Seite anzeigen
devices-no-hit = { $count ->
    [one] Kein Gerät passt; { $shown } Gerät ist ausgefiltert.
   *[other] Kein Gerät passt; { $shown } Geräte sind ausgefiltert.
}
devices-no-hit-help = Verkürzen Sie die Suche, nehmen Sie einen Filter weg, oder wählen Sie Beliebig für eine Spalte.
devices-no-instance = Es gibt keine Instanz, deren Geräte Sie sehen dürfen. Installieren Sie ein Produkt, das Intune liest, oder bitten Sie um das Recht für eine Instanz.
devices-install = Produkt installieren
devices-none = Noch keine Geräte.
devices-none-help = Geräte kommen mit dem ersten Scan einer Instanz. Managementserver erhalten sie, sobald sie angenommen sind.
devices-start-scan = Scan starten
devices-accept = Managementserver annehmen
devices-export = { $count ->
    [one] Das eine passende Gerät exportieren
   *[other] Alle { $shown } passenden Geräte exportieren
}
devices-format = Format
devices-separator = Trennzeichen (CSV)
devices-decimal = Dezimalzeichen (CSV)
devices-comma = Komma
devices-semicolon = Semikolon
devices-tab = Tabulator
devices-point = Punkt
devices-export-help = Die Datei hat die angezeigten Spalten in dieser Reihenfolge und jedes passende Gerät. Der Export steht danach im Audit.
devices-export-unjudged = Geräte, die nicht beurteilt werden konnten, sind nicht in der Datei.
failure-devices-none = Es ist kein Gerät markiert.
failure-devices-none-cure = Markieren Sie Geräte in der Liste und wählen Sie dann die Aktion.
failure-devices-no-action = Diese Aktion gibt es nicht.
failure-devices-no-action-cure = Wählen Sie eine der Aktionen über der Liste.
failure-devices-instances = Diese Geräte gehören zu mehreren Instanzen; ein Job gilt für eine.
failure-devices-instances-cure = Filtern Sie nach einer Instanz oder markieren Sie Geräte einer Instanz, und senden Sie je einen Job.
failure-devices-destructive = Zerstörende Aktionen nehmen nicht mehr als 100 Geräte über einen Filter an.
failure-devices-destructive-cure = Markieren Sie die Geräte einzeln, oder engen Sie den Filter auf höchstens 100 ein.
failure-devices-search = Eine Suche kann nicht an einen Job für mehr als 100 Geräte übergeben werden.
failure-devices-search-cure = Filtern Sie nach Spalten oder mit einem Ausdruck statt mit der Suche.
failure-devices-format = Dieses Format gibt es nicht.
failure-devices-format-cure = Wählen Sie CSV, XLSX oder JSON unter der Geräteliste.
problem-wrong-filter = Der Ausdruck kann nicht verwendet werden.
problem-wrong-filter-cure = Ein Ausdruck ist eine CEL-Bedingung über die Felder eines Geräts, etwa operatingSystem == "iOS". Prüfen Sie Feldnamen, Anführungszeichen und Klammern.
problem-wrong-sort = Nach dieser Spalte kann die Liste nicht sortiert werden.
problem-wrong-sort-cure = Wählen Sie eine andere Spalte.
problem-wrong-time = Eine Zeit des Filters ist keine Zeit.
problem-wrong-time-cure = Schreiben Sie sie als 2026-11-28 oder 2026-11-28T12:00:00Z.
