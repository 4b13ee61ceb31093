"""Keys: generated once, readable by their owner only, even if processes start together."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlplatform.server.keys import Keys, load_keys
from mlplatform.settings import Settings

GIVEN = "a key that the operator has generated"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return Settings(data_dir=tmp_path)


def test_unset_keys_are_generated_once_and_private(settings: Settings) -> None:
    keys = load_keys(settings)

    assert load_keys(settings) == keys
    folder = settings.data_dir / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 4, "a temporary file is left"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_no_two_purposes_share_a_key(settings: Settings) -> None:
    keys = load_keys(settings)

    derived = {keys.password_pepper, keys.identity_key, keys.sealing_key}
    assert len(derived) == 3
    assert {len(key) for key in derived} == {32}


def test_a_key_that_is_set_is_used_and_not_written_to_a_file(settings: Settings) -> None:
    given = Settings.model_validate(
        {"data_dir": settings.data_dir, "sealing_key": GIVEN, "secret_key": GIVEN}
    )

    keys = load_keys(given)

    assert keys.secret_key == GIVEN
    assert keys.sealing_key != load_keys(settings).sealing_key
    assert not any(GIVEN in file.read_text() for file in (settings.data_dir / "keys").iterdir())


def test_processes_that_start_together_agree(settings: Settings) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys: list[Keys] = list(threads.map(load_keys, [settings] * 64))

    assert all(each == keys[0] for each in keys)


def test_no_key_is_in_the_repr(settings: Settings) -> None:
    assert load_keys(settings).secret_key not in repr(load_keys(settings))
