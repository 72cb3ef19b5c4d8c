"""Settings, read from the environment (prefix ``CCMM_``) and from ``.env``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_PACKAGE = Path(__file__).resolve().parent
_REPOSITORY = _PACKAGE.parents[1]


def _data_folder(name: str) -> Path:
    """Beside the source in a checkout, inside the package when installed from a wheel."""
    beside = _REPOSITORY / name
    return beside if (_REPOSITORY / "pyproject.toml").is_file() and beside.is_dir() else _PACKAGE / "_data" / name


class Settings(BaseSettings):
    """Everything an operator can set. The channel settings seed the first agency; further agencies have their own accounts."""

    model_config = SettingsConfigDict(env_prefix="CCMM_", env_file=".env", extra="ignore")

    database_url: str = "sqlite:///data/ccmm.sqlite3"
    database_owner_url: SecretStr = SecretStr("")  # PostgreSQL: the owner of the tables, for `ccmm-bot db upgrade` alone
    public_base_url: str = ""  # as the providers see us, scheme and host: "https://bot.example.org"
    trusted_proxies: str = ""  # addresses of the proxy in front of us, separated by commas; empty: nobody's word is taken
    secret_key_file: Path = Path("data/secret.key")
    key_store_url: str = ""  # people's own keys, apart from the database; empty: keys.sqlite3 beside the key file
    backup_dir: Path = Path("data/backups")
    key_backup_dir: Path = Path("data/key-backups")  # copies of the key store, kept for days only
    backup_key_file: Path = Path("data/backup.key")  # what backups open with; made with the first one
    backup_recipient: str = ""  # a public age key instead: what opens backups then never lies on this machine
    dialogues_dir: Path = Field(default_factory=lambda: _data_folder("dialogues"))
    locales_dir: Path = Field(default_factory=lambda: _data_folder("locales"))

    audio_dir: Path | None = None  # recordings of the texts, <tag>/<key>.ogg; none are sent without it
    require_reviewed: str = ""  # dialogues a speaker must have read before a language goes live, separated by commas
    translation_dir: Path = Path("data/translation")  # models for machine translation, for staff to read: ccmm-bot translate

    agency_name: str = "Settlement agency"
    service_name: str = "CCMM"
    privacy_contact: str = ""  # whom to ask about one's information: an address to write to, as the privacy notice says it

    metrics_token: SecretStr = SecretStr("")  # who may read /metrics from elsewhere; empty: this machine alone
    log_level: str = "info"  # debug, info, warning or error
    log_format: Literal["", "json", "text"] = ""  # empty: text in a terminal, else one JSON object a line

    languages: str = ""  # tags of the languages this installation offers, separated by commas; empty: every complete one

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_sms_from: str = ""
    twilio_whatsapp_from: str = ""
    twilio_api_base_url: str = ""

    telegram_token: SecretStr = SecretStr("")
    telegram_api_base_url: str = ""
    telegram_webhook_secret: SecretStr = SecretStr("")

    webhooks_private: bool = False  # whether webhooks out may go to http:// and into our own network

    oidc_issuer: str = ""  # the agency's identity provider (OpenID Connect); empty: staff sign in here only
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = ""  # what staff call it

    smtp_url: SecretStr = SecretStr("")
    smtp_from: str = ""  # who notices to staff come from

    @property
    def reviewed_dialogues(self) -> tuple[str, ...]:
        """The names in ``require_reviewed``."""
        return tuple(name for part in self.require_reviewed.split(",") if (name := part.strip()))
