# One image for every Airflow service of docker-compose.yml; it runs as a user without rights on its own code.
FROM python:3.12-slim-bookworm

ARG OMNISCI_COMMIT=""
ENV OMNISCI_COMMIT=${OMNISCI_COMMIT} \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/omnisci/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/omnisci/omnisci_etl/scheduling/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    OMNISCI_HOME=/opt/omnisci/data

# Ghostscript renders the EPS and PS figures of TeX packages.
RUN apt-get update && apt-get install --yes --no-install-recommends ghostscript && rm -rf /var/lib/apt/lists/*

RUN useradd --uid 50000 --gid 0 --home-dir /opt/airflow --create-home --shell /usr/sbin/nologin omnisci \
    && install -d -o omnisci -g 0 -m 0770 /opt/airflow/logs /opt/omnisci/data

WORKDIR /opt/omnisci
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY omnisci_etl ./omnisci_etl
# Editable, so that the plugins folder has the same path under every Python version.
RUN pip install -c constraints.txt -e '.[celery]' && python -m compileall -q omnisci_etl
COPY dags ./dags
COPY docker/init.sh ./docker/init.sh

USER omnisci
CMD ["airflow", "version"]
