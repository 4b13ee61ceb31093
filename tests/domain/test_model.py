"""The rules of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Conflict, DomainError, NotFound, Rejected
from domain.model import Model
from domain.model_text import (
    DESCRIPTION_LENGTH_MAX,
    FRAMEWORK_LENGTH_MAX,
    LABEL_LENGTH_MAX,
    NAME_LENGTH_MAX,
)
from domain.model_version import VERSIONS_MAX
from tests.domain.given_when_then import history, replayed, state, then, when
from tests.samples import ALICE, BOB, artifact, uploaded

Act = Callable[[Model], object]

SECOND = artifact("2")


def with_two_versions() -> Model:
    """Given a model of Alice's with a second version, which is not live."""
    model = uploaded()
    model.add_version(SECOND, by=ALICE)
    return model


def deactivated() -> Model:
    """Given a model that refuses calls."""
    model = with_two_versions()
    model.deactivate(by=ALICE)
    return model


def deleted() -> Model:
    """Given a model that Alice has deleted."""
    model = with_two_versions()
    model.delete(by=ALICE)
    return model


CHANGES: dict[str, Callable[[Model, UUID], object]] = {
    "add a version": lambda model, by: model.add_version(artifact("3"), by=by),
    "promote": lambda model, by: model.promote(2, by=by),
    "rename": lambda model, by: model.rename("irises", by=by),
    "describe": lambda model, by: model.describe("flowers", by=by),
    "relabel": lambda model, by: model.relabel(1, "one", by=by),
    "describe the schema": lambda model, by: model.describe_schema(1, {}, None, by=by),
    "release": lambda model, by: model.release(1, by=by),
    "deactivate": lambda model, by: model.deactivate(by=by),
    "reactivate": lambda model, by: model.reactivate(by=by),
    "delete": lambda model, by: model.delete(by=by),
    "serve": lambda model, by: model.serve(None, by=by),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_model_does_not_exist_for_other_users(change: Callable[[Model, UUID], object]) -> None:
    with pytest.raises(NotFound, match="no such model"):
        change(with_two_versions(), BOB)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_deleted_model_cannot_be_changed_by_its_owner(
    change: Callable[[Model, UUID], object],
) -> None:
    with pytest.raises(NotFound, match="was deleted"):
        change(deleted(), ALICE)


def test_an_uploaded_model_serves_its_first_version() -> None:
    given = artifact()
    model = Model.upload(
        by=ALICE, name="  iris ", artifact=given, description=" flowers\n", label=" 1.0 "
    )
    uploading: dict[str, Any] = {
        "owner_id": ALICE,
        "name": "iris",
        "description": "flowers",
        "framework": "scikit-learn",
        "label": "1.0",
        "artifact": given,
    }
    assert history(model) == then(Model.Uploaded, **uploading)
    assert (model.serving.number, model.serving.label) == (1, "1.0")
    assert (model.serving.uploader_id, model.serving.uploaded_at) == (ALICE, model.created_on)
    assert (model.is_active, model.is_deleted) == (True, False)


def test_the_default_label_of_the_first_version_is_its_number() -> None:
    model = Model.upload(by=ALICE, name="iris", artifact=artifact(), framework="sklearn")
    assert (model.serving.label, model.framework) == ("1", "sklearn")


def test_a_further_version_waits_to_be_promoted() -> None:
    model = uploaded()
    adding = {"number": 2, "label": "2", "artifact": SECOND, "uploader_id": ALICE}
    assert when(model, lambda m: m.add_version(SECOND, by=ALICE)) == then(
        Model.VersionAdded, **adding
    )
    assert model.serving_number == 1
    assert model.version_numbered(2).uploaded_at == model.modified_on


def test_a_version_may_be_given_a_label() -> None:
    model = uploaded()
    model.add_version(SECOND, " beta ", by=ALICE)
    assert model.version_numbered(2).label == "beta"


def test_the_same_file_twice_is_a_conflict() -> None:
    model = with_two_versions()
    with pytest.raises(Conflict, match="version 2"):
        model.add_version(artifact("2"), by=ALICE)


def test_versions_are_bounded() -> None:
    model = uploaded()
    model.versions = model.versions * VERSIONS_MAX
    with pytest.raises(Conflict, match="at most"):
        model.add_version(SECOND, by=ALICE)


def test_promoting_lets_another_version_serve_and_rolls_back() -> None:
    model = with_two_versions()
    assert when(model, lambda m: m.promote(2, by=ALICE)) == then(Model.Promoted, number=2)
    assert model.serving.artifact == SECOND
    assert when(model, lambda m: m.promote(1, by=ALICE)) == then(Model.Promoted, number=1)
    assert model.serving.number == 1


NO_CHANGES: dict[str, Act] = {
    "promote": lambda model: model.promote(1, by=ALICE),
    "rename": lambda model: model.rename(" iris ", by=ALICE),
    "describe": lambda model: model.describe("", by=ALICE),
    "relabel": lambda model: model.relabel(2, "2 ", by=ALICE),
    "describe the schema": lambda model: model.describe_schema(2, None, None, by=ALICE),
    "release": lambda model: model.release(1, by=ALICE),
    "reactivate": lambda model: model.reactivate(by=ALICE),
    "restore": lambda model: model.restore(by=ALICE),
}


@pytest.mark.parametrize("act", NO_CHANGES.values(), ids=NO_CHANGES)
def test_a_change_to_the_current_value_changes_nothing(act: Act) -> None:
    assert when(with_two_versions(), act) == []


def test_a_model_is_renamed_by_its_owner() -> None:
    renaming = then(Model.Renamed, name="irises")
    assert when(uploaded(), lambda model: model.rename(" irises", by=ALICE)) == renaming


def test_a_model_is_described_in_several_lines() -> None:
    text = "flowers:\n\tiris\r\n"
    describing = then(Model.Described, description=text.strip())
    assert when(uploaded(), lambda model: model.describe(text, by=ALICE)) == describing


def test_each_version_has_a_label_and_schemas_of_its_own() -> None:
    model = with_two_versions()
    before = model.version_numbered(1)
    relabelling = then(Model.Relabelled, number=2, label="two")
    assert when(model, lambda m: m.relabel(2, "two", by=ALICE)) == relabelling
    schemas = {"input_schema": {"type": "array"}, "output_schema": None}
    assert when(model, lambda m: m.describe_schema(2, **schemas, by=ALICE)) == then(
        Model.SchemaDescribed, number=2, **schemas
    )
    changed = model.version_numbered(2)
    assert (changed.label, changed.input_schema) == ("two", {"type": "array"})
    assert model.version_numbered(1) == before


def test_a_deactivated_model_answers_no_calls_until_it_is_reactivated() -> None:
    model = deactivated()
    assert when(model, lambda m: m.deactivate(by=ALICE)) == []
    with pytest.raises(Conflict, match="deactivated"):
        model.serve(None, by=ALICE)
    assert when(model, lambda m: m.reactivate(by=ALICE)) == then(Model.Reactivated)
    assert model.serve(None, by=ALICE).number == 1
    assert when(uploaded(), lambda m: m.deactivate(by=ALICE)) == then(Model.Deactivated)


def test_a_call_may_name_its_version() -> None:
    model = with_two_versions()
    assert [model.serve(number, by=ALICE).number for number in (None, 1, 2)] == [1, 1, 2]


@pytest.mark.parametrize("number", [-1, 0, 3, 10**9])
def test_an_unknown_version_is_not_found(number: int) -> None:
    model = with_two_versions()
    acts: list[Act] = [
        lambda m: m.serve(number, by=ALICE),
        lambda m: m.promote(number, by=ALICE),
        lambda m: m.relabel(number, "x", by=ALICE),
        lambda m: m.describe_schema(number, {}, {}, by=ALICE),
        lambda m: m.quarantine(number, "it crashed"),
        lambda m: m.release(number, by=ALICE),
    ]
    for act in acts:
        with pytest.raises(NotFound, match=f"no version {number}"):
            act(model)


def test_a_deleted_model_is_restored_unchanged() -> None:
    model = deactivated()
    assert when(model, lambda m: m.delete(by=ALICE)) == then(Model.Deleted)
    with pytest.raises(NotFound, match="no such model"):
        model.restore(by=BOB)
    assert when(model, lambda m: m.restore(by=ALICE)) == then(Model.Restored)
    assert (model.is_deleted, model.is_active, len(model.versions)) == (False, False, 2)


BAD_LINES = ["", "   ", "a\nb", "a\0b", "\u202e", "a\x7fb", "\ud800"]


@pytest.mark.parametrize("text", [*BAD_LINES, "x" * (NAME_LENGTH_MAX + 1)])
def test_a_name_out_of_bounds_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match=r"^name: "):
        uploaded().rename(text, by=ALICE)
    with pytest.raises(Rejected, match=r"^name: "):
        uploaded(name=text)


