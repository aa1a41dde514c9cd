"""What lies in a profile, version after version; each step is made once, in one transaction."""

from __future__ import annotations

APPLICATION = 0x6D747267
"""Says in the header of an SQLite file that it is ours ("mtrg")."""

# Times are unix seconds. A correction counts from `since` until `until`; the user said it at `said`.
_FIRST = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE mine (address TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE schemas (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, card TEXT NOT NULL);
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    schema INTEGER NOT NULL REFERENCES schemas,
    fingerprint BLOB NOT NULL,
    label TEXT NOT NULL,
    source TEXT NOT NULL,
    said REAL NOT NULL,
    since REAL NOT NULL,
    until REAL,
    author BLOB,
    domain BLOB,
    features BLOB NOT NULL,
    stamp INTEGER NOT NULL
);
CREATE UNIQUE INDEX in_effect ON corrections (fingerprint, schema) WHERE until IS NULL;
CREATE INDEX by_stamp ON corrections (stamp);
CREATE TABLE memory (
    kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE observed (message INTEGER PRIMARY KEY, day INTEGER NOT NULL);
CREATE TABLE audits (id INTEGER PRIMARY KEY, taken REAL NOT NULL, report TEXT NOT NULL);
INSERT INTO facts VALUES ('stamp', 0), ('epoch', 0), ('key', randomblob(32)),
    ('created', CAST(strftime('%s', 'now') AS REAL));
"""

# Sums over the corrections of a schema in effect at a stamp, `last` the id of the newest: made of them at any
# time, so that starting does not take longer with every correction.
_SECOND = """
CREATE TABLE sums (
    schema INTEGER PRIMARY KEY REFERENCES schemas, epoch INTEGER NOT NULL, stamp INTEGER NOT NULL,
    last INTEGER NOT NULL, data BLOB NOT NULL
);
"""

# What records were before their first change in an era, see `past`.
_THIRD = """
CREATE TABLE eras (id INTEGER PRIMARY KEY AUTOINCREMENT, began REAL NOT NULL, ended REAL NOT NULL);
CREATE TABLE past (
    era INTEGER NOT NULL, kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB, PRIMARY KEY (era, kind, key)
) WITHOUT ROWID;
ALTER TABLE observed ADD COLUMN era INTEGER NOT NULL DEFAULT 0;
INSERT INTO facts VALUES ('past_from', CAST(strftime('%s', 'now') AS REAL));
"""

# What messages found in the memory when they were observed, in that order.
_FOURTH = """
CREATE TABLE came (id INTEGER PRIMARY KEY, message INTEGER NOT NULL UNIQUE, value BLOB NOT NULL);
"""

# Those messages but the latest, many in a block, see `came`.
_FIFTH = """
CREATE TABLE came_block (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL);
CREATE TABLE came_in (message INTEGER PRIMARY KEY, block INTEGER NOT NULL);
"""

# What is sealed is sealed so that damage shows, see `key`.
_SIXTH = """
UPDATE memory SET value=sealed_anew(value);
UPDATE past SET value=sealed_anew(value) WHERE value IS NOT NULL AND substr(kind, 1, 1)<>'=';
UPDATE came SET value=sealed_anew(value);
UPDATE came_block SET value=sealed_anew(value);
UPDATE corrections SET features=sealed_anew(features);
UPDATE sums SET data=sealed_anew(data);
"""

STEPS: tuple[str, ...] = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH)
"""What leads from each version to the next; the version of a file is the number of steps made."""
