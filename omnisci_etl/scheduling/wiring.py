"""What the DAG files share: parameters of the trigger form, retries, assets, pools."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, AssetAlias, CronTriggerTimetable, ExceptionRetryPolicy, Param, RetryAction, RetryRule

from omnisci_etl.errors import BadInput, ConfigError, LeftOver, ServiceError
from omnisci_etl.papers import disciplines

PAPERS = Asset(name="papers", uri="omnisci://ledger/papers", group="omnisci")
CAPTIONS = Asset(name="captions", uri="omnisci://ledger/captions", group="omnisci")
SCORES = Asset(name="scores", uri="omnisci://ledger/scores", group="omnisci")
ESCALATIONS = Asset(name="escalations", uri="omnisci://ledger/escalations", group="omnisci")
# Through an alias a task announces an asset only where there is something to announce.
TO_ESCALATE = AssetAlias("to-escalate", group="omnisci")

# What a person must mend is not tried again; what time can mend is. Anything else is a bug and takes the
# normal course of retries.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(ConfigError, RetryAction.FAIL, reason="a setting or an argument is wrong"),
        RetryRule(BadInput, RetryAction.FAIL, reason="the input cannot be used"),
        RetryRule(ServiceError, RetryAction.RETRY, reason="a service is away"),
        RetryRule(LeftOver, RetryAction.RETRY, reason="work is left"),
    ]
)

# A run goes on where the last one stopped, so a hung task may be ended without loss.
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "omnisci",
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(hours=12),
}


def dag_arguments(doc: str | None, *tags: str) -> dict[str, Any]:
    """The arguments every DAG has; one run at a time, because a stage takes all the work there is."""
    return {
        "default_args": DEFAULT_ARGS,
        "catchup": False,
        "max_active_runs": 1,
        "tags": list(tags),
        "doc_md": doc,
    }


def daily(hour: int, minute: int) -> CronTriggerTimetable:
    """Every day at this time (UTC). A fresh installation waits for it.

    run_immediately=False would start a first run at once where the time was less than a tenth of a day ago.
    """
    return CronTriggerTimetable(f"{minute} {hour} * * *", timezone="UTC", run_immediately=timedelta(0))


def window(when: str = "") -> dict[str, Param]:
    """Publication dates, both inclusive; when says in which runs they count."""
    return {
        "since": _date("Since", f"{when}Published on or after this day (UTC)"),
        "until": _date("Until", f"{when}Published on or before this day (UTC)"),
    }


def discipline() -> dict[str, Param]:
    """A discipline of the taxonomy, or all of them."""
    known = [None, *disciplines.load().names, disciplines.UNKNOWN]
    text = "Work on papers of this discipline only; empty: all"
    return {"discipline": Param(None, type=["null", "string"], enum=known, title="Discipline", description=text)}


def refresh() -> dict[str, Param]:
    """Whether to read stored papers again instead of looking for others."""
    text = "Discover nothing; read stored papers again that other versions of the extractors read"
    return {"refresh": Param(False, type="boolean", title="Refresh", description=text)}


def limit(what: str) -> dict[str, Param]:
    """The most that one run takes on."""
    text = f"The most {what} that this run takes on; empty: no limit"
    return {"limit": Param(None, type=["null", "integer"], minimum=1, title="Limit", description=text)}


def _date(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)
