"""Settings: every fault is one line that names the variable and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnisci_etl import config
from omnisci_etl.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OMNISCI_ARXIV_INTERVAL", "soon", "OMNISCI_ARXIV_INTERVAL"),
        ("OMNISCI_ARXIV_INTERVAL", "-1", "greater than or equal to 0"),
        ("OMNISCI_CROSSREF_URL", "http://example.org", "https"),
        ("OMNISCI_NATURE_URL", "nature.com", "absolute"),
        ("OMNISCI_DATABASE_URL", "sqlite:///x.db", "PostgreSQL URL"),
        ("OMNISCI_HTTP_TRIES", "0", "OMNISCI_HTTP_TRIES"),
    ],
)
def test_a_wrong_setting_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        config.load()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_secrets_are_not_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNISCI_DATABASE_URL", "mysql://u:canary@h/d")
    with pytest.raises(ConfigError) as caught:
        config.load()
    assert "canary" not in str(caught.value)


def test_loopback_may_be_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNISCI_PMC_URL", "http://127.0.0.1:8182/pmc/")
    assert config.load().pmc_url == "http://127.0.0.1:8182/pmc"


def test_blank_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNISCI_DATABASE_URL", "")
    assert config.load().database_url is None


def test_an_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OMNISCI_CONTACT=file@example.org\nOMNISCI_HOME=here\nSOME_KEY=from-file\n")
    monkeypatch.setenv("OMNISCI_CONTACT", "env@example.org")
    settings = config.load()
    assert settings.contact == "env@example.org"
    assert settings.home_dir == tmp_path / "here"
    key = settings.secret("SOME_KEY")
    assert key is not None
    assert key.get_secret_value() == "from-file"
    assert settings.secret("OTHER_KEY") is None
    assert "env@example.org" in settings.user_agent


def test_a_changed_copy_has_a_home_of_its_own(tmp_path: Path) -> None:
    settings = config.load()
    assert settings.home_dir == tmp_path / ".omnisci"
    assert settings.model_copy(update={"home": tmp_path / "x"}).home_dir == tmp_path / "x"
    assert settings.home_dir == tmp_path / ".omnisci"


def test_settings_do_not_print_secrets() -> None:
    settings = config.Settings(database_url="postgresql://u:canary@h/d")  # type: ignore[arg-type]
    assert "canary" not in repr(settings)
