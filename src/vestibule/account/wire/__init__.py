"""Bodies of the settings API, in and out: a module for each of those that answer."""

from typing import Annotated

from vestibule.http.guard import Length, rule

Secret = Annotated[str, rule(Length(minimum=1, maximum=256))]
Text128 = Annotated[str, rule(Length(maximum=128))]
