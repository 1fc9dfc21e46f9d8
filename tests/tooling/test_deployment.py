"""The image and the composition, as far as they can be judged without a Docker engine."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.local_stack import BASE_DIR

COMPOSE = (BASE_DIR / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
APPLICATION = ("prepare", "web", "worker", "beat")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        command, cwd=BASE_DIR, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_composition_follows_its_schema() -> None:
    tool = str(Path(sys.executable).with_name("check-jsonschema"))
    result = run(tool, "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_only_the_preparation_knows_the_owners_address() -> None:
    told = {name for name in SERVICES if "DATABASE_OWNER_URL" in SERVICES[name].get("environment", {})}
    assert told == {"prepare"}
    for name in APPLICATION:
        assert "utfall_app" in SERVICES[name]["environment"]["DATABASE_URL"]


def test_nothing_of_ours_starts_before_the_database_is_prepared() -> None:
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}


def test_our_containers_cannot_gain_rights_or_write_to_their_own_code() -> None:
    for name in APPLICATION:
        assert SERVICES[name]["read_only"]
        assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.M)[-1] == "utfall"


def test_every_lasting_service_is_watched_and_only_the_proxy_is_open_to_the_world() -> None:
    lasting = {name for name, service in SERVICES.items() if "profiles" not in service} - {"prepare", "proxy"}
    assert [name for name in sorted(lasting) if "healthcheck" not in SERVICES[name]] == []
    open_to_all = {name for name, service in SERVICES.items() if "profiles" not in service and "ports" in service}
    assert open_to_all == {"proxy"}
    assert SERVICES["mailpit"]["profiles"] == ["development"]


def test_every_secret_is_demanded_and_explained_and_none_is_written_down() -> None:
    example = dict(line.split("=", 1) for line in (BASE_DIR / ".env.example").read_text().splitlines() if "=" in line)
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE))
    assert asked <= set(example)
    secret = {name for name in asked if "PASSWORD" in name or "SECRET" in name}
    assert [name for name in sorted(secret) if example[name]] == []
    demanded = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    of_parts_one_may_leave_out = {"AWS_SECRET_ACCESS_KEY", "SEAL_PASSWORD"}
    assert secret - of_parts_one_may_leave_out <= demanded


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    ignored = {line.strip("/") for line in (BASE_DIR / ".dockerignore").read_text().splitlines()}
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M):
        for source in line.split():
            assert (BASE_DIR / source).exists(), source
            assert source.split("/")[0] not in ignored, source


@pytest.mark.parametrize("script", ["deploy/install.sh", "deploy/postgres-roles.sh", ".ci/run"])
def test_scripts_are_executable_and_parse(script: str) -> None:
    path = BASE_DIR / script
    assert os.access(path, os.X_OK)
    shell = path.read_text().splitlines()[0].split("/")[-1].split()[-1]
    assert run(shell, "-n", str(path)).returncode == 0


def test_the_images_files_can_be_built(tmp_path: Path) -> None:
    """Translations compile, and every static file that a page or a style sheet names gets a hashed name."""
    result = run(
        "deploy/install.sh", "files", sys.prefix, STATIC_ROOT=str(tmp_path), DJANGO_SETTINGS_MODULE="config.settings"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / "staticfiles.json").stat().st_mode & 0o004, "the image's own user could not read it"
    assert list(tmp_path.glob("designsystemet/theme/designsystemet.*.css"))
