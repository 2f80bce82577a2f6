"""The head of an answer is written in one go, and only as whole lines."""

import pytest

from vestibule.http.cycle import head


def test_headers_become_lines() -> None:
    assert head([(b"etag", b'"1"'), (b"vary", b"Origin")]) == b'etag: "1"\r\nvary: Origin\r\n'


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b=c", b"a\nb", b"a\rb", b"a\0b"])
def test_a_header_that_would_become_two_is_refused(value: bytes) -> None:
    with pytest.raises(RuntimeError, match="line break"):
        head([(b"location", value)])
