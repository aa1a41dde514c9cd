"""Mail in a store that speaks S3: a server on this machine that does; skipped where it is not installed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_mail import chatty, mail, mixed, write_mbox
from installed import installed

from classifier.engine import Classifier
from classifier.mailboxes import Problem, open_mailbox

s3fs = installed("s3fs", reason="s3fs is not installed (make engines)")
moto = installed("moto.server", reason="moto is not installed (make engines)")
fsspec = installed("fsspec", reason="needs the extra dask")
installed("pyarrow", reason="needs the extra dask")

from classifier.mailboxes.remote import expanded  # noqa: E402
from classifier.output.folder import Folder  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket of a server on the loopback."""
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()  # each test has a server of its own
    name = f"mail-{uuid.uuid4().hex}"
    fsspec.filesystem("s3").mkdir(name)
    yield f"s3://{name}"
    server.stop()


def test_an_mbox_and_a_tree_in_s3_are_what_they_are_here(bucket: str, tmp_path: Path) -> None:
    local = write_mbox(tmp_path / "2026-01.mbox", [chatty("spam", number) for number in range(300)])
    store = fsspec.filesystem("s3")
    store.put_file(str(local), f"{bucket}/2026-01.mbox")
    for number, one in enumerate(mixed()):
        store.pipe_file(f"{bucket}/maildir/cur/17000000{number:02}.M1.host:2,S", one)
    wanted = [(one.key, one.raw) for one in open_mailbox(local)]
    (url,) = expanded([f"{bucket}/*.mbox"])
    mailbox = open_mailbox(url)
    parts = list(mailbox.parts(10_000))
    assert len(parts) > 10
    assert [(one.key, one.raw) for part in parts for one in part.read([])] == wanted
    with open_mailbox(f"{bucket}/maildir") as folder:
        assert [one.raw for part in folder.parts(1) for one in part.read([])] == mixed()
        assert folder.format == "maildir"


def test_an_object_that_was_replaced_is_not_taken_for_the_old(bucket: str, tmp_path: Path) -> None:
    local = write_mbox(tmp_path / "in.mbox", mixed())
    store = fsspec.filesystem("s3")
    store.put_file(str(local), f"{bucket}/in.mbox")
    parts = list(open_mailbox(f"{bucket}/in.mbox").parts(1000))
    store.pipe_file(f"{bucket}/in.mbox", local.read_bytes().replace(b"pills", b"gifts"))
    store.invalidate_cache()
    with pytest.raises(Exception, match="was replaced"):
        list(parts[1].read([]))


def test_a_folder_of_parts_in_s3(bucket: str, tmp_path: Path, tiny_model: Path) -> None:
    import pyarrow.parquet as pq

    local = write_mbox(tmp_path / "in.mbox", [mail("spam", number) for number in range(100)])
    folder, problems = Folder(f"{bucket}/verdicts"), list[Problem]()
    folder.begin()
    judged = Classifier.load(tiny_model).judged_many(open_mailbox(local))
    assert folder.write(0, "mark", judged, problems) == 100
    assert folder.finished(0, "mark") == (100, [])
    assert folder.has(0)
    folder.finish(1, {"parts": 1})
    names = sorted(name.rpartition("/")[2] for name in fsspec.filesystem("s3").ls(f"{bucket}/verdicts"))
    assert names == ["_SUCCESS", "part-000000.parquet"]
    with fsspec.open(f"{bucket}/verdicts/part-000000.parquet") as file:
        assert pq.read_table(file).num_rows == 100
