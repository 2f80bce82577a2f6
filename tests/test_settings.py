"""Settings come from the environment; a faulty one is named in the refusal."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from vestibule.crypto import new_master_key
from vestibule.settings import AccountSettings, ServerSettings, SettingError, is_loopback, load, master_keys


def test_an_empty_environment_is_a_working_development_set_up() -> None:
    server, account = load(ServerSettings, {}), load(AccountSettings, {})
    assert server.issuer == account.issuer == "http://localhost:3001/oidc"
    assert account.resource == "http://localhost:3002/api"
    assert server.is_loopback
    assert not server.is_secure
    assert server.allow_private == ()


def test_values_are_converted_to_their_types() -> None:
    env = {
        "VESTIBULE_PORT": "8080",
        "VESTIBULE_PUBLIC_URL": "https://id.example.com/",
        "VESTIBULE_ALLOW_PRIVATE": "127.0.0.0/8, 10.0.0.0/8",
        "CASE_SENSITIVE_USERNAME": "false",
    }
    server = load(ServerSettings, env)
    assert server.port == 8080
    assert server.public_url == "https://id.example.com"
    assert server.is_secure
    assert not server.is_loopback
    assert server.allow_private == (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))
    assert server.case_sensitive_usernames is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VESTIBULE_PORT", "many"),
        ("VESTIBULE_ALLOW_PRIVATE", "10.0.0.1/8"),
        ("VESTIBULE_PUBLIC_URL", "id.example.com"),
        ("VESTIBULE_SHOW_TOKENS", "sometimes"),
        ("VESTIBULE_PASSWORD_MIN", "0"),
        ("VESTIBULE_PASSWORD_MIN", "257"),
    ],
)
def test_a_faulty_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name if name != "VESTIBULE_PUBLIC_URL" else "public address"):
        load(ServerSettings, {name: value})


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://localhost:3001", True),
        ("http://id.localhost", True),
        ("http://127.0.0.1:3001", True),
        ("http://[::1]:3001", True),
        ("https://id.example.com", False),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
    ],
)
def test_only_this_machine_counts_as_loopback(url: str, answer: bool) -> None:
    assert is_loopback(url) is answer


def test_a_missing_or_short_master_key_refuses_to_start(tmp_path: Path) -> None:
    """B101: without the key the server does not start, and says what to set."""
    with pytest.raises(SettingError, match="VESTIBULE_SECRET_KEY"):
        master_keys("", str(tmp_path / "none"))
    with pytest.raises(SettingError, match="32 random bytes"):
        master_keys("c2hvcnQ", "")


def test_master_keys_come_from_the_variable_or_the_file_newest_first(tmp_path: Path) -> None:
    new, old = new_master_key(), new_master_key()
    path = tmp_path / "secret.key"
    path.write_text(f"{new}\n{old}\n")
    assert master_keys("", str(path)) == master_keys(f"{new},{old}", "")
    assert len(master_keys("", str(path))) == 2
