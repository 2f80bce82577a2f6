"""An answer that is the same for everybody: its headers are checked and its entity tag is computed once."""

from vestibule.http.finishing import entity_tag
from vestibule.http.headers import HeaderItems, raw
from vestibule.http.response import Response


class Prepared:
    """A document ready to be sent."""

    __slots__ = ("_headers", "content")

    def __init__(self, content: bytes, content_type: tuple[bytes, bytes], headers: HeaderItems = ()) -> None:
        self.content = content
        self._headers = [content_type, *raw(headers), (b"etag", entity_tag(content))]

    def answer(self) -> Response:
        """Return a new answer with the document."""
        response = Response(self.content)
        response.raw_headers = self._headers.copy()
        return response
