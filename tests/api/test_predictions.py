"""Predictions over HTTP, from a model file to a number."""

from __future__ import annotations

from typing import Any

from tests.api.people import Person

SETOSA = [5.1, 3.5, 1.4, 0.2]
VIRGINICA = [6.9, 3.1, 5.4, 2.1]


async def test_an_uploaded_model_answers(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)

    answer = await alice.post(f"/models/{model['id']}/predict", json={"input_data": SETOSA})

    assert answer.status == 200
    said: dict[str, Any] = await answer.json()
    assert said["predictions"] == [0]
    assert said["model_id"] == model["id"]
    assert said["model_name"] == "iris"
    assert (said["model_version"], said["version_number"]) == ("1", 1)
    assert abs(sum(said["probabilities"][0]) - 1) < 1e-9
    assert said["prediction_time"] > 0
