"""Every setting of every process, read once from the environment: ``DEMEU_*``, and ``TEMPORAL_*`` for the connection.

A wrong or missing value stops the process at once with one line that names the variable. Secrets have no defaults and
are never printed. What the law fixes (amounts, periods, terms) is no setting: that lives in ``benefits/parameters``.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Any, Self
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import (
    AfterValidator,
    BeforeValidator,
    DirectoryPath,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

import runtime.zone  # noqa: F401  (no program starts on wrong time zone data)
from runtime.codec import KeyRing

PREFIX = "DEMEU_"


class SettingsError(ValueError):
    """A setting is missing or wrong. The message is one line, names the variables and shows no value."""


class Agency(StrEnum):
    """The systems of other bodies that are called over HTTP; each has ``DEMEU_{AGENCY}_URL`` and ``..._TOKEN``."""

    REGISTRIES = "registries"
    EMAKET = "emaket"
    BODY = "body"
    BANK = "bank"


@dataclass(frozen=True)
class Endpoint:
    """Where an agency's system answers, and what authenticates our calls (``None``: the link itself does)."""

    url: str
    token: SecretStr | None


@dataclass(frozen=True)
class SmppLink:
    """The SMS centre's SMPP 3.4 door."""

    host: str
    port: int
    system_id: str
    password: SecretStr


