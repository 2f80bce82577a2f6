"""Content-Security-Policy of our pages: nothing is allowed but what the page itself brings (ASVS 5.0 V3.4.3)."""

from functools import lru_cache


@lru_cache(maxsize=256)
def policy(
    *, form_action: tuple[str, ...] = ("'self'",), images: tuple[str, ...] = ("https:",), nonce: str | None = None
) -> str:
    """Return the strict policy; `form_action` lists where forms may lead, redirects after them included.

    `images` lists where pictures may come from beside ourselves: anywhere, unless said.
    A `nonce` additionally allows the inline style and script elements that carry it.
    """
    inline = f" 'nonce-{nonce}'" if nonce else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'self'{inline}",
            f"script-src 'self'{inline}",
            " ".join(["img-src 'self' data:", *(_source(item) for item in images)]),
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            f"form-action {' '.join(_source(item) for item in form_action)}",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _source(item: str) -> str:
    if any(char in item for char in " ;,\r\n\t"):
        raise ValueError(f"not a source expression: {item!r}")
    return item
