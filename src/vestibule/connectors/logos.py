"""Small pictures of connectors, as data addresses: nothing is fetched to show them."""

from urllib.parse import quote


def _picture(shapes: str) -> str:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#4f5bd5" '
        f'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">{shapes}</svg>'
    )
    return "data:image/svg+xml," + quote(svg, safe="/:=' ")


ENVELOPE = _picture('<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m4 7 8 6 8-6"/>')
BUILDING = _picture('<path d="M4 21V5l8-3v19M12 9h8v12M3 21h18M8 7v.01M8 11v.01M8 15v.01M16 13v.01M16 17v.01"/>')
PHONE = _picture('<rect x="7" y="2.5" width="10" height="19" rx="2"/><path d="M11 18.5h2"/>')
TRAY = _picture('<path d="M4 13 6 4h12l2 9v7H4zM4 13h5l1 3h4l1-3h5"/>')


def monogram(name: str, colour: str) -> str:
    """Draw the first letter of a name on a colour: nobody's trade mark is copied."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" '
        f'fill="{colour}"/><text x="12" y="17" text-anchor="middle" font-family="sans-serif" font-size="14" '
        f'font-weight="700" fill="#fff">{name[:1]}</text></svg>'
    )
    return "data:image/svg+xml," + quote(svg, safe="/:=' ")
