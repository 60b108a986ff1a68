//! In which order applications were changed: whoever shows them finds those that moved since they looked last. A trigger
//! writes it, so no way to change an application is passed over, and what stands there does not hang on a clock.

/// One row for each id, with the position of its newest change; that of an application that is gone stays.
pub(crate) const APPLICATION_MOVES: &str = "
CREATE TABLE application_move (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,             -- of the application
    instance INTEGER NOT NULL            -- number of the installation
) STRICT;
CREATE TRIGGER application_added AFTER INSERT ON application BEGIN
    DELETE FROM application_move WHERE id = NEW.id;
    INSERT INTO application_move (id, instance) VALUES (NEW.id, NEW.instance); END;
CREATE TRIGGER application_changed AFTER UPDATE ON application BEGIN
    DELETE FROM application_move WHERE id = NEW.id;
    INSERT INTO application_move (id, instance) VALUES (NEW.id, NEW.instance); END;
CREATE TRIGGER application_removed AFTER DELETE ON application BEGIN
    DELETE FROM application_move WHERE id = OLD.id;
    INSERT INTO application_move (id, instance) VALUES (OLD.id, OLD.instance); END;
";
