-- A mapping that a tool declares (`x-authzen-mapping`) counts only once a person accepted it.

-- The definition hash with which it was accepted; NULL: nobody did. Under any other definition the tool is denied.
ALTER TABLE tools ADD COLUMN mapping TEXT COLLATE "C" CHECK (length(mapping) = 64);
CREATE TRIGGER tools_mapping_updated AFTER UPDATE OF mapping ON tools
    FOR EACH ROW WHEN (OLD.mapping IS DISTINCT FROM NEW.mapping) EXECUTE FUNCTION revise_common();
