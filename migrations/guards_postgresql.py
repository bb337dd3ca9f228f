"""Guards in PostgreSQL's words. All triggers are ENABLE ALWAYS, so that no replication role goes past them.

Every function fixes its search path with pg_temp last: else a temporary table named `entry` would be asked
in the place of ours.
"""

from collections.abc import Iterable, Iterator

_PATH = "SET search_path = public, pg_catalog, pg_temp"
_REFUSED = "USING ERRCODE = 'restrict_violation'"

_FROZEN = f"""
CREATE FUNCTION laotrust_frozen() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
BEGIN
  RAISE EXCEPTION 'laotrust: %: % refused', TG_TABLE_NAME, lower(TG_OP) {_REFUSED};
END $$"""

_STAMP = f"""
CREATE FUNCTION laotrust_stamp() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
BEGIN
  IF NOT laotrust_may_record(session_user, NEW.kind) THEN
    RAISE EXCEPTION 'laotrust: entry: % may not record %', session_user, NEW.kind {_REFUSED};
  END IF;
  IF jsonb_typeof(NEW.facts) <> 'object' OR octet_length(NEW.digest) <> 32 THEN
    RAISE EXCEPTION 'laotrust: entry: facts must be a JSON object and the digest 32 octets' {_REFUSED};
  END IF;
  NEW.writer := session_user;
  NEW.incarnation := (SELECT coalesce(max(number), 0) FROM incarnation);
  NEW.transaction_id := pg_current_xact_id()::text::bigint;
  NEW.position := nextval('entry_position_seq');
  RETURN NEW;
END $$"""

_COMPLETE = f"""
CREATE FUNCTION laotrust_complete() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
DECLARE
  named record;
  key_column name;
  present bigint;
BEGIN
  FOR named IN
    SELECT split_part(fact, '/', 1) AS table_name,
           array_agg(substr(fact, strpos(fact, '/') + 1)) AS keys
      FROM jsonb_object_keys(NEW.facts) AS fact GROUP BY 1
  LOOP
    SELECT attname INTO key_column FROM pg_attribute
      WHERE attrelid = format('public.%I', named.table_name)::regclass AND attnum = 1;
    EXECUTE format('SELECT count(*) FROM public.%I WHERE %I = ANY ($1) AND entry_id = $2',
                   named.table_name, key_column)
      INTO present USING named.keys, NEW.id;
    IF present <> cardinality(named.keys) THEN
      RAISE EXCEPTION 'laotrust: entry: a fact that it names is missing from %', named.table_name
        {_REFUSED};
    END IF;
  END LOOP;
  RETURN NULL;
END $$"""

_ANYONE_MAY_RECORD = """
CREATE FUNCTION laotrust_may_record(role name, kind text) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$ SELECT false $$"""
"""Nobody, until `migrations.roles` puts its table in this function's place."""

FUNCTIONS = (_FROZEN, _ANYONE_MAY_RECORD, _STAMP, _COMPLETE)


def frozen(table: str) -> Iterator[str]:
    """No row of `table` is changed or taken away, one by one or all at once."""
    for act in ("update", "delete", "truncate"):
        name = f"{table}_no_{act}"
        yield _trigger(name, f"BEFORE {act.upper()}", table, "STATEMENT", "laotrust_frozen")
        yield _always(table, name)


def erasable(table: str, key: str) -> Iterator[str]:
    """A row of `table` goes only in the transaction of a purge entry that names it."""
    yield f"""
CREATE FUNCTION "{table}_erased"() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM entry, jsonb_array_elements_text(entry.body::jsonb -> 'rows') AS named
                 WHERE entry.transaction_id = pg_current_xact_id()::text::bigint
                 AND entry.incarnation = (SELECT coalesce(max(number), 0) FROM incarnation)
                 AND entry.kind = 'ledger.purged' AND starts_with(named, '{table}/' || OLD."{key}" || '=')) THEN
    RAISE EXCEPTION 'laotrust: {table}: delete refused' {_REFUSED};
  END IF;
  RETURN OLD;
END $$"""
    yield f'DROP TRIGGER "{table}_no_delete" ON "{table}"'
    yield _trigger(f"{table}_no_delete", "BEFORE DELETE", table, "ROW", f"{table}_erased")
    yield _always(table, f"{table}_no_delete")


