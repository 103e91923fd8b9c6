"""The ledger in a file: whole or not at all, one writer at a time, never lost."""

from __future__ import annotations

import json
import multiprocessing
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from hfops.engine.ledger.format import Intention, LedgerForm
from hfops.engine.ledger.session import LONGEST, REMEMBERED, Ledger
from hfops.engine.ledger.store import FileStore, LedgerError, NoStore, dump, parse
from hfops.engine.schema import schemas
from hfops.model.address import Address
from hfops.model.record import Origin, Record

SAMPLE = Path(__file__).parent / "samples" / "v1.json"
WHOLE = Path(__file__).parents[2] / "data" / "ledger-v1.json"
"""All kinds and all that version 1 can hold. Every hfops to come reads it: it is never edited."""
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def address(name: str) -> Address:
    """An address in acme."""
    return Address("Model", "acme", name)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """A ledger file that does not exist yet, in a folder that does not either."""
    return FileStore(tmp_path / "sub" / "ledger.json")


def test_the_sample_is_read() -> None:
    """A ledger of version 1 that was written by the first hfops, with all that it can hold."""
    ledger = Ledger(FileStore(SAMPLE), "acme-hub", "prod")
    record = ledger.get(address("SENTIMENT"))
    assert record is not None
    assert record.origin is Origin.ADOPTED
    assert record.get(("tags", "v1.0", "message")) == "First release"
    protected = ledger.get(Address("Dataset", "acme", "reviews"))
    assert protected is not None
    assert protected.prevent_destroy
    assert [i.moved_from for i in ledger.intentions] == ["Model/acme/old"]
    assert ledger.used("0123456789abcdef0123456789abcdef") == NOW - timedelta(hours=1)


def test_the_sample_round_trips() -> None:
    """Reading and writing changes nothing but the spelling."""
    form = parse(SAMPLE.read_text(), "v1.json")
    assert json.loads(dump(form)) == json.loads(SAMPLE.read_text())
    assert parse(dump(form), "again") == form


def test_all_kinds_are_read_forever() -> None:
    """The stored sample, with a lease as ledgers on the Hub have it: read, fit for its schema, and written as it was."""
    form = parse(WHOLE.read_text(encoding="utf-8"), "ledger-v1.json")
    jsonschema.Draft202012Validator(schemas()["ledger"]).validate(
        json.loads(WHOLE.read_text(encoding="utf-8"))
    )
    assert {Address.parse(a).kind for a in form.entries} == {
        "Model", "Dataset", "Space", "InferenceEndpoint", "Collection", "Webhook",
    }  # fmt: skip
    assert parse(dump(form), "again") == form
    assert json.loads(dump(form))["entries"] == json.loads(WHOLE.read_text(encoding="utf-8"))["entries"]
    assert form.lease is not None
    assert form.lease.host == "runner-7"
    ledger = Ledger(FileStore(WHOLE), "acme-hub", "prod")
    assert len(ledger.records) == 6
    assert ledger.intentions[1].values[1].value is None


def test_a_file_holds_no_lease(store: FileStore) -> None:
    """What an OS lock guards is written as the first hfops wrote it: earlier versions can still read it."""
    Ledger(store, "p", None).use("plan", NOW)
    ledger = Ledger(store, "p", None)
    ledger.put(Record(address("a"), Origin.CREATED))
    ledger.intend([])
    ledger.save(last=True)
    assert "lease" not in json.loads(store.path.read_text())


def test_text_is_for_histories() -> None:
    """Sorted keys, one trailing newline, readable characters; half a character is escaped."""
    text = dump(LedgerForm(project="größer\ud800"))
    assert text.endswith("}\n")
    assert "größer\\ud800" in text
    assert parse(text, "x").project == "größer\ud800"
    assert [line.split('"')[1] for line in text.splitlines()[1:-1]] == sorted(json.loads(text))


def test_nothing_to_write_writes_nothing(store: FileStore) -> None:
    """A run that learned nothing leaves no file."""
    ledger = Ledger(store, "p", None)
    ledger.drop(address("x"))
    ledger.settle(address("x"))
    ledger.save()
    assert not store.path.exists()


def test_serial_counts_writes(store: FileStore) -> None:
    """Each write is one more; saving the same again is none."""
    ledger = Ledger(store, "p", None)
    for name in ("a", "b", "b"):
        ledger.put(Record(address(name), Origin.CREATED))
        ledger.save()
    assert json.loads(store.path.read_text())["serial"] == 2


def test_owner_only(store: FileStore) -> None:
    """Others cannot read it, and no temporary file stays."""
    store.write(LedgerForm(project="p"))
    assert store.path.stat().st_mode & 0o077 == 0
    assert [p.name for p in store.path.parent.iterdir()] == ["ledger.json"]


