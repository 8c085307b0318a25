"""Settings: where they come from, and how wrong ones are told."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from flows.settings import Settings, load_settings
from schemas.errors import InputError

SECRET = "correct-horse-battery-staple"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    Path("turnproof.toml").write_text(text)


def sources(**flags: object) -> dict[str, tuple[str, str]]:
    return {name: (value, source) for name, value, source in load_settings(**flags).told(flags)}


def test_a_flag_wins_over_the_environment_and_that_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write('# ours\nstore = "by-file"\nsettle = 5\nnotify = ["slack-webhook/team"]\nnightly = "0 4 * * *"\n')
    monkeypatch.setenv("TURNPROOF_SETTLE", "7")
    monkeypatch.setenv("TURNPROOF_NIGHTLY", "0 5 * * *")
    told = sources(store=Path("by-flag"), suite=None)
    assert told["store"] == ("by-flag", "--store")
    assert told["settle"] == ("7.0", "TURNPROOF_SETTLE")
    assert told["nightly"] == ("0 5 * * *", "TURNPROOF_NIGHTLY")
    assert told["notify"] == ("slack-webhook/team", "turnproof.toml:4")
    assert told["suite"] == ("synthetic", "default")


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNPROOF_TOKEN", SECRET)
    settings = load_settings()
    assert settings.secret == SECRET
    assert sources()["token"] == ("set", "TURNPROOF_TOKEN")
    assert SECRET not in repr(settings) + str(sources()) + str(settings.environment())


@pytest.mark.parametrize(
    ("given", "site", "text"),
    [
        (None, "s3://bucket/site", "masked"),
        (None, "site", "full"),
        ("full", "s3://bucket/site", "full"),
        ("none", "site", "none"),
    ],
)
def test_a_site_that_leaves_the_machine_is_masked_unless_told_otherwise(
    given: Literal["full", "none"] | None, site: str, text: str
) -> None:
    settings = load_settings(text=given, site=Path(site))
    assert settings.text_at(settings.site_folder) == text


def test_the_token_may_be_in_a_file() -> None:
    Path("token").write_text(f"{SECRET}\n")
    write('token_file = "token"\n')
    assert load_settings().secret == SECRET
    Path("token").write_text("")
    with pytest.raises(InputError, match="token: expected a file with the token, found it empty"):
        _ = load_settings().secret


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('\nstoer = "x"\n', "turnproof.toml:2: expected the name of a setting, found stoer; did you mean store?"),
        ('zzz = "x"\n', "turnproof.toml:1: expected the name of a setting, found zzz; `turnproof doctor` lists them"),
        (
            "port = 8440\nsettle = -1\n",
            "turnproof.toml:2: expected a valid setting, found that input should be greater",
        ),
        ('[notify]\na = "b"\n', "turnproof.toml:1: expected a valid setting, found that input should be a valid tuple"),
        (
            "store = \n",
            "turnproof.toml:1: expected settings in TOML, found that it can't be read: Invalid value; mend it",
        ),
        (
            'timezone = "Mars/Base"\n',
            'turnproof.toml:1: expected a valid setting, found that "Mars/Base" is no time zone',
        ),
        ('notify_on = ["bad"]\n', 'turnproof.toml:1: expected a valid setting, found that "bad" is no gate'),
        ('notify = ["team"]\n', "turnproof.toml:1: expected a valid setting, found that a block is named TYPE/NAME"),
        ('nightly = "daily"\n', "turnproof.toml:1: expected a valid setting, found that cron's words are five"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_line(text: str, sentence: str) -> None:
    write(text)
    with pytest.raises(InputError) as caught:
        load_settings()
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("TURNPROOF_STORES", "x", "TURNPROOF_STORES: expected the name of a setting, found another; did you mean"),
        (
            "TURNPROOF_PORT",
            "http",
            "TURNPROOF_PORT: expected a valid setting, found that input should be a valid integer",
        ),
    ],
)
def test_what_is_wrong_in_the_environment_is_told_with_its_name(
    variable: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=f"^{sentence}"):
        load_settings()


def test_variables_of_others_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNPROOF_ENDURANCE", "1")
    load_settings()


def test_other_processes_can_be_given_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load_settings(store=Path("a"), notify="slack-webhook/a,webhook/b", poll=True, settle=1.5)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    other = load_settings()
    assert other.store == tmp_path / "a"
    assert other.notify == ("slack-webhook/a", "webhook/b")
    assert (other.poll, other.settle) == (True, 1.5)


def test_every_setting_is_described() -> None:
    assert all(each.description for each in Settings.model_fields.values())
