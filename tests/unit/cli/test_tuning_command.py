"""`litwatch topics create`, `seed`, `term`, `line`, `undo`, `diff` ...: a topic tuned by a person
at a terminal."""

from __future__ import annotations

import getpass
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest

from service import tuning
from service.bootstrap.app import App
from service.cli import changing
from service.clock import standing
from service.errors import EncoderError
from service.records import Identifiers, Seed, Topic
from service.records.tuning import Outlook, Preview, Share, Shift
from service.store import Store
from service.topics.documents import dump
from tests import databases
from tests.command_line import Litwatch
from tests.factories import ranked
from tests.papers import NOW, Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

REVIEW = Seed("PMC1", "review", "Stroma in motion", ids=Identifiers(doi="10.5555/a", pmcid="PMC1"))
NICHES = Seed("niches", "text", "Niches hold neutrophils")
TOPIC = Topic("stroma", "Stromal cells", (REVIEW, NICHES), include=("CAF",), exclude=("bone",))
WEAK = "Dull \x1b[2J work"


@dataclass(frozen=True)
class Found:
    """As `App.seeds_of` answers."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...] = ()


@dataclass
class FakePreviews:
    """Says of every topic that one work enters and one that was voted on drops out."""

    asked: list[Topic] = field(default_factory=list)
    error: EncoderError | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    def of(self, topic: Topic) -> Preview:
        if self.error:
            raise self.error
        self.asked.append(topic)
        entered = Shift(7, "A work that enters", ranked(7), (0.4, 0.62), (None, 3))
        dropped = Shift(8, WEAK, ranked(8), (0.7, 0.2), (1, None), "relevant", digested=True)
        precision = Share(8, 10, 0.8, 0.49, 0.94)
        made = Preview(
            topic,
            8,
            1234,
            Outlook(0.5, 40, 5.0, expected=0.7, precision=precision),
            Outlook(0.5, 41, 5.125) if topic.slug == "stroma" else None,
            entered=(entered,) * 14,
            dropped=(dropped,),
            top=(entered, replace(entered, place=(None, None), title="Not shown")),
            warnings=("it drops a work that was voted relevant",),
            notes=("ranked by words only",),
        )
        return replace(made, **self.changes)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    for engine in databases.migrated("sqlite", tmp_path):
        made = Archive(Store(engine))
        tuning.save(made.parts, TOPIC, author="Bo", reason="begun")
        yield made


@pytest.fixture
def litwatch(archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Litwatch:
    """The person at the computer is Ida, in a folder of her own."""
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    monkeypatch.chdir(tmp_path)
    url = archive.store.engine.url
    settings = {"database": {"url": str(url)}, "log": {"level": "error"}}
    return Litwatch(settings, standing(NOW + timedelta(days=1)))


@pytest.fixture
def previews(monkeypatch: pytest.MonkeyPatch) -> FakePreviews:
    fake = FakePreviews()
    monkeypatch.setattr(App, "previews", fake)
    return fake


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, ...]]]:
    """What `seeds_of` finds; returns what it was asked."""

    def install(*seeds: Seed, notes: Sequence[str] = ()) -> list[tuple[str, ...]]:
        asked: list[tuple[str, ...]] = []

        def seeds_of(_app: App, told: Sequence[str]) -> Found:
            asked.append(tuple(told))
            return Found(seeds, tuple(notes))

        def keep_references(_app: App, _topic: Topic, keys: Sequence[str]) -> tuple[str, ...]:
            return tuple(f"{key}: 12 references" for key in keys)

        monkeypatch.setattr(App, "seeds_of", seeds_of)
        monkeypatch.setattr(App, "keep_references", keep_references)
        return asked

    return install


def topic(archive: Archive, slug: str = "stroma") -> Topic:
    return replace(tuning.versions(archive.parts, slug)[0].topic or TOPIC, version=1)


def count(archive: Archive) -> int:
    return len(tuning.versions(archive.parts, "stroma"))


@dataclass
class Terminal:
    """What a command printed, the two streams on one line each."""

    capsys: pytest.CaptureFixture[str]

    def of(self, status: int, expected: int = 0) -> tuple[str, str]:
        out, err = (" ".join(text.split()) for text in self.capsys.readouterr())
        assert status == expected, err
        return out, err


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


# -- piece by piece -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("seed", "weigh", "stroma", "PMC1", "2"), "seed “Stroma in motion”: weight 1, now weight 2"),
        (("seed", "weigh", "stroma", "niches", "-0.5"), "weight 1, now against, weight 0.5"),
        (("seed", "remove", "stroma", "10.5555/A"), "removed seed “Stroma in motion”: weight 1"),
        (("term", "include", "stroma", "stellate cell"), "added included term “stellate cell”"),
        (("term", "exclude", "stroma", "caf"), "added excluded term “caf”"),
        (("term", "remove", "stroma", "bones"), "removed excluded term “bone”"),
        (("term", "pin-sense", "stroma", "NET", "extracellular", "trap"), "added sense “NET”: extracellular trap"),
        (("line", "stroma", "--per-week", "5"), "line: the default, now about 5 papers a week"),
        (("line", "stroma", "--precision", "0.8"), "now expected precision 80 %"),
        (("rename", "stroma", "Our stroma"), "name: Stromal cells, now Our stroma"),
    ],
)  # fmt: skip
def test_a_change_is_told_with_its_version_and_the_way_back(
    litwatch: Litwatch, archive: Archive, shown: Terminal, words: tuple[str, ...], line: str
) -> None:
    _, told = shown.of(litwatch("topics", *words))
    assert line in told
    assert "Topic stroma is at version 2. To take it back: litwatch topics undo stroma" in told
    assert "topics.folder" not in told
    newest = tuning.versions(archive.parts, "stroma")[0]
    assert (newest.author, newest.reason[:5]) == ("Ida", line[:5]) or newest.author == "Ida"
    _, told = shown.of(litwatch("topics", "undo", "stroma"))
    assert "Topic stroma is at version 3." in told
    assert topic(archive) == TOPIC


def test_who_and_why_can_be_said(litwatch: Litwatch, archive: Archive) -> None:
    words = ("topics", "term", "include", "stroma", "x1", "--author", "Cy", "--reason", "for Bo")
    assert litwatch(*words) == 0
    newest = tuning.versions(archive.parts, "stroma")[0]
    assert (newest.author, newest.reason, newest.at) == ("Cy", "for Bo", NOW + timedelta(days=1))


def test_a_computer_without_a_name_asks_for_one(
    litwatch: Litwatch, archive: Archive, shown: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", nobody)
    for words in (("term", "include", "stroma", "x"), ("edit", "stroma"), ("undo", "stroma")):
        _, told = shown.of(litwatch("topics", *words), 2)
        assert "author: is not known to this computer (give --author NAME)" in told
    assert "give --author" in shown.of(litwatch("topics", "undo", "stroma", "--author", " "), 2)[1]
    assert count(archive) == 1


def test_what_is_so_already_makes_no_version(
    litwatch: Litwatch, archive: Archive, shown: Terminal
) -> None:
    _, told = shown.of(litwatch("topics", "term", "include", "stroma", "cafs"))
    assert told == "Topic stroma is like this already: nothing was changed."
    assert count(archive) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("seed", "weigh", "stroma", "niches", "0"), "remove the seed"),
        (("seed", "remove", "stroma", "PMC1", "niches"), "add another seed first"),
        (("seed", "remove", "stroma", "niche"), "did you mean: niches?"),
        (("term", "pin-sense", "stroma", "net", "trap"), "is no short form"),
        (("term", "unpin-sense", "stroma", "NET"), "is not pinned"),
        (("line", "stroma"), "give one of --cutoff"),
        (("line", "stroma", "--default", "--per-week", "5"), "give one of --cutoff"),
        (("line", "stroma", "--cutoff", "7"), "give a relevance from 0 to 1"),
        (("rename", "strom", "x"), "there are: stroma"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    litwatch: Litwatch, archive: Archive, shown: Terminal, words: tuple[str, ...], told: str
) -> None:
    assert told in shown.of(litwatch("topics", *words), 2)[1]
    assert count(archive) == 1


def test_the_line_goes_back_to_the_default(litwatch: Litwatch, archive: Archive) -> None:
    assert litwatch("topics", "line", "stroma", "--cutoff", "0.4") == 0
    assert litwatch("topics", "line", "stroma", "--default") == 0
    assert topic(archive) == TOPIC


def test_a_topic_of_the_folder_is_told_where_it_has_not_changed(
    litwatch: Litwatch, archive: Archive, shown: Terminal, tmp_path: Path
) -> None:
    with archive.store.writing() as tx:
        tx.topics.bring("stroma", 1)
    settings = litwatch.settings | {"topics": {"folder": str(tmp_path)}}
    change = ("topics", "rename", "stroma", "Our stroma")
    _, told = shown.of(replace(litwatch, settings=settings)(*change))
    assert f"Its document in {tmp_path} has not changed: litwatch topics export stroma" in told


# -- seeds ----------------------------------------------------------------------------------------


def test_seeds_are_added_and_those_that_are_there_passed_over(
    litwatch: Litwatch, archive: Archive, shown: Terminal, finds: Callable[..., list[object]]
) -> None:
    new = Seed("x", "review", "Another review", ids=Identifiers(pmid="7"))
    asked = finds(new, REVIEW, notes=["library.bib: left out: 2 more entries"])
    words = ("topics", "seed", "add", "stroma", "7", "library.bib", "--weight", "2")
    _, told = shown.of(litwatch(*words))
    assert asked == [("7", "library.bib")]
    assert "Note: library.bib: left out: 2 more entries" in told
    assert 'Passed over: "Stroma in motion" is a seed already, "PMC1".' in told
    assert "added seed “Another review”: weight 2" in told
    assert "7: 12 references How well the topic finds it: litwatch topics references stro" in told
    assert topic(archive).seeds == (*TOPIC.seeds, replace(new, key="7", weight=2.0))


def test_seeds_against_the_topic_have_a_negative_weight(
    litwatch: Litwatch, archive: Archive, finds: Callable[..., list[object]]
) -> None:
    finds(Seed("x", "text", "Wound healing"))
    assert litwatch("topics", "seed", "add", "stroma", "w", "--weight", "-0.5") == 0
    assert (topic(archive).seeds[-1].weight, topic(archive).seeds[-1].sign) == (0.5, -1)
    assert litwatch("topics", "seed", "add", "stroma", "w", "--weight", "0") == 2


def test_seeds_that_are_all_there_are_refused_by_name(
    litwatch: Litwatch, archive: Archive, shown: Terminal, finds: Callable[..., list[object]]
) -> None:
    finds(REVIEW)
    _, told = shown.of(litwatch("topics", "seed", "add", "stroma", "PMC1"), 2)
    assert 'seed "Stroma in motion": is a seed of topic stroma already: "PMC1"' in told
    assert count(archive) == 1


def test_of_very_many_differences_the_first_are_named(litwatch: Litwatch, shown: Terminal) -> None:
    words = [f"word{number}" for number in range(55)]
    _, told = shown.of(litwatch("topics", "term", "include", "stroma", *words))
    assert told.count("added included term") == 40
    assert "and 15 more differences" in told


def test_a_topic_is_created_of_seeds(
    litwatch: Litwatch, archive: Archive, shown: Terminal, finds: Callable[..., list[object]]
) -> None:
    asked = finds(REVIEW, NICHES)
    words = ("create", "niches", "--name", "Niches", "--seed", "PMC1", "--seed", "hold neutrophils")
    _, told = shown.of(litwatch("topics", *words))
    assert asked == [("PMC1", "hold neutrophils")]
    assert "Topic niches is at version 1. PMC1: 12 references" in told
    assert told.endswith("What it would show: litwatch topics preview niches")
    assert [seed.key for seed in topic(archive, "niches").seeds] == ["PMC1", "niches-hold-neutrophils"]  # fmt: skip
    _, told = shown.of(litwatch("topics", *words), 2)
    assert "topic 'niches': exists already" in told
    assert len(asked) == 1, "nothing is looked up in vain"


@pytest.mark.parametrize("slug", ["Niches!", "x" * 65])
def test_a_slug_is_short_and_plain(
    litwatch: Litwatch, shown: Terminal, finds: Callable[..., list[object]], slug: str
) -> None:
    finds(REVIEW)
    words = ("topics", "create", slug, "--name", "Niches", "--seed", "PMC1")
    assert "slug" in shown.of(litwatch(*words), 2)[1]


# -- previews -------------------------------------------------------------------------------------


def test_a_change_is_previewed_without_being_made(
    litwatch: Litwatch, archive: Archive, shown: Terminal, previews: FakePreviews
) -> None:
    out, told = shown.of(litwatch("topics", "line", "stroma", "--cutoff", "0.7", "--preview"))
    assert previews.asked == [replace(TOPIC, cutoff=0.7)]
    assert "line: the default, now 70 % relevance" in told
    assert "Warning: it drops a work that was voted relevant" in told
    assert "Note: ranked by words only" in told
    assert "This was a preview: nothing was changed." in told
    assert "On the 1,234 works of the last 8 weeks" in out
    assert "works shown 41 40" in out
    assert "papers a week 5.12 5" in out
    assert "wanted, by votes - 80 % (8 of 10; 49 % to 94 %)" in out
    assert "enters 40 % → 62 % - → 3 7 A work that enters" in out
    assert "and 2 more" in out
    assert "drops out 70 % → 20 % 1 → - 8 Dull" in out
    assert "voted relevant, in a digest" in out
    assert count(archive) == 1


def test_a_change_without_effect_says_so(
    litwatch: Litwatch, shown: Terminal, previews: FakePreviews
) -> None:
    previews.changes = {"entered": (), "dropped": (), "weeks": 1, "warnings": ("old",) * 7}
    out, told = shown.of(litwatch("topics", "line", "stroma", "--cutoff", "0.7", "--preview"))
    assert "of the last week" in out
    assert out.endswith("No work enters, drops out or moves.")
    assert told.count("Warning: old") == 5
    assert "There are 2 more warnings." in told


def test_a_topic_that_shows_nothing_says_so(
    litwatch: Litwatch, shown: Terminal, previews: FakePreviews
) -> None:
    previews.changes = {"top": ()}
    assert shown.of(litwatch("topics", "preview", "stroma"))[0].endswith("No work is shown.")


def test_a_new_topic_is_previewed_by_its_best_works(
    litwatch: Litwatch, shown: Terminal, previews: FakePreviews, finds: Callable[..., list[object]]
) -> None:
    finds(REVIEW)
    words = ("create", "niches", "--name", "Niches", "--seed", "PMC1", "--preview")
    out, told = shown.of(litwatch("topics", *words))
    assert "added name: Niches" in told
    assert "works shown 40" in out
    assert "A work that enters" in out
    assert "Not shown" not in out
    assert litwatch("topics", "show", "niches") == 2


def test_the_topic_in_force_is_previewed_and_told_as_json(
    litwatch: Litwatch, shown: Terminal, previews: FakePreviews
) -> None:
    out, _ = shown.of(litwatch("topics", "preview", "stroma"))
    assert "works shown 40 papers a week 5" in out, "before and after are the same"
    assert "A work that enters" in out
    assert "drops out" not in out
    out, _ = shown.of(litwatch("topics", "preview", "stroma", "--json"))
    told = json.loads(out)
    assert (told["topic"], told["works"], told["after"]["shown"]) == ("stroma", 1234, 40)
    assert told["dropped"][0]["ranked"]["work_id"] == 8
    assert previews.asked == [TOPIC, TOPIC]


def test_a_document_is_previewed_before_it_is_imported(
    litwatch: Litwatch, shown: Terminal, previews: FakePreviews, tmp_path: Path
) -> None:
    file = tmp_path / "changed.toml"
    file.write_text(dump(replace(TOPIC, name="Our stroma")), "utf-8")
    out, _ = shown.of(litwatch("topics", "preview", "stroma", "--file", str(file)))
    assert "works shown" in out
    assert previews.asked[0].name == "Our stroma"
    _, told = shown.of(litwatch("topics", "preview", "other", "--file", str(file)), 2)
    assert "is of topic 'stroma', not of 'other'" in told


# -- versions -------------------------------------------------------------------------------------


@pytest.fixture
def tuned(litwatch: Litwatch) -> Litwatch:
    """Three versions: begun, a term, a weight."""
    assert litwatch("topics", "term", "include", "stroma", "niche", "--reason", "new words") == 0
    assert litwatch("topics", "seed", "weigh", "stroma", "niches", "2") == 0
    return litwatch


def test_a_history_tells_what_was_changed(tuned: Litwatch, shown: Terminal) -> None:
    shown.of(0)
    out, _ = shown.of(tuned("topics", "history", "stroma"))
    weight = "seed “Niches hold neutrophils”: weight 1, now weight 2"
    assert f"3 2026-11-17 07:00 UTC Ida {weight} 2" in out, "a reason is not told twice"
    assert "Ida new words added included term “niche”" in out
    assert out.endswith("Bo begun")


def test_a_history_as_json_has_the_differences(tuned: Litwatch, shown: Terminal) -> None:
    assert tuned("topics", "undo", "stroma") == 0
    shown.of(0)
    out, _ = shown.of(tuned("topics", "history", "stroma", "--json"))
    told = json.loads(out)
    assert [(each["version"], each["restores"]) for each in told] == [
        (4, 2), (3, None), (2, None), (1, None),
    ]  # fmt: skip
    assert told[2]["differences"] == [
        {"what": "included term", "name": "niche", "before": "", "after": "included"}
    ]
    assert set(told[0]) == {
        "slug", "version", "author", "reason", "at", "restores", "document", "differences",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "head", "lines"),
    [
        ((), "from version 2 to 3", ["weight 1, now weight 2"]),
        (("1",), "from version 1 to 3", ["added included term “niche”", "now weight 2"]),
        (("1", "2"), "from version 1 to 2", ["added included term “niche”"]),
        (("3", "1"), "from version 3 to 1", ["removed included term", "weight 2, now weight 1"]),
        (("2", "2"), "from version 2 to 2", ["nothing differs"]),
    ],
)
def test_two_versions_are_compared(
    tuned: Litwatch, shown: Terminal, versions: tuple[str, ...], head: str, lines: list[str]
) -> None:
    shown.of(0)
    out, _ = shown.of(tuned("topics", "diff", "stroma", *versions))
    assert head in out
    assert all(line in out for line in lines)
    out, _ = shown.of(tuned("topics", "diff", "stroma", *versions, "--json"))
    assert len(json.loads(out)["differences"]) == (0 if "nothing" in lines[0] else len(lines))


def test_a_version_that_is_not_there_is_told(tuned: Litwatch, shown: Terminal) -> None:
    shown.of(0)
    for words in (("diff", "stroma", "9"), ("restore", "stroma", "9")):
        assert "has no version 9 (there are 1 to 3)" in shown.of(tuned("topics", *words), 2)[1]


def test_an_earlier_version_is_restored(tuned: Litwatch, archive: Archive, shown: Terminal) -> None:
    shown.of(0)
    _, told = shown.of(tuned("topics", "restore", "stroma", "1", "--reason", "too broad"))
    assert "removed included term “niche”" in told
    assert "Topic stroma is at version 4. To take it back:" in told
    assert topic(archive) == TOPIC
    assert tuning.versions(archive.parts, "stroma")[0].reason == "too broad"
    assert "is already as at version 1" in shown.of(tuned("topics", "restore", "stroma", "1"), 2)[1]


def test_undo_says_what_it_took_back_and_when_it_cannot(
    tuned: Litwatch, archive: Archive, shown: Terminal
) -> None:
    shown.of(0)
    assert "weight 2, now weight 1" in shown.of(tuned("topics", "undo", "stroma"))[1]
    assert "removed included term “niche”" in shown.of(tuned("topics", "undo", "stroma"))[1]
    assert topic(archive) == TOPIC
    assert "nothing to undo" in shown.of(tuned("topics", "undo", "stroma"), 2)[1]


# -- documents ------------------------------------------------------------------------------------


def exported(litwatch: Litwatch, tmp_path: Path, name: str) -> str:
    """The topic as a file, under another name."""
    file = tmp_path / "stroma.toml"
    assert litwatch("topics", "export", "stroma", "--out", str(file)) == 0
    text = file.read_text("utf-8")
    file.write_text(text.replace('name = "Stromal cells"', f'name = "{name}"'), "utf-8")
    return str(file)


def test_an_export_says_which_version_it_is_of(tuned: Litwatch, shown: Terminal) -> None:
    shown.of(0)
    out, _ = shown.of(tuned("topics", "export", "stroma"))
    assert "version = 3" in out


def test_an_import_shows_what_differs(
    tuned: Litwatch, archive: Archive, shown: Terminal, tmp_path: Path
) -> None:
    file = exported(tuned, tmp_path, "Our stroma")
    shown.of(0)
    _, told = shown.of(tuned("topics", "import", file))
    assert "name: Stromal cells, now Our stroma" in told
    assert "Topic stroma is at version 4." in told
    _, told = shown.of(tuned("topics", "import", file))
    assert "Topic stroma is like this already" in told
    assert count(archive) == 4


def test_ones_own_changes_need_no_newer_export(
    tuned: Litwatch, archive: Archive, tmp_path: Path
) -> None:
    """Edit the file, import it, edit it further: it still says the version that it began with."""
    file = exported(tuned, tmp_path, "One")
    assert tuned("topics", "import", file) == 0
    (tmp_path / "stroma.toml").write_text(
        (tmp_path / "stroma.toml").read_text("utf-8").replace('"One"', '"Two"'), "utf-8"
    )
    assert tuned("topics", "import", file) == 0
    assert topic(archive).name == "Two"


def test_a_document_that_others_have_gone_past_is_not_imported_unasked(
    tuned: Litwatch, archive: Archive, shown: Terminal, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = exported(tuned, tmp_path, "Our stroma")
    assert tuned("topics", "term", "exclude", "stroma", "skin", "--author", "Cy") == 0
    shown.of(0)
    _, told = shown.of(tuned("topics", "import", file), 2)
    assert "is of version 3 of topic stroma, which Cy changed since" in told
    assert "litwatch topics diff stroma 3; to import it all the same: --yes" in told
    assert "removed excluded term “skin”" in told
    assert topic(archive).exclude == ("bone", "skin")
    answers = iter([False, True])

    def confirm(text: str, **_: object) -> bool:
        assert "Cy changed since. That would be taken back." in text
        if next(answers):
            return True
        raise click.Abort

    monkeypatch.setattr(click, "confirm", confirm)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert tuned("topics", "import", file) == 130
    assert count(archive) == 4
    assert tuned("topics", "import", file) == 0
    assert topic(archive).exclude == ("bone",)


def test_an_import_over_others_changes_can_be_ordered(
    tuned: Litwatch, archive: Archive, tmp_path: Path
) -> None:
    file = exported(tuned, tmp_path, "Our stroma")
    assert tuned("topics", "term", "exclude", "stroma", "skin", "--author", "Cy") == 0
    assert tuned("topics", "import", file, "--yes") == 0
    assert topic(archive).exclude == ("bone",)


def test_a_document_written_by_hand_is_of_no_version(
    tuned: Litwatch, archive: Archive, tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    lines = dump(TOPIC).splitlines()
    file.write_text("\n".join(line for line in lines if "version =" not in line), "utf-8")
    assert tuned("topics", "import", str(file), "--author", "Cy") == 0
    assert topic(archive) == TOPIC


def test_an_import_is_previewed(
    tuned: Litwatch, archive: Archive, previews: FakePreviews, tmp_path: Path
) -> None:
    file = exported(tuned, tmp_path, "Our stroma")
    assert tuned("topics", "import", file, "--preview") == 0
    assert previews.asked[0].name == "Our stroma"
    assert count(archive) == 3


# -- in an editor ---------------------------------------------------------------------------------


@dataclass
class Editor:
    """The person's editor: each time it is opened, the next of `turns` changes the text; None
    closes it without saving."""

    turns: list[Callable[[str], str] | None]
    seen: list[str] = field(default_factory=list)

    def __call__(self, text: str, extension: str) -> str | None:
        assert extension == ".toml"
        self.seen.append(text)
        turn = self.turns.pop(0)
        return turn(text) if turn else None


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Editor]:
    def install(*turns: Callable[[str], str] | None) -> Editor:
        editor = Editor(list(turns))
        monkeypatch.setattr(click, "edit", editor)
        return editor

    return install


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(*given: str) -> None:
        left = list(given)
        monkeypatch.setattr(click, "prompt", lambda *_, **__: left.pop(0))

    return install


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


KEPT = "stroma.edited.toml"


def test_a_topic_is_edited_previewed_and_kept(
    litwatch: Litwatch, archive: Archive, shown: Terminal, previews: FakePreviews,
    opens: Callable[..., Editor], answers: Callable[..., None], tmp_path: Path,
) -> None:  # fmt: skip
    editor = opens(swap("Stromal cells", "Our stroma"))
    answers("y")
    out, told = shown.of(litwatch("topics", "edit", "stroma", "--reason", "shorter"))
    assert editor.seen[0].startswith("# Change what you like")
    assert 'name = "Stromal cells"' in editor.seen[0]
    assert "name: Stromal cells, now Our stroma" in told
    assert "works shown" in out
    assert "Topic stroma is at version 2." in told
    assert tuning.versions(archive.parts, "stroma")[0].reason == "shorter"
    assert not (tmp_path / KEPT).exists()


def test_an_error_comes_back_as_a_comment_with_all_that_was_written(
    litwatch: Litwatch, archive: Archive, opens: Callable[..., Editor]
) -> None:
    editor = opens(
        lambda text: swap("Stromal cells", "Our stroma")(text) + "colour = 3\n",
        swap('slug = "stroma"', 'slug = "other"'),
        swap("colour = 3\n", ""),
        swap('slug = "other"', 'slug = "stroma"'),
    )
    assert litwatch("topics", "edit", "stroma", "--yes") == 0
    first, second = editor.seen[1].splitlines()[0], editor.seen[2].splitlines()[0]
    assert first.startswith("# NOT SAVED YET: ")
    assert 'unknown key "colour"' in first
    assert editor.seen[2].count("NOT SAVED YET") == 1
    assert "colour" in second, "one fault after the other"
    assert "slug: cannot be changed" in editor.seen[3].splitlines()[0]
    assert "Our stroma" in editor.seen[3], "nothing that was written is lost"
    assert topic(archive).name == "Our stroma"


def test_what_was_refused_and_left_is_kept_in_a_file(
    litwatch: Litwatch, archive: Archive, shown: Terminal, opens: Callable[..., Editor],
    tmp_path: Path,
) -> None:  # fmt: skip
    opens(swap('name = "Stromal cells"', "name = 3"), None)
    _, told = shown.of(litwatch("topics", "edit", "stroma"))
    assert f"To go on with it: litwatch topics import {KEPT}" in told
    assert "Topic stroma was not changed." in told
    assert "name = 3" in (tmp_path / KEPT).read_text("utf-8")
    assert count(archive) == 1


def test_an_editor_that_is_closed_changes_nothing(
    litwatch: Litwatch, archive: Archive, shown: Terminal, opens: Callable[..., Editor],
    tmp_path: Path,
) -> None:  # fmt: skip
    for turn in (None, lambda text: text + "\n# a remark\n"):
        opens(turn)
        _, told = shown.of(litwatch("topics", "edit", "stroma"))
        assert "was not changed" in told or "nothing was changed" in told
    assert count(archive) == 1
    assert not (tmp_path / KEPT).exists()


def test_one_may_edit_on_or_leave_it_after_the_preview(
    litwatch: Litwatch, archive: Archive, previews: FakePreviews,
    opens: Callable[..., Editor], answers: Callable[..., None],
) -> None:  # fmt: skip
    editor = opens(swap("Stromal cells", "One"), swap('"One"', '"Two"'))
    answers("e", "n")
    assert litwatch("topics", "edit", "stroma") == 0
    assert [each.name for each in previews.asked] == ["One", "Two"]
    assert '"One"' in editor.seen[1]
    assert count(archive) == 1


def test_without_a_preview_one_is_asked_all_the_same(
    litwatch: Litwatch, archive: Archive, shown: Terminal, previews: FakePreviews,
    opens: Callable[..., Editor], answers: Callable[..., None],
) -> None:  # fmt: skip
    previews.error = EncoderError("model", "is missing", "install it")
    opens(swap("Stromal cells", "One"))
    answers("y")
    assert "No preview: model: is missing" in shown.of(litwatch("topics", "edit", "stroma"))[1]
    assert topic(archive).name == "One"


def test_what_somebody_else_has_changed_meanwhile_is_not_covered(
    litwatch: Litwatch, archive: Archive, shown: Terminal, opens: Callable[..., Editor],
    tmp_path: Path,
) -> None:  # fmt: skip
    def slow(text: str) -> str:
        tuning.save(archive.parts, replace(TOPIC, exclude=()), author="Cy", reason="faster")
        return text.replace("Stromal cells", "One")

    opens(slow)
    _, told = shown.of(litwatch("topics", "edit", "stroma", "--yes"), 2)
    assert "was changed meanwhile: Cy made version 2 of it (faster)" in told
    assert '"One"' in (tmp_path / KEPT).read_text("utf-8")
    assert (topic(archive).name, topic(archive).exclude) == ("Stromal cells", ())


def test_ctrl_c_at_the_question_loses_nothing(
    litwatch: Litwatch, previews: FakePreviews, opens: Callable[..., Editor],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    def interrupted(*_: object, **__: object) -> str:
        raise click.Abort

    opens(swap("Stromal cells", "One"))
    monkeypatch.setattr(click, "prompt", interrupted)
    assert litwatch("topics", "edit", "stroma") == 130
    assert '"One"' in (tmp_path / KEPT).read_text("utf-8")


def test_a_real_editor_is_opened_on_the_document(
    litwatch: Litwatch, archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nsed -i -e "s/Stromal cells/Größe/" "$1"\n', "utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    assert litwatch("topics", "edit", "stroma", "--yes") == 0
    assert topic(archive).name == "Größe"


def test_a_wish_without_an_author_is_the_persons_at_the_computer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    assert changing.Wish(None, "").by == "Ida"
    assert changing.Wish("Cy", "").by == "Cy"
