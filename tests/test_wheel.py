"""The wheel holds all that the program needs, and works far away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def python(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(str(argument) for argument in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    done = python(
        "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
        "--disable-pip-version-check", "--wheel-dir", folder, ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the unpacked wheel."""
    folder = tmp_path_factory.mktemp("installed")
    done = python(
        "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
        "--disable-pip-version-check", "--target", folder, wheel,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def environment(installed: Path) -> dict[str, str]:
    """Finds the installed package before the checkout, and no setting of whoever runs the tests."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith("MAILFLOW_")}
    return {**kept, "PYTHONPATH": str(installed), "NO_COLOR": "1"}


def test_everything_is_in_it(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, suffix, inside in (
        ("templates", "*.j2", "mailflow/templates"),
        ("templates", "*.css", "mailflow/templates"),
        ("examples", "*.*", "mailflow/examples"),
        ("mailflow/locale", "*.po", "mailflow/locale"),
        ("mailflow/store/migrations", "*.py", "mailflow/store/migrations"),
        ("mailflow", "*.py", "mailflow"),
    ):
        here = {
            f"{inside}/{path.relative_to(ROOT / folder)}" for path in (ROOT / folder).rglob(suffix)
        }
        assert here, folder
        assert here - names == set()
    assert {"mailflow/py.typed", "mailflow/config.example.toml"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"mailflow"}


def test_the_conversation_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    env = environment(installed)
    where = python("-c", "import mailflow; print(mailflow.__file__)", cwd=tmp_path, env=env)
    assert where.stdout.startswith(str(installed))
    done = python("-m", "mailflow", "demo", "--once", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []  # it cleans up after itself


def test_the_example_configuration_in_it_is_enough(installed: Path, tmp_path: Path) -> None:
    env = environment(installed)
    example = installed / "mailflow" / "config.example.toml"
    (tmp_path / "mailflow.toml").write_bytes(example.read_bytes())
    for line in (["migrate"], ["status"], ["check", "--offline"]):
        done = python("-m", "mailflow", *line, cwd=tmp_path, env=env)
        assert "error" not in done.stderr, done.stderr
    assert "ok      templates" in done.stdout
    assert str(ROOT) not in done.stdout
