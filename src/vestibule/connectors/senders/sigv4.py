"""AWS Signature Version 4, for requests whose path needs no encoding (docs.aws.amazon.com, "Signing requests").

Ours, since the libraries that sign bring the whole of AWS with them (decision 0003); held by AWS's test vectors.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from vestibule.connectors.senders.record import Call

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    """An access key, and the region and service that a request is for."""

    key_id: str
    secret: str
    region: str
    service: str


def authorization(credentials: Credentials, call: Call, headers: Mapping[str, str], at: str) -> str:
    """Return the Authorization header of a request signed at `at`, such as `20150830T123600Z`."""
    address = urlsplit(call.url)
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    payload = hashlib.sha256(call.content).hexdigest()
    canonical = "\n".join((call.method, address.path or "/", address.query, lines, names, payload))
    scope = f"{at[:8]}/{credentials.region}/{credentials.service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, at, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"


def signed(credentials: Credentials, call: Call, now: int) -> Call:
    """Sign a request at `now`, epoch ms."""
    at = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": urlsplit(call.url).netloc, "x-amz-date": at, "content-type": call.headers["content-type"]}
    return call.adding(x_amz_date=at, authorization=authorization(credentials, call, headers, at))
