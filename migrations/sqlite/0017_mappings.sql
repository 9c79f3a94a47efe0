-- A mapping that a tool declares (`x-authzen-mapping`) counts only once a person accepted it.

-- The definition hash with which it was accepted; NULL: nobody did. Under any other definition the tool is denied.
ALTER TABLE tools ADD COLUMN mapping TEXT CHECK (length(mapping) = 64);
CREATE TRIGGER tools_mapping_updated AFTER UPDATE OF mapping ON tools WHEN OLD.mapping IS NOT NEW.mapping BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
