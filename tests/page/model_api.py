"""Model files for uploads, and API calls that prepare models for a test."""

from __future__ import annotations

from typing import Any

from playwright.async_api import FilePayload

from tests.api.api_client import API, saved
from tests.inference.column_models import LOGISTIC, mixed
from tests.page.browser_tab import Tab

PASSENGERS = "passengers"
PASSENGER = {"age": 22.5, "fare": 7.25, "sex": "m", "port": "S", "alone": True}
DROP_FILE = """(name) => {
    const files = new DataTransfer();
    files.items.add(new File(["a model"], name));
    for (const type of ["dragover", "drop"]) {
        document.body.dispatchEvent(
            new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files })
        );
    }
}"""


def passenger_model() -> bytes:
    """A classifier of numbers, texts and booleans with missing values."""
    return saved(mixed(LOGISTIC(max_iter=1000)).estimator)


def file_payload(name: str, content: bytes) -> FilePayload:
    """A file for a file input."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def upload_model(tab: Tab, content: bytes, name: str = PASSENGERS) -> str:
    """Upload a model through the API; returns its id."""
    model = await _post_form(
        tab, "/models/upload", {"name": name, "file": file_payload("m.joblib", content)}
    )
    return str(model["id"])


async def add_version(tab: Tab, model_id: str, content: bytes) -> None:
    """Add a version through the API."""
    await _post_form(
        tab, f"/models/{model_id}/versions", {"file": file_payload("m.joblib", content)}
    )


async def predict(tab: Tab, model_id: str, input_data: Any, *, status: int = 200) -> None:
    """Call a model through the API."""
    response = await tab.page.request.post(
        f"{API}/models/{model_id}/predict",
        data={"input_data": input_data},
        headers=await api_headers(tab),
    )
    assert response.status == status, await response.text()


async def promote(tab: Tab, model_id: str, number: int) -> None:
    """Promote a version through the API."""
    response = await tab.page.request.post(
        f"{API}/models/{model_id}/versions/{number}/promote", headers=await api_headers(tab)
    )
    assert response.status == 200, await response.text()


async def api_headers(tab: Tab) -> dict[str, str]:
    """Sign in through the API; returns the headers of a program."""
    body = {"username": tab.account.username, "password": tab.account.password}
    response = await tab.page.request.post(f"{API}/auth/login", data=body)
    return {"Authorization": f"Bearer {(await response.json())['access_token']}"}


async def _post_form(tab: Tab, path: str, multipart: dict[str, Any]) -> dict[str, Any]:
    response = await tab.page.request.post(
        f"{API}{path}", multipart=multipart, headers=await api_headers(tab)
    )
    assert response.status == 201, await response.text()
    return await response.json()