@dataclass(frozen=True)
class QuietHours:
    """Hours of the citizen's day (Asia/Almaty) in which no SMS is sent; they may pass midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _key_ring(given: object) -> object:
    return KeyRing.parse(given) if isinstance(given, str) else given


def _sender_secrets(given: object) -> object:
    if not isinstance(given, str):
        return given
    secrets: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in given.split(","))):
        sender, colon, secret = entry.partition(":")
        if not colon or not sender or len(secret) < 16:
            raise ValueError("expected sender:secret[,sender2:secret2], each secret of 16 characters or more")
        secrets[sender] = secret
    return secrets


def _public_keys(given: object) -> object:
    if not isinstance(given, str):
        return given
    keys: dict[str, Ed25519PublicKey] = {}
    for entry in filter(None, (part.strip() for part in given.split(","))):
        sender, colon, encoded = entry.partition(":")
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded, validate=True))
        except ValueError:
            colon = ""
        if not colon or not sender:
            raise ValueError("expected sender:base64[,sender2:base64], each the 32 bytes of an Ed25519 public key")
        keys[sender] = key
    return keys


def _lags(given: object) -> object:
    if not isinstance(given, str):
        return given
    entries = [part.partition(":") for part in given.split(",") if part.strip()]
    if not all(sender.strip() and seconds.strip() for sender, _, seconds in entries):
        raise ValueError("expected sender:seconds[,sender2:seconds2]; the SMPP link is called smpp")
    return {sender.strip(): seconds.strip() for sender, _, seconds in entries}


def _statuses(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return tuple(int(one, 0) for one in given.split(",") if one.strip())
    except ValueError:
        raise ValueError("expected statuses of SMPP, as 0x400,0x411") from None


def _quiet_hours(given: object) -> object:
    if not isinstance(given, str):
        return given
    if given == "none":
        return None
    start, dash, end = given.partition("-")
    try:
        hours = QuietHours(time.fromisoformat(start), time.fromisoformat(end))
    except ValueError:
        dash = ""
    if not dash or hours.start == hours.end:
        raise ValueError('expected "21:00-09:00" or "none"')
    return hours


def _origins(given: object) -> object:
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


def _psycopg(given: SecretStr) -> SecretStr:
    scheme, separator, rest = given.get_secret_value().partition("://")
    if not separator or scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise ValueError("expected postgresql://user:password@host/database")
    for threshold in parse_qs(urlsplit(f"{scheme}://{rest}").query).get("prepare_threshold", []):
        if threshold.lower() != "none" and not threshold.isdecimal():
            raise ValueError("prepare_threshold is none (behind a pooler), or a number of uses")
    return SecretStr(f"postgresql+psycopg://{rest}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Seconds = Annotated[float, Field(gt=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
Secret = Annotated[SecretStr, Field(min_length=1)]


class Settings(BaseSettings):
    """The settings; each field ``name`` is the variable ``DEMEU_NAME``. Read them with `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        env_ignore_empty=True,
        arbitrary_types_allowed=True,
    )

    database_url: Annotated[SecretStr, AfterValidator(_psycopg)] = Field(
        description="PostgreSQL, as postgresql://user:password@host/database; always driven by psycopg 3."
    )
    database_role: str | None = Field(
        None, description="Role as which worker and gateway connect; runtime.migrate gives it what they need, no more."
    )
    database_connections: Annotated[int, Field(ge=1)] = Field(
        20, description="Connections to PostgreSQL at once, of each worker and gateway."
    )
    codec_keys: Annotated[KeyRing, NoDecode, BeforeValidator(_key_ring)] = Field(
        description="Payload keys, kid:base64 of 32 bytes, comma separated; the first encrypts, all decrypt."
    )
    task_queue: str = Field("demeu", min_length=1, description="Temporal task queue of the cases.")

    gateway_host: str = Field("127.0.0.1", description="Address the gateway listens on.")
    gateway_port: Port = Field(8080, description="TCP port the gateway listens on.")
    gateway_secrets: Annotated[dict[str, Secret], NoDecode, BeforeValidator(_sender_secrets)] = Field(
        default_factory=dict, description="HMAC secrets of who may call the gateway, sender:secret, comma separated."
    )
    gateway_public_keys: Annotated[dict[str, Ed25519PublicKey], NoDecode, BeforeValidator(_public_keys)] = Field(
        default_factory=dict,
        description="Ed25519 public keys of further senders, sender:base64 of 32 bytes, comma separated.",
    )
    gateway_sms_senders: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = Field(
        ("smsc",), description="Which of them are SMS operators: they post replies and receipts, all others events."
    )
    gateway_clock_tolerance_seconds: Seconds = Field(
        300, description="Seconds by which the time of a signed request may differ from our clock."
    )
    gateway_days_are_skipped: bool = Field(
        False,
        description="For demonstrations, in which a case's days are skipped: an SMS that lies ahead of our clock bears "
        "its own time. In production it came when it came.",
    )
    gateway_events_played_days: Annotated[int, Field(ge=0)] = Field(
        0,
        description="For demonstrations: so many days an event's day may lie back and still be taken for the day of "
        "application. 0 in production: an application is of the day on which it is made.",
    )
    gateway_body_bytes: Annotated[int, Field(ge=1024)] = Field(
        65_536, description="Largest body of a signed request; the longest SMS takes a tenth of it."
    )
    gateway_request_seconds: Seconds = Field(
        10, description="Seconds in which the head of a request, and then its body, must have come."
    )
    gateway_sender_rate: Seconds = Field(
        100, description="Requests a second of one sender, on the average; ten seconds' worth may come at once."
    )
    gateway_address_rate: Seconds = Field(300, description="The same of one address, strangers' requests too.")
    gateway_at_once: Annotated[int, Field(ge=1)] = Field(
        100, description="Signed requests that are served at once; a further one is told to come again."
    )
    gateway_connections: Annotated[int, Field(ge=10)] = Field(
        1000, description="Connections that are open at once; a further one is closed unread."
    )
    gateway_connections_an_address: Annotated[int, Field(ge=1)] = Field(
        200,
        description="The same from one address, so that no stranger takes them all; a proxy that is named in "
        "FORWARDED_ALLOW_IPS has no such limit.",
    )
    gateway_metrics_bind: str | None = Field(
        None, description="host:port of the gateway's Prometheus /metrics; unset: none."
    )
    gateway_sms_clock_lags: Annotated[dict[str, Seconds], NoDecode, BeforeValidator(_lags)] = Field(
        default_factory=dict,
        description="Seconds by which an SMS operator's clock may lag, sender:seconds, comma separated; else 90.",
    )
    codec_key_set_url: str | None = Field(
        None, description="Address of the key set (JWKS) of the operators' sign-on, whose bearer tokens may decode."
    )
    codec_issuer: str | None = Field(None, description="Issuer (iss) of those tokens.")
    codec_audience: str | None = Field(None, description="Audience (aud) of those tokens.")
    codec_trusts_network: bool = Field(
        False, description="Decode without a token though the gateway listens beyond this machine: its port is closed."
    )
    codec_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = Field(
        (), description="Web origins (of the Temporal Web UI) that may decode payloads; none: no codec endpoint."
    )

    smpp_host: str | None = Field(None, description="Host of the SMS centre.")
    smpp_port: Port = Field(2775, description="TCP port of the SMS centre.")
    smpp_system_id: str = Field("demeu", min_length=1, max_length=15, description="Our SMPP account.")
    smpp_operator: str = Field(
        "smsc", min_length=1, description="Whose SMS centre it is: the name under which that operator posts receipts."
    )
    smpp_number_statuses: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_statuses)] = Field(
        (),
        description="Statuses of the operator's own invention, as 0x400, comma separated, that say that the number "
        "cannot be written to; any other is taken for one about us, and everything waits.",
    )
    smpp_password: SecretStr | None = Field(None, max_length=8, description="Its password; SMPP allows 8 characters.")
    sms_sender: str = Field("1414", description="Short number our SMS come from and are answered to.")
    quiet_hours: Annotated[QuietHours | None, NoDecode, BeforeValidator(_quiet_hours)] = Field(
        QuietHours(time(21), time(9)), description='Hours without SMS in Asia/Almaty, "21:00-09:00", or "none".'
    )

    registries_url: HttpUrl | None = Field(None, description="Persons, civil, disability and mobile registries.")
    registries_token: SecretStr | None = Field(None, description="Bearer token for the registries.")
    emaket_url: HttpUrl | None = Field(None, description="E-Maket of the State Corporation.")
    emaket_token: SecretStr | None = Field(None, description="Bearer token for E-Maket.")
    body_url: HttpUrl | None = Field(None, description="The deciding bodies.")
    body_token: SecretStr | None = Field(None, description="Bearer token for the deciding bodies.")
    bank_url: HttpUrl | None = Field(None, description="The bank interface.")
    bank_token: SecretStr | None = Field(None, description="Bearer token for the bank interface.")
    payer_name: str | None = Field(None, min_length=1, description="Who pays month by month, as in the bank's files.")
    payer_bin: str | None = Field(None, pattern=r"^[0-9]{12}$", description="Its business identification number.")
    payer_iban: str | None = Field(
        None, pattern=r"^KZ[0-9]{2}[A-Z0-9]{16}$", description="The account that it pays from."
    )
    payer_bic: str | None = Field(None, pattern=r"^[A-Z0-9]{8}([A-Z0-9]{3})?$", description="The bank of that account.")
    payer_fund_iban: str | None = Field(
        None,
        pattern=r"^KZ[0-9]{2}[A-Z0-9]{16}$",
        description="The pension fund's account, to which withheld contributions go.",
    )
    call_seconds: Seconds = Field(10, description="Deadline of one outside call, in seconds, reading included.")
    ruling_poll_seconds: Seconds = Field(
        900, description="Seconds between two questions to the deciding body whether it has decided."
    )

    benefits_directory: DirectoryPath | None = Field(
        None, description="Folder of further benefits: a module, CODE.yaml and texts CODE.kk.ftl, CODE.ru.ftl for each."
    )

    health_bind: str = Field("127.0.0.1:8081", description="host:port of the worker's /healthz and /readyz.")
    metrics_bind: str | None = Field(None, description="host:port of the worker's Prometheus /metrics; unset: none.")
    traces_url: HttpUrl | None = Field(
        None, description="Collector that OpenTelemetry traces go to, as http://otel:4318/v1/traces; unset: no traces."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is logged.")

    worker_workflow_tasks: Annotated[int, Field(ge=2)] = Field(100, description="Workflow tasks at once per worker.")
    worker_activities: Annotated[int, Field(ge=1)] = Field(100, description="Activities at once per worker.")
    worker_cached_workflows: Annotated[int, Field(ge=2)] = Field(1000, description="Cases kept in memory per worker.")
    worker_shutdown_seconds: Seconds = Field(
        10, description="Seconds that running activities have to end after SIGTERM before they are cancelled."
    )

    temporal_deployment_name: str | None = Field(
        None,
        validation_alias="TEMPORAL_DEPLOYMENT_NAME",
        description="Worker Deployment this worker belongs to; with the build id it switches worker versioning on.",
    )
    temporal_worker_build_id: str | None = Field(
        None, validation_alias="TEMPORAL_WORKER_BUILD_ID", description="Version of this worker's code."
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.temporal_deployment_name is None) != (self.temporal_worker_build_id is None):
            raise ValueError("TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID are set together or not at all")
        return self

    @model_validator(mode="after")
    def _a_whole_payer(self) -> Self:
        given = [self.payer_name, self.payer_bin, self.payer_iban, self.payer_bic, self.payer_fund_iban]
        if any(given) and not all(given):
            raise ValueError(
                "DEMEU_PAYER_NAME, DEMEU_PAYER_BIN, DEMEU_PAYER_IBAN, DEMEU_PAYER_BIC and DEMEU_PAYER_FUND_IBAN are "
                "set together, or not at all"
            )
        return self

    @model_validator(mode="after")
    def _who_may_decode(self) -> Self:
        if self.codec_key_set_url and not (self.codec_issuer and self.codec_audience):
            raise ValueError("DEMEU_CODEC_KEY_SET_URL needs DEMEU_CODEC_ISSUER and DEMEU_CODEC_AUDIENCE beside it")
        closed = self.codec_key_set_url or self.codec_trusts_network or _is_loopback(self.gateway_host)
        if self.codec_origins and not closed:
            raise ValueError(
                "DEMEU_CODEC_ORIGINS lets whoever reaches the gateway decode: set DEMEU_CODEC_KEY_SET_URL, or listen "
                "on 127.0.0.1 (DEMEU_GATEWAY_HOST), or say DEMEU_CODEC_TRUSTS_NETWORK=true where the port is closed"
            )
        return self

    @model_validator(mode="after")
    def _one_key_a_sender(self) -> Self:
        if self.gateway_secrets.keys() & self.gateway_public_keys.keys():
            raise ValueError("DEMEU_GATEWAY_SECRETS and DEMEU_GATEWAY_PUBLIC_KEYS name the same sender: one key each")
        return self

    def agency(self, agency: Agency) -> Endpoint:
        """Where the agency's system answers. Raises SettingsError naming the variable when it is not set."""
        url: HttpUrl | None = getattr(self, f"{agency}_url")
        if url is None:
            raise SettingsError(f"{PREFIX}{agency.upper()}_URL is missing")
        return Endpoint(url=str(url).rstrip("/"), token=getattr(self, f"{agency}_token"))

    def smpp(self) -> SmppLink:
        """The SMS centre. Raises SettingsError naming the variable when it is not set."""
        if self.smpp_host is None:
            raise SettingsError(f"{PREFIX}SMPP_HOST is missing")
        if self.smpp_password is None:
            raise SettingsError(f"{PREFIX}SMPP_PASSWORD is missing")
        return SmppLink(self.smpp_host, self.smpp_port, self.smpp_system_id, self.smpp_password)


def variable(field: str) -> str:
    """The environment variable of a field of `Settings`."""
    alias = Settings.model_fields[field].validation_alias if field in Settings.model_fields else None
    return alias if isinstance(alias, str) else f"{PREFIX}{field.upper()}"


class _FromMapping(Settings):
    """The settings from what is given alone, whatever this process's environment says."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  (pydantic names it)
        init_settings: PydanticBaseSettingsSource,
        *_: Any,
        **__: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment, or from ``env`` alone where it is given.

    Raises SettingsError: one line, naming each variable that is missing or wrong and the rule, without any value.
    """
    given: dict[str, Any] = {}
    if env is not None:
        by_variable = {variable(field): field for field in Settings.model_fields}
        given = {by_variable[name]: value for name, value in env.items() if name in by_variable and value}
    try:
        return Settings(**given) if env is None else _FromMapping(**given)
    except ValidationError as invalid:
        raise SettingsError("; ".join(_one_line(error) for error in invalid.errors(include_url=False))) from None


def _one_line(error: Mapping[str, Any]) -> str:
    place = error["loc"]
    message = str(error["msg"]).removeprefix("Value error, ").replace("\n", " ")
    if not place:
        return message
    name = str(place[0])
    named = name if name.startswith("TEMPORAL_") else variable(name)
    return f"{named} is missing" if error["type"] == "missing" else f"{named}: {message}"