def expiring(table: str, column: str) -> Iterator[str]:
    """A row of `table` goes only an hour after `column` (microseconds), by the database's own clock."""
    yield f"""
CREATE FUNCTION "{table}_expired"() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
BEGIN
  IF OLD."{column}" + 3600000000 > extract(epoch FROM clock_timestamp()) * 1000000 THEN
    RAISE EXCEPTION 'laotrust: {table}: delete refused' {_REFUSED};
  END IF;
  RETURN OLD;
END $$"""
    yield f'DROP TRIGGER "{table}_no_delete" ON "{table}"'
    yield _trigger(f"{table}_no_delete", "BEFORE DELETE", table, "ROW", f"{table}_expired")
    yield _always(table, f"{table}_no_delete")


def entry() -> Iterator[str]:
    """The database stamps who wrote an entry, when in the order of things, and asks at commit for its facts."""
    yield _trigger("entry_stamp", "BEFORE INSERT", "entry", "ROW", "laotrust_stamp")
    yield _always("entry", "entry_stamp")
    yield (
        "CREATE CONSTRAINT TRIGGER entry_complete AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.facts <> '{}'::jsonb) EXECUTE FUNCTION laotrust_complete()"
    )
    yield _always("entry", "entry_complete")


def log(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The function of `entry_complete` knows these tables, each with its key column, and an entry names no others.

    Each is asked by a statement of its own, which the server plans once a connection: one that is put together from the
    table's name is parsed and planned anew for each entry, which took longer than all else that is done for it. It is
    asked once a transaction: the last of its entries that name facts asks for those of all. A fact that is named by
    another of them than the one on which it hangs was refused when it went in, and who names one twice finds it once.
    """
    asked = "".join(
        f"""
      WHEN '{table}' THEN
        SELECT count(*) INTO present FROM public."{table}" WHERE "{key}" = ANY (named.keys) AND entry_id = ANY (own);"""
        for table, key in facts
    )
    yield f"""
CREATE OR REPLACE FUNCTION laotrust_complete() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
DECLARE
  named record;
  own text[];
  present bigint;
BEGIN
  IF EXISTS (SELECT 1 FROM entry WHERE position > NEW.position AND transaction_id + 0 = NEW.transaction_id
             AND incarnation = NEW.incarnation AND facts <> '{{}}'::jsonb) THEN
    RETURN NULL;
  END IF;
  own := ARRAY(SELECT id FROM entry WHERE transaction_id = NEW.transaction_id AND incarnation = NEW.incarnation);
  FOR named IN
    SELECT split_part(fact, '/', 1) AS table_name,
           array_agg(substr(fact, strpos(fact, '/') + 1)) AS keys
      FROM entry, jsonb_object_keys(entry.facts) AS fact
      WHERE entry.transaction_id = NEW.transaction_id AND entry.incarnation = NEW.incarnation GROUP BY 1
  LOOP
    CASE named.table_name{asked}
      ELSE present := 0;
    END CASE;
    IF present <> cardinality(named.keys) THEN
      RAISE EXCEPTION 'laotrust: entry: a fact that it names is missing from %', named.table_name
        {_REFUSED};
    END IF;
  END LOOP;
  RETURN NULL;
END $$"""


def insertion(table: str, key: str, unique: tuple[tuple[str, ...], ...], *, fact: bool) -> Iterator[str]:
    """A fact goes in only in the transaction of the entry that names it. Keys are kept by the unique indexes."""
    del unique
    if not fact:
        return
    yield f"""
CREATE FUNCTION "{table}_named"() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id AND facts ? ('{table}/' || NEW."{key}")
                 AND transaction_id = pg_current_xact_id()::text::bigint
                 AND incarnation = (SELECT coalesce(max(number), 0) FROM incarnation)) THEN
    RAISE EXCEPTION 'laotrust: {table}: no entry of this transaction names this fact' {_REFUSED};
  END IF;
  RETURN NEW;
END $$"""
    yield _trigger(f"{table}_insert", "BEFORE INSERT", table, "ROW", f"{table}_named")
    yield _always(table, f"{table}_insert")


def _trigger(name: str, moment: str, table: str, each: str, function: str) -> str:
    return f'CREATE TRIGGER "{name}" {moment} ON "{table}" FOR EACH {each} EXECUTE FUNCTION "{function}"()'


def _always(table: str, name: str) -> str:
    return f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"'