@pytest.mark.parametrize("text", [*BAD_LINES, "x" * (LABEL_LENGTH_MAX + 1)])
def test_a_label_out_of_bounds_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match=r"^version: "):
        uploaded().relabel(1, text, by=ALICE)


@pytest.mark.parametrize("text", ["\0", "a\x1bb", "\ud800", "x" * (DESCRIPTION_LENGTH_MAX + 1)])
def test_a_description_out_of_bounds_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match=r"^description: "):
        uploaded().describe(text, by=ALICE)


@pytest.mark.parametrize("text", [*BAD_LINES[1:], "x" * (FRAMEWORK_LENGTH_MAX + 1)])
def test_a_framework_out_of_bounds_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match=r"^framework: "):
        Model.upload(by=ALICE, name="iris", artifact=artifact(), framework=text)


def test_a_refusal_changes_nothing() -> None:
    model = with_two_versions()
    before = state(model)
    for act in (CHANGES["promote"], CHANGES["delete"]):
        with pytest.raises(DomainError):
            act(model, BOB)
    assert state(model) == before


def test_equivalent_spellings_of_a_name_are_equal() -> None:
    assert when(uploaded(name="é"), lambda model: model.rename("e\u0301", by=ALICE)) == []


def test_a_copy_is_independent() -> None:
    model = uploaded()
    copy = model.copy()
    copy.rename("other", by=ALICE)
    copy.add_version(SECOND, by=ALICE)
    assert (model.name, len(model.versions), model.version) == ("iris", 1, 1)
    assert len(model.pending_events) == 1


def test_replay_gives_the_same_model() -> None:
    model = deactivated()
    model.describe_schema(2, {"a": 1}, {"b": [2]}, by=ALICE)
    model.relabel(1, "one", by=ALICE)
    model.quarantine(1, "it crashed")
    model.quarantine(2, "it crashed")
    model.release(2, by=ALICE)
    model.delete(by=ALICE)
    model.restore(by=ALICE)
    assert state(replayed(model)) == state(model)
