#!/bin/bash
# Brings both databases to the image's version; safe to run again, and before every start of the other services.
set -euo pipefail

omnisci db upgrade
airflow db migrate
python -m omnisci_etl.scheduling.metadata
# An administrator that exists already is left as it is.
airflow users create --role Admin --username "${AIRFLOW_ADMIN_USER}" --password "${AIRFLOW_ADMIN_PASSWORD}" \
  --email "${AIRFLOW_ADMIN_EMAIL}" --firstname omnisci --lastname administrator
