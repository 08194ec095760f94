"""Settings: wrong or missing ones are named in one line, and no value is ever shown."""

import base64
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runtime.codec import KeyRing
from runtime.embedded.processes import ROOT
from runtime.settings import Agency, QuietHours, Settings, SettingsError, load_settings, variable

PASSWORD = "opensesame"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with nothing but what every process needs."""
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    monkeypatch.setenv("DEMEU_DATABASE_URL", f"postgresql://demeu:{PASSWORD}@db/demeu")
    monkeypatch.setenv("DEMEU_CODEC_KEYS", KeyRing.generate().text())
    return monkeypatch


def _refusal() -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings()
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_the_two_that_every_process_needs_are_enough() -> None:
    settings = load_settings()
    assert settings.database_url.get_secret_value() == f"postgresql+psycopg://demeu:{PASSWORD}@db/demeu"
    assert settings.task_queue == "demeu"
    assert settings.gateway_secrets == {}
    assert settings.codec_origins == ()


@pytest.mark.parametrize("name", ["DEMEU_DATABASE_URL", "DEMEU_CODEC_KEYS"])
@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_one_is_named(environment: pytest.MonkeyPatch, name: str, empty: bool) -> None:
    environment.setenv(name, "") if empty else environment.delenv(name)
    assert _refusal() == f"{name} is missing"


def test_all_mistakes_are_named_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMEU_DATABASE_URL", f"mysql://demeu:{PASSWORD}@db")
    environment.setenv("DEMEU_CALL_SECONDS", "0")
    environment.setenv("DEMEU_GATEWAY_PORT", "65536")
    environment.setenv("DEMEU_LOG_LEVEL", "LOUD")
    message = _refusal()
    for name in ("DEMEU_DATABASE_URL", "DEMEU_CALL_SECONDS", "DEMEU_GATEWAY_PORT", "DEMEU_LOG_LEVEL"):
        assert name in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEMEU_DATABASE_URL", f"mysql://demeu:{PASSWORD}@db"),
        ("DEMEU_CODEC_KEYS", f"k1:{PASSWORD}"),
        ("DEMEU_GATEWAY_SECRETS", f"registries:{PASSWORD}"),
        ("DEMEU_SMPP_PASSWORD", PASSWORD),
        ("DEMEU_BANK_URL", PASSWORD),
    ],
)
def test_no_value_is_shown(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    message = _refusal()
    assert name in message
    assert PASSWORD not in message


def test_nothing_secret_is_printed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMEU_GATEWAY_SECRETS", f"registries:{PASSWORD}{PASSWORD}")
    environment.setenv("DEMEU_BANK_TOKEN", PASSWORD)
    settings = load_settings()
    assert PASSWORD not in f"{settings!r} {settings!s}"


@pytest.mark.parametrize(
    ("text", "shown"), [("21:00-09:00", "21:00-09:00"), ("none", "None"), ("01:30-05:00", "01:30-05:00")]
)
def test_quiet_hours(environment: pytest.MonkeyPatch, text: str, shown: str) -> None:
    environment.setenv("DEMEU_QUIET_HOURS", text)
    assert str(load_settings().quiet_hours) == shown


@pytest.mark.parametrize("text", ["21:00", "21:00-21:00", "25:00-09:00", "off"])
def test_bad_quiet_hours(environment: pytest.MonkeyPatch, text: str) -> None:
    environment.setenv("DEMEU_QUIET_HOURS", text)
    assert _refusal() == 'DEMEU_QUIET_HOURS: expected "21:00-09:00" or "none"'


def test_quiet_hours_are_on_unless_switched_off() -> None:
    assert isinstance(load_settings().quiet_hours, QuietHours)


def test_lists_are_comma_separated(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMEU_GATEWAY_SECRETS", f"registries:{'r' * 16}, operator:{'o' * 16}")
    environment.setenv("DEMEU_CODEC_ORIGINS", "http://localhost:8233, https://cases.example")
    settings = load_settings()
    assert {sender: secret.get_secret_value() for sender, secret in settings.gateway_secrets.items()} == {
        "registries": "r" * 16,
        "operator": "o" * 16,
    }
    assert settings.codec_origins == ("http://localhost:8233", "https://cases.example")


def test_public_keys_are_read_and_a_sender_has_one_key(environment: pytest.MonkeyPatch) -> None:
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    environment.setenv("DEMEU_GATEWAY_PUBLIC_KEYS", f"operator:{base64.b64encode(key).decode()}")
    assert load_settings().gateway_public_keys["operator"].public_bytes_raw() == key
    environment.setenv("DEMEU_GATEWAY_SECRETS", f"operator:{'o' * 16}")
    assert "one key each" in _refusal()
    environment.setenv("DEMEU_GATEWAY_PUBLIC_KEYS", f"operator:{base64.b64encode(key[1:]).decode()}")
    assert "32 bytes of an Ed25519 public key" in _refusal()


def test_an_agency_without_an_address_is_named_when_it_is_needed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMEU_BANK_URL", "http://bank.example:9000/api/")
    settings = load_settings()
    assert settings.agency(Agency.BANK).url == "http://bank.example:9000/api"
    with pytest.raises(SettingsError, match=r"^DEMEU_EMAKET_URL is missing$"):
        settings.agency(Agency.EMAKET)
    with pytest.raises(SettingsError, match=r"^DEMEU_SMPP_HOST is missing$"):
        settings.smpp()


def test_worker_versioning_needs_both_names(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TEMPORAL_DEPLOYMENT_NAME", "demeu")
    assert "TEMPORAL_WORKER_BUILD_ID" in _refusal()
    environment.setenv("TEMPORAL_WORKER_BUILD_ID", "2026-01")
    assert load_settings().temporal_worker_build_id == "2026-01"


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_setting_is_read_somewhere() -> None:
    """A setting that nobody reads is a promise that nobody keeps."""
    sources = [
        file for file in ROOT.rglob("*.py") if file.relative_to(ROOT).parts[0] not in {"tests", ".venv", ".demeu"}
    ]
    text = "\n".join(file.read_text() for file in sources)
    by_accessor = {f"{agency}_{part}" for agency in Agency for part in ("url", "token")}
    by_accessor |= {name for name in Settings.model_fields if name.startswith("smpp_")}
    unread = [
        name
        for name in Settings.model_fields
        if not re.search(rf"\b(settings|self)\.{name}\b", text) and name not in by_accessor
    ]
    assert unread == []


def test_nobody_decodes_by_a_header_alone_beyond_this_machine(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMEU_CODEC_ORIGINS", "https://web-ui.example")
    assert load_settings().codec_origins, "it listens to this machine alone"
    environment.setenv("DEMEU_GATEWAY_HOST", "10.0.0.7")
    assert "DEMEU_CODEC_KEY_SET_URL" in _refusal()
    environment.setenv("DEMEU_CODEC_TRUSTS_NETWORK", "true")
    assert load_settings().codec_origins
    environment.setenv("DEMEU_CODEC_KEY_SET_URL", "https://sign-on.example/keys")
    assert "DEMEU_CODEC_ISSUER" in _refusal()
