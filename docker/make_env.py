"""Writes docker/database.env and docker/omnisci.env with fresh secrets, readable by their owner only.

Run it once with any Python 3, then add the API keys to docker/omnisci.env. Files that exist are left alone.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path


def environments() -> dict[str, dict[str, str]]:
    """The variables of each file; passwords are letters and digits, so that they fit into URLs as they are."""
    ledger, airflow, redis = (secrets.token_hex(24) for _ in range(3))
    return {
        "database.env": {
            "POSTGRES_USER": "omnisci",
            "POSTGRES_PASSWORD": ledger,
            "POSTGRES_DB": "omnisci",
            "AIRFLOW_DB_PASSWORD": airflow,
            "REDIS_PASSWORD": redis,
        },
        "omnisci.env": {
            "OMNISCI_DATABASE_URL": f"postgresql+psycopg2://omnisci:{ledger}@postgres:5432/omnisci",
            "OMNISCI_CONTACT": "",
            "OMNISCI_ROUTES": "",
            "OPENAI_API_KEY": "",
            "ANTHROPIC_API_KEY": "",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://airflow:{airflow}@postgres:5432/airflow",
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+postgresql+psycopg2://airflow:{airflow}@postgres:5432/airflow",
            "AIRFLOW__CELERY__BROKER_URL": f"redis://:{redis}@redis:6379/0",
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
            "AIRFLOW_ADMIN_USER": "admin",
            "AIRFLOW_ADMIN_PASSWORD": secrets.token_urlsafe(18),
            "AIRFLOW_ADMIN_EMAIL": "admin@localhost.localdomain",
        },
    }


def main(folder: Path) -> int:
    """Writes what is missing. Both files share passwords, so one without the other is an error."""
    paths = {folder / name: values for name, values in environments().items()}
    found = [path for path in paths if path.exists()]
    if found:
        sys.stderr.write(f"{found[0]} exists: nothing written (delete both files to make new secrets)\n")
        return 0 if len(found) == len(paths) else 2
    for path, values in paths.items():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.writelines(f"{name}={value}\n" for name, value in values.items())
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent))
