"""Model files in a browser's hands, and models that are there before a journey begins."""

from __future__ import annotations

from typing import Any

from playwright.async_api import FilePayload

from tests.api.files import saved
from tests.api.people import API
from tests.inference.column_models import LOGISTIC, mixed
from tests.page.browsing import Tab

PASSENGERS = "passengers"
PASSENGER = {"age": 22.5, "fare": 7.25, "sex": "m", "port": "S", "alone": True}
DROP = """(name) => {
    const files = new DataTransfer();
    files.items.add(new File(["a model"], name));
    for (const type of ["dragover", "drop"]) {
        document.body.dispatchEvent(
            new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files })
        );
    }
}"""


def passengers() -> bytes:
    """Save a classifier of numbers, texts and flags, with nulls among them."""
    return saved(mixed(LOGISTIC(max_iter=1000)).estimator)


def payload(name: str, content: bytes) -> FilePayload:
    """Give a file to choose."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def uploaded(tab: Tab, content: bytes, name: str = PASSENGERS) -> str:
    """Upload a file as whoever sits there, past the page; gives the model's id."""
    model = await _sent(tab, "/models/upload", {"name": name, "file": payload("m.joblib", content)})
    return str(model["id"])


async def version_added(tab: Tab, model_id: str, content: bytes) -> None:
    """Add a version, past the page."""
    await _sent(tab, f"/models/{model_id}/versions", {"file": payload("m.joblib", content)})


async def asked(tab: Tab, model_id: str, input_data: Any, *, status: int = 200) -> None:
    """Ask a model, past the page."""
    answer = await tab.page.request.post(
        f"{API}/models/{model_id}/predict",
        data={"input_data": input_data},
        headers=await headers(tab),
    )
    assert answer.status == status, await answer.text()


async def promoted(tab: Tab, model_id: str, number: int) -> None:
    """Have another version serve, past the page."""
    answer = await tab.page.request.post(
        f"{API}/models/{model_id}/versions/{number}/promote", headers=await headers(tab)
    )
    assert answer.status == 200, await answer.text()


async def headers(tab: Tab) -> dict[str, str]:
    """Sign in past the page, as a program."""
    body = {"username": tab.account.username, "password": tab.account.password}
    answer = await tab.page.request.post(f"{API}/auth/login", data=body)
    return {"Authorization": f"Bearer {(await answer.json())['access_token']}"}


async def _sent(tab: Tab, path: str, multipart: dict[str, Any]) -> dict[str, Any]:
    answer = await tab.page.request.post(
        f"{API}{path}", multipart=multipart, headers=await headers(tab)
    )
    assert answer.status == 201, await answer.text()
    return await answer.json()
