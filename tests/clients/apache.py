"""Apache with mod_auth_openidc, Debian's packages: run unprivileged on loopback, in a short temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx2

from tests.live import free_ports

PROGRAM, MODULES = Path("/usr/sbin/apache2"), Path("/usr/lib/apache2/modules")
LOADED = {
    "mpm_event": "mod_mpm_event", "authn_core": "mod_authn_core", "authz_core": "mod_authz_core",
    "authz_user": "mod_authz_user", "dir": "mod_dir", "auth_openidc": "mod_auth_openidc",
}  # fmt: skip
START_SECONDS = 20
CONFIG = """
ServerName localhost
Listen 127.0.0.1:{port}
ServerRoot {folder}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
LogLevel warn auth_openidc:info
DocumentRoot {folder}/site
{loaded}
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCScope "openid profile email offline_access"
OIDCAuthRequestParams prompt=consent
OIDCPKCEMethod S256
OIDCCryptoPassphrase a-passphrase-of-this-test-alone
OIDCRedirectURI {redirect_uri}
OIDCInfoHook iat access_token refresh_token id_token userinfo session
OIDCDefaultLoggedOutURL {address}/bye.html
<Directory {folder}/site>
Require all granted
</Directory>
<Location /members>
AuthType openid-connect
Require valid-user
</Location>
"""


class NoApacheError(Exception):
    """Apache cannot be had here; the sentence says what to do."""


@contextmanager
def site(port: int, issuer: str, client: dict[str, str]) -> Iterator[str]:
    """Serve a site whose `/members` wants people to sign in; yields its address."""
    if not (MODULES / "mod_auth_openidc.so").exists():
        raise NoApacheError("install mod_auth_openidc (apt-get install libapache2-mod-auth-openidc)")
    folder = Path(tempfile.mkdtemp(prefix="vap", dir="/tmp"))
    address = f"http://localhost:{port}"
    (folder / "site" / "members").mkdir(parents=True)
    (folder / "site" / "members" / "index.html").write_text("for members")
    (folder / "site" / "bye.html").write_text("signed out")
    loaded = "\n".join(f"LoadModule {name}_module {MODULES / file}.so" for name, file in LOADED.items())
    (folder / "apache.conf").write_text(
        CONFIG.format(
            port=port,
            folder=folder,
            loaded=loaded,
            issuer=issuer,
            client_id=client["id"],
            client_secret=client["secret"],
            redirect_uri=redirect_uri(port),
            address=address,
        )
    )
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if account:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
    process = subprocess.Popen(
        [PROGRAM, "-f", folder / "apache.conf", "-DFOREGROUND"],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    try:
        _wait(address, process, folder / "error.log")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        finally:
            process.kill()
            shutil.rmtree(folder, ignore_errors=True)


def redirect_uri(port: int) -> str:
    """Return where the module gets people back: an address under what it guards, with no page behind it."""
    return f"http://localhost:{port}/members/callback"


def free_port() -> int:
    """Return a port nobody listens on."""
    return free_ports(1)[0]


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = monotonic() + START_SECONDS
    while monotonic() < until and process.poll() is None:
        try:
            httpx2.get(f"{address}/bye.html", timeout=2)
        except httpx2.TransportError:
            sleep(0.05)
        else:
            return
    said = process.stderr.read() if process.stderr and process.poll() is not None else b""
    raise NoApacheError(f"{address} does not answer: {said.decode()}{log.read_text() if log.exists() else ''}")
