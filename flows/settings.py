"""Settings: a flag wins over the environment, that over ``turnproof.toml``, that over the default.

``python -m flows.settings`` prints them as the table of the README.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, Literal, cast

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from flows.dask_workers import is_place
from flows.settings_file import FILE, written
from schemas import places
from schemas.columns import GATES
from schemas.errors import InputError

PREFIX: Final = "TURNPROOF_"

Names = Annotated[tuple[str, ...], NoDecode]
"""Several names; in the environment with commas between them."""


class Settings(BaseSettings):
    """Where Turnproof keeps and finds things; each can be set as ``TURNPROOF_…`` or in ``turnproof.toml``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, toml_file=FILE, extra="forbid", env_ignore_empty=True, hide_input_in_errors=True
    )

    store: Path = Field(
        Path("turnproof-store"),
        description="the store: folder of its tables, or an address such as `s3://bucket/store`",
    )
    site: Path | None = Field(
        None, description="folder or address of the site; `site` in the store, or `turnproof-site` by default"
    )
    suite: str = Field("synthetic", description="the suite: name of one that comes along, or path to a file")
    dask: str | None = Field(
        None,
        description="judge batches on Dask: a number of worker processes to start here, or the address of a scheduler, "
        "such as `tcp://scheduler:8786`; 0 doesn't",
    )
    inbox: Path = Field(
        Path("inbox"), description="folder where drops arrive, or an address such as `s3://bucket/inbox`"
    )
    settle: float = Field(30, ge=0, description="seconds without a change after which a drop in the inbox is complete")
    look_every: float | None = Field(
        None,
        gt=0,
        description="seconds after which the whole inbox is looked through anyway; by default 300, and 60 in an object "
        "store, which tells of no changes",
    )
    poll: bool = Field(False, description="look for changes in the inbox every second: shared disks tell of none")
    service: Path | None = Field(
        None,
        description="folder of what the service keeps: Prefect's database, logs; `service` in the store by default",
    )
    keep_pages: float | None = Field(None, gt=0, description="days after which a run's pages leave the site")
    keep_turns: float | None = Field(
        None, gt=0, description="days after which what was said in a run is deleted: turns, repairs, findings, pages"
    )
    keep_runs: float | None = Field(
        None, gt=0, description="days after which all of a run is deleted, but that its sources were judged"
    )
    keep_versions: int = Field(
        24, ge=1, description="hours for which readers of an older version of a table still find what was deleted since"
    )
    nightly: str = Field("0 2 * * *", description="when the nightly run starts, in cron's words")
    timezone: str = Field("UTC", description="the time zone of that, such as Europe/Berlin")
    runs: int = Field(2, ge=0, description="how many runs the service does at once; 0 leaves them to workers")
    host: str = Field(
        "127.0.0.1", description="address that the dashboards are served on; any but loopback needs a token"
    )
    port: int = Field(8440, ge=0, le=65535, description="their port; 0 takes a free one")
    url: str | None = Field(None, description="the address people reach the dashboards by, for links in notifications")
    prefect_port: int = Field(
        0, ge=0, le=65535, description="port of the Prefect server that is started; 0 takes a free one"
    )
    token: SecretStr | None = Field(None, description="secret that opens uploads, and the dashboards beyond loopback")
    token_file: Path | None = Field(None, description="file that holds the token, such as a credential of systemd")
    upload_bytes: int = Field(2**30, ge=1, description="the largest upload by HTTP, in bytes")
    upload_seconds: float = Field(3600, gt=0, description="the longest that an upload may take")
    upload_pause: float = Field(30, gt=0, description="the longest that an upload may pause, in seconds")
    notify: Names = Field((), description="Prefect blocks that are told of drops, such as `slack-webhook/team`")
    notify_on: Names = Field(("warned", "failed"), description="gates of which they are told")
    text: Literal["full", "masked", "none"] | None = Field(
        None,
        description="what of the transcripts' text the site contains: `full`, `masked` or `none`; by default `full` in "
        "a folder, and `masked` in an object store",
    )
    log: Literal["text", "json"] = Field("text", description="how the service logs: lines for people, or JSON")

    @field_validator("notify", "notify_on", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("notify")
    @classmethod
    def _blocks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not re.fullmatch(r"[a-z0-9-]+/[^/]+", name):
                raise ValueError(f'a block is named TYPE/NAME, such as slack-webhook/team, not "{name}"')
        return value

    @field_validator("notify_on")
    @classmethod
    def _gates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := set(value) - set(GATES):
            raise ValueError(f'"{min(wrong)}" is no gate; the gates are {", ".join(GATES)}')
        return value

    @field_validator("dask", mode="before")
    @classmethod
    def _dask(cls, value: object) -> object:
        if value is None or is_place(str(value)):
            return None if value is None else str(value)
        raise ValueError(f'it is a number of worker processes or an address such as tcp://host:8786, not "{value}"')

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        from zoneinfo import available_timezones  # noqa: PLC0415 - takes a while, and few set it

        if value != "UTC" and value not in available_timezones():
            raise ValueError(f'"{value}" is no time zone; they are named like Europe/Berlin')
        return value

    @field_validator("nightly")
    @classmethod
    def _cron(cls, value: str) -> str:
        if len(value.split()) != 5:
            raise ValueError("cron's words are five: minute, hour, day, month, day of the week")
        return value

    @property
    def site_folder(self) -> Path:
        """Where the site is published."""
        return self.site or self._own("site")

    def text_at(self, site: Path) -> Literal["full", "masked", "none"]:
        """What of the text a site contains: what is set, or else all on our own disk and nothing readable elsewhere."""
        return self.text or ("masked" if places.is_remote(site) else "full")

    @property
    def looked_every(self) -> float:
        """Seconds between two looks through the whole inbox."""
        return self.look_every or (60 if places.is_remote(self.inbox) else 300)

    @property
    def service_folder(self) -> Path:
        """Where the service keeps what is its own."""
        return self.service or self._own("service")

    def _own(self, name: str) -> Path:
        """A folder in the store, where that is a folder; else one beside us."""
        return Path(f"turnproof-{name}") if places.is_remote(self.store) else self.store / name

    @property
    def secret(self) -> str | None:
        """The token, from wherever it is set.

        Raises:
            InputError: if its file can't be read, or holds none.
        """
        if self.token is not None:
            return self.token.get_secret_value()
        if self.token_file is None:
            return None
        try:
            found = self.token_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{self.token_file}: expected a file with the token, found {getattr(error, 'strerror', 'no text')}; "
                "mend TURNPROOF_TOKEN_FILE"
            ) from None
        if not found:
            raise InputError(f"{self.token_file}: expected a file with the token, found it empty; write one there")
        return found

    def environment(self) -> dict[str, str]:
        """What makes the settings of another process the same, but for the token, which no run needs."""
        told: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is None or name in ("token", "token_file"):
                continue
            told[PREFIX + name.upper()] = _text(places.absolute(value) if isinstance(value, Path) else value)
        return told

    def told(self, flags: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
        """Each setting as people may see it: its name, its value, and where that comes from.

        Args:
            flags: those that were given.
        """
        given = {name: value for name, value in flags.items() if value is not None}
        lines = written()
        for name in type(self).model_fields:
            value = getattr(self, name)
            shown = "not set" if value is None or value == () else "set" if name == "token" else _text(value)
            yield name, shown, origin(name, given, lines)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file; nothing else."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


FLAGS: Final[Mapping[str, str]] = {
    name: f"--{name}" for name in ("store", "site", "suite", "dask", "inbox", "host", "port")
}
"""The flags that set something, where a command has them."""


def load_settings(**flags: object) -> Settings:
    """The settings, with the flags that were given.

    Raises:
        InputError: if one is wrong or unknown; the message tells where it stands, and never what a secret is.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    lines = written()
    for name in os.environ:
        if name.startswith(PREFIX) and name[len(PREFIX) :].lower() not in Settings.model_fields and _meant(name):
            raise InputError(f"{name}: expected the name of a setting, found another; did you mean {_meant(name)}?")
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        place = origin(name, given, lines)
        if first["type"] == "extra_forbidden":
            near = get_close_matches(name, Settings.model_fields, 1)
            todo = f"did you mean {near[0]}?" if near else "`turnproof doctor` lists them"
            raise InputError(f"{place}: expected the name of a setting, found {name}; {todo}") from None
        told = first["msg"].removeprefix("Value error, ")
        raise InputError(
            f"{place}: expected a valid setting, found that {told[0].lower()}{told[1:]}; mend it"
        ) from None


def origin(name: str, flags: Mapping[str, object], lines: Mapping[str, int] | None = None) -> str:
    """Where the value of a setting comes from: a flag, a variable, a line of the file, or ``default``."""
    if name in flags:
        return FLAGS.get(name, f"--{name}")
    if (variable := PREFIX + name.upper()) in {key.upper() for key in os.environ}:
        return variable
    lines = written() if lines is None else lines
    return f"{FILE}:{lines[name]}" if name in lines else "default"


def _meant(variable: str) -> str | None:
    names = [PREFIX + name.upper() for name in Settings.model_fields]
    return next(iter(get_close_matches(variable, names, 1, 0.88)), None)


def table() -> str:
    """The settings as a table in Markdown."""
    rows = ["| setting | what | flag | environment | default |", "| --- | --- | --- | --- | --- |"]
    for name, each in Settings.model_fields.items():
        flag = f"`{FLAGS[name]}`" if name in FLAGS else ""
        rows.append(f"| `{name}` | {each.description} | {flag} | `{PREFIX}{name.upper()}` | {_shown(each.default)} |")
    return "\n".join(rows)


def _shown(value: object) -> str:
    return "" if value is None or value == () else f"`{_text(value)}`"


def _text(value: object) -> str:
    """A value as the environment has it."""
    if isinstance(value, tuple):
        return ",".join(map(str, cast("tuple[object, ...]", value)))
    if isinstance(value, Path):
        return places.told(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    print(table())  # noqa: T201 - it is what it is for
