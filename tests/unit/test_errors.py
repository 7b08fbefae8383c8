"""What every error promises to those who print it, script against it, or retry after it."""

from __future__ import annotations

import copy
import pickle

import pytest

from service import errors
from service.errors import LitwatchError, Retry, SourceError, ThrottledError

FAMILY = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, LitwatchError)
]
SOURCES = [each for each in FAMILY if issubclass(each, SourceError)]
# Exit statuses are a contract with scripts: they are stated here once more on purpose.
EXIT_CODES = {
    "LitwatchError": 1,
    "ConfigError": 3,
    "InputError": 2,
    "QueryError": 2,
    "ParseError": 1,
    "StoreError": 5,
    "StoreBusyError": 5,
    "ClaimLostError": 5,
    "SchemaError": 5,
    "EncoderError": 7,
    "TopicError": 2,
    "TopicChangedError": 2,
    "DeliveryError": 6,
    "LinkError": 2,
    "LinkExpiredError": 2,
    "AccessError": 2,
    "TokenError": 2,
    "ScopeError": 2,
} | dict.fromkeys((each.__name__ for each in SOURCES), 4)
RETRIES = {
    "ThrottledError": Retry.WAIT,
    "TransientError": Retry.SAME,
    "IncompleteError": Retry.SAME,
    "CursorLostError": Retry.RESTART,
}


def named(value: object) -> str:
    return getattr(value, "__name__", "")


each_error = pytest.mark.parametrize("kind", FAMILY, ids=named)


@each_error
def test_an_error_is_read_as_thing_cause_and_remedy(kind: type[LitwatchError]) -> None:
    assert str(kind("pubmed", "is down", "wait")) == "pubmed: is down (wait)"


@each_error
def test_without_a_remedy_there_are_no_empty_brackets(kind: type[LitwatchError]) -> None:
    assert str(kind("pubmed", "is down")) == "pubmed: is down"


@each_error
def test_what_an_error_was_made_of_can_be_asked(kind: type[LitwatchError]) -> None:
    error = kind("thing", "cause", "remedy")
    assert (error.thing, error.cause, error.remedy) == ("thing", "cause", "remedy")


@each_error
def test_an_exit_code_is_what_scripts_were_promised(kind: type[LitwatchError]) -> None:
    assert kind.exit_code == EXIT_CODES[kind.__name__]


@each_error
def test_an_error_survives_the_way_between_processes(kind: type[LitwatchError]) -> None:
    error = kind("thing", "cause", "remedy")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert str(twin) == str(error)


@each_error
def test_every_error_says_when_it_is_raised(kind: type[LitwatchError]) -> None:
    assert kind.__doc__
    assert kind.__doc__.strip().endswith(".")


def test_codes_tell_errors_apart() -> None:
    """They are stored with a source's state and printed as `error_type`."""
    codes = [kind.code for kind in FAMILY]
    assert len(set(codes)) == len(codes)
    assert all(code == code.lower() and " " not in code for code in codes)


@pytest.mark.parametrize("kind", SOURCES, ids=named)
def test_asking_again_is_refused_unless_it_can_help(kind: type[SourceError]) -> None:
    assert kind.retry is RETRIES.get(kind.__name__, Retry.NEVER)


def test_a_throttled_source_may_say_for_how_long() -> None:
    assert ThrottledError("arxiv", "429").retry_after is None
    error = ThrottledError("arxiv", "429", "wait", 30.0)
    assert error.retry_after == 30.0
    assert pickle.loads(pickle.dumps(error)).retry_after == 30.0
    assert str(error) == "arxiv: 429 (wait)", "the number is for the code, the remedy for people"


@pytest.mark.parametrize("kind", [*SOURCES, errors.StoreBusyError, errors.SchemaError], ids=named)
def test_one_family_can_be_caught_at_its_boundary(kind: type[LitwatchError]) -> None:
    family = SourceError if issubclass(kind, SourceError) else errors.StoreError
    with pytest.raises(family):
        raise kind("thing", "cause")
