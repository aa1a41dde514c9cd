"""Hashes without OpenSSL are the same hashes, and old models keep theirs."""

from __future__ import annotations

import hashlib
import json

import pytest

from classifier import digests
from classifier.features import Schema
from classifier.features.schema import KERNEL


@pytest.mark.parametrize("text", [b"", b"abc", bytes(range(256)) * 5])
def test_they_are_those_of_hashlib(text: bytes) -> None:
    assert digests.sha256(text).digest() == hashlib.sha256(text).digest()
    assert digests.blake2b(text, digest_size=8).digest() == hashlib.blake2b(text, digest_size=8).digest()


@pytest.mark.parametrize("schema", [Schema(), Schema(bits=12, portable=True, views=("header", "grams"))])
def test_the_hash_of_a_schema_is_that_of_its_json(schema: Schema) -> None:
    text = json.dumps({"kernel": KERNEL, **schema._asdict()}, sort_keys=True)
    assert schema.hash == hashlib.sha256(text.encode()).hexdigest()[:16]
