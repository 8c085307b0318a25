"""Settings: a flag wins over the environment, that over ``turnproof.toml``, that over the default."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """Where Turnproof keeps and finds things; each can be set as ``TURNPROOF_…`` or in ``turnproof.toml``."""

    model_config = SettingsConfigDict(env_prefix="TURNPROOF_", toml_file="turnproof.toml", extra="forbid")

    store: Path = Field(Path("turnproof-store"), description="folder of the store's tables")
    inbox: Path = Field(Path("inbox"), description="folder where drops arrive")
    site: Path | None = Field(None, description="folder of the published site; `site` in the store by default")
    suite: str = Field("synthetic", description="name of a suite, or path to one")
    settle: float = Field(30, ge=0, description="seconds without a change after which a drop in the inbox is complete")

    @property
    def site_folder(self) -> Path:
        """Where the site is published."""
        return self.site or self.store / "site"

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