def test_a_failed_write_leaves_the_old(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong before the rename: the old ledger stands, the new one is gone, the message says how on."""
    store.write(LedgerForm(project="p", serial=1))
    before = store.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hfops.engine.ledger.store.os.fsync", full)
    with pytest.raises(
        LedgerError, match=r"cannot be written: No space left on device; .*--ledger file://PATH"
    ):
        store.write(LedgerForm(project="p", serial=2))
    assert store.path.read_bytes() == before
    assert [p.name for p in store.path.parent.iterdir()] == ["ledger.json"]


def test_unreadable(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may not be read is refused, not taken for absent."""
    store.write(LedgerForm(project="p"))

    def forbidden(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", forbidden)
    with pytest.raises(LedgerError, match="cannot be read: Permission denied"):
        Ledger(store, "p", None)


def test_another_writer_is_noticed(store: FileStore) -> None:
    """Whether it wrote more, less, the same number of times, or took the file away."""
    ledger = Ledger(store, "p", None)
    assert ledger.unchanged()
    ledger.put(Record(address("a"), Origin.CREATED))
    ledger.save()
    assert ledger.unchanged()
    mine = store.path.read_text()
    store.write(LedgerForm(project="p", serial=1))
    assert not ledger.unchanged()
    store.path.write_text(mine)
    assert ledger.unchanged()
    store.path.unlink()
    assert not ledger.unchanged()


def test_a_ledger_written_by_hand_can_be_used(store: FileStore) -> None:
    """One without a serial is a ledger like any other."""
    store.path.parent.mkdir()
    store.path.write_text('{"version": 1, "project": "p"}')
    assert Ledger(store, "p", None).unchanged()


def test_intentions_are_on_disk_before_the_call(store: FileStore) -> None:
    """What is intended is written at once, and settled by address, in any case."""
    ledger = Ledger(store, "p", None)
    ledger.intend([Intention(address="Model/acme/x", action="create", at=NOW)])
    assert len(Ledger(store, "p", None).intentions) == 1
    ledger.settle(address("X"))
    ledger.save()
    assert Ledger(store, "p", None).intentions == ()


def test_used_plans_are_forgotten_late(store: FileStore) -> None:
    """Not before every copy of the plan has expired."""
    ledger = Ledger(store, "p", None)
    ledger.use("old", NOW)
    ledger.use("young", NOW + LONGEST)
    assert ledger.used("old") == NOW
    ledger.use("new", NOW + REMEMBERED)
    assert ledger.used("old") is None
    assert ledger.used("young") is not None


def test_many_threads(store: FileStore) -> None:
    """Records put by many threads while others save are all there in the end."""
    ledger = Ledger(store, "p", None)

    def work(number: int) -> None:
        for i in range(20):
            ledger.put(Record(address(f"m{number}-{i}"), Origin.CREATED))
            if i % 5 == 0:
                ledger.save()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.save()
    assert len(Ledger(store, "p", None).records) == 160


def _hold(path: Path, held: object, free: object) -> None:
    with FileStore(path).lock(5):
        held.set()  # type: ignore[attr-defined]
        free.wait(30)  # type: ignore[attr-defined]


def test_the_lock_is_between_processes(store: FileStore) -> None:
    """A second process gives up in time, waits if it may, and gets in when the first is done; a link is no way round."""
    context = multiprocessing.get_context("spawn")
    held, free = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(store.path, held, free))
    holder.start()
    try:
        assert held.wait(30)
        link = store.path.with_name("link.json")
        link.symlink_to(store.path)
        for other in (store, FileStore(link)):
            with (
                pytest.raises(
                    LedgerError, match=rf"another hfops run is writing this ledger \(process {holder.pid} on "
                ),
                other.lock(0.05),
            ):
                pytest.fail("two at once")
        threading.Timer(0.3, free.set).start()
        with store.lock(30):
            assert free.is_set()
    finally:
        free.set()
        holder.join()


def test_no_ledger_remembers_nothing() -> None:
    """NoStore takes everything and keeps nothing."""
    ledger = Ledger(NoStore(), "p", None)
    ledger.put(Record(address("a"), Origin.CREATED))
    ledger.save()
    assert not ledger.keeps
    assert Ledger(NoStore(), "q", "prod").records == {}
    with NoStore().lock(0):
        assert ledger.store.read() is None


def test_another_projects(store: FileStore) -> None:
    """Refused with both names."""
    store.write(LedgerForm(project="theirs", environment="prod"))
    with pytest.raises(
        LedgerError, match=r"belongs to project 'theirs', environment 'prod', not to project 'ours'"
    ):
        Ledger(store, "ours", None)
