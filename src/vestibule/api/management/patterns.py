"""Regular expressions to search with: the part of PostgreSQL's dialect that both stores match alike.

A pattern is read and written anew, with anchors, classes and escapes that Python and PostgreSQL understand in one way;
classes are those of ASCII. It is refused when matching it could take long (B91): by the number of ways it can try.
"""

from dataclasses import dataclass

LONGEST = 384
"""Characters of the longest text that is searched."""
MAX_WAYS = 4 * (LONGEST + 1) ** 2
"""Two unbounded repeats, and a choice or two beside them."""
MAX_SIZE = 1000
MAX_DEPTH = 16
MAX_REPEAT = 255

_RANGES: dict[str, tuple[str, ...]] = {
    "alnum": ("09", "AZ", "az"),
    "alpha": ("AZ", "az"),
    "blank": ("\t\t", "  "),
    "cntrl": ("\x01\x1f", "\x7f\x7f"),
    "digit": ("09",),
    "graph": ("!~",),
    "lower": ("az",),
    "print": (" ~",),
    "punct": ("!/", ":@", "[`", "{~"),
    "space": ("\t\r", "  "),
    "upper": ("AZ",),
    "word": ("09", "AZ", "az", "__"),
    "xdigit": ("09", "AF", "af"),
}
_CLASS_ESCAPES = {"d": "digit", "s": "space", "w": "word"}
_TEXT_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


class PatternError(ValueError):
    """A pattern that is broken, outside the common dialect, or too costly; the sentence is for the caller."""


@dataclass(frozen=True)
class _Part:
    """A piece of a pattern: how it is written, in how many ways it can match at one place, how large it unfolds."""

    text: str
    ways: int = 1
    size: int = 1
    repeatable: bool = True


def regular_expression(pattern: str, *, fold: bool) -> str:
    """Return a pattern as both stores understand it; `fold` folds its case, for texts that are folded as well.

    Raises PatternError.
    """
    return _checked(_Reader(pattern, fold).whole()).text


def similar_to(pattern: str) -> str:
    """Translate a pattern of SQL's SIMILAR TO, which matches the whole text; raises PatternError."""
    return rf"\A(?:{regular_expression(_from_sql(pattern), fold=False)})\Z"


def _checked(part: _Part) -> _Part:
    if part.ways > MAX_WAYS or part.size > MAX_SIZE:
        raise PatternError("This pattern could take too long. Use at most two repeats, none inside another.")
    return part


def _from_sql(pattern: str) -> str:
    out, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "\\" and at < len(pattern):
            out += _escaped(pattern[at])
            at += 1
        elif char == "[":
            end = _end_of_set(pattern, at)
            out += f"[{pattern[at:end]}"
            at = end
        else:
            out += {"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$"}.get(char, char)
    return out


def _end_of_set(pattern: str, at: int) -> int:
    start = at + pattern.startswith("^", at)
    end = pattern.find("]", start + 1)
    while end > 0 and pattern.rfind("[:", start, end) > pattern.rfind(":]", start, end):
        end = pattern.find("]", end + 1)
    return end + 1 if end > 0 else len(pattern)


def _escaped(char: str) -> str:
    return f"\\{char}" if char.isascii() and not char.isalnum() and char > " " else char


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(self, source: str, fold: bool) -> None:
        self._source = source
        self._fold = fold
        self._at = 0
        self._depth = 0

    def whole(self) -> _Part:
        part = self._branches()
        if self._at < len(self._source):
            raise PatternError("This pattern has a closing parenthesis too many.")
        return part

    def _next(self) -> str:
        if self._at >= len(self._source):
            raise PatternError("This pattern is not complete.")
        self._at += 1
        return self._source[self._at - 1]

    def _take(self, text: str) -> bool:
        found = self._source.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _branches(self) -> _Part:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return _Part("|".join(p.text for p in parts), sum(p.ways for p in parts), sum(p.size for p in parts))

    def _sequence(self) -> _Part:
        text, ways, size = "", 1, 1
        while self._at < len(self._source) and self._source[self._at] not in "|)":
            part = self._repeated(self._atom())
            text, ways, size = text + part.text, min(ways * part.ways, MAX_WAYS + 1), size + part.size
        return _Part(text, ways, size)

    def _atom(self) -> _Part:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return _Part(self._set())
        if char == "\\":
            return self._escape()
        if char in "^$":
            return _Part(r"\A" if char == "^" else r"\Z", repeatable=False)
        if char in "*+?":
            raise PatternError("A repeat in this pattern follows nothing.")
        return _Part(".") if char == "." else self._literal(char)

    def _group(self) -> _Part:
        if self._take("?") and not self._take(":"):
            raise PatternError("Of the groups that begin with (? only (?: is known.")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise PatternError("The groups of this pattern are nested too deeply.")
        inner = self._branches()
        if self._next() != ")":
            raise PatternError("A group of this pattern is not closed.")
        self._depth -= 1
        return _Part(f"(?:{inner.text})", inner.ways, inner.size)

    def _escape(self) -> _Part:
        char = self._next()
        name = _CLASS_ESCAPES.get(char.lower())
        if name and char.isascii():
            return _Part(self._written(_RANGES[name], negated=char.isupper()))
        return self._literal(self._escaped_char(char))

    def _escaped_char(self, char: str) -> str:
        if char in _TEXT_ESCAPES:
            return _TEXT_ESCAPES[char]
        if char.isalnum():
            raise PatternError("A backslash in this pattern is followed by a letter or digit that means nothing here.")
        return char

    def _literal(self, char: str) -> _Part:
        folded = char.casefold() if self._fold else char
        text = "".join(map(_escaped, folded))
        return _Part(text if len(folded) == 1 else f"(?:{text})")

    def _repeated(self, part: _Part) -> _Part:
        bounds = self._bounds()
        if bounds is None:
            return part
        if not part.repeatable:
            raise PatternError("A repeat in this pattern follows an anchor.")
        self._take("?")  # a lazy repeat finds the same texts
        if self._at < len(self._source) and (self._source[self._at] in "*+?" or self._bounds() is not None):
            raise PatternError("A repeat in this pattern follows another one.")
        low, high, sign = bounds
        most = LONGEST if high is None else high
        choices = most - low + 1
        ways = choices if part.ways == 1 else min(part.ways ** min(most, 20) * choices, MAX_WAYS + 1)
        return _Part(part.text + sign, ways, part.size * max(low + 1 if high is None else high, 1))

    def _bounds(self) -> tuple[int, int | None, str] | None:
        for sign, low, high in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self._take(sign):
                return low, high, sign
        rest = self._source[self._at :]
        if not rest.startswith("{") or not rest[1:2].isdigit():
            return None
        inside, closed, _ = rest[1:].partition("}")
        first, comma, last = inside.partition(",")
        low, high = _count(first), _count(last) if last else None
        if not comma:
            high = low
        if not closed or (high is not None and high < low):
            raise PatternError("A repeat in this pattern is not written {m}, {m,} or {m,n}.")
        self._at += len(inside) + 2
        return low, high, f"{{{inside}}}"

    def _set(self) -> str:
        negated = self._take("^")
        ranges: list[str] = []
        while not (ranges and self._take("]")):
            ranges += self._member()
        return self._written(ranges, negated=negated)

    def _member(self) -> tuple[str, ...] | list[str]:
        char = self._next()
        if char == "[" and self._source[self._at : self._at + 1] in {":", ".", "="}:
            return self._named()
        if char == "\\":
            name = self._next()
            if name in _CLASS_ESCAPES:
                return _RANGES[_CLASS_ESCAPES[name]]
            char = self._escaped_char(name)
        rest = self._source[self._at :]
        if not rest.startswith("-") or rest.startswith("-]"):
            return [char * 2]
        self._at += 1
        last = self._next()
        last = self._escaped_char(self._next()) if last == "\\" else last
        if last < char or last == "[":
            raise PatternError("A range in this pattern ends before it begins.")
        return [char + last]

    def _named(self) -> tuple[str, ...]:
        name, closed, _ = self._source[self._at + 1 :].partition(":]")
        if not self._take(":") or not closed or name not in _RANGES:
            raise PatternError("This pattern names a class that is not known.")
        self._at += len(name) + 2
        return _RANGES["alpha" if self._fold and name in {"upper", "lower"} else name]

    def _written(self, ranges: tuple[str, ...] | list[str], *, negated: bool) -> str:
        if self._fold:
            ranges = [*ranges, *(folded for pair in ranges for folded in _folded(pair))]
        shown = [
            _escaped(low) if low == high else f"{_escaped(low)}-{_escaped(high)}" for low, high in map(tuple, ranges)
        ]
        return f"[{'^' if negated else ''}{''.join(dict.fromkeys(shown))}]"


def _folded(pair: str) -> list[str]:
    """Return the folded characters of a range; a long one outside ASCII is folded at its ends only."""
    low, high = ord(pair[0]), ord(pair[1])
    chars = map(chr, range(low, high + 1)) if high - low < 256 else pair
    return [folded * 2 for char in chars if (folded := char.casefold()) != char and len(folded) == 1]


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > MAX_REPEAT:
        raise PatternError(f"A repeat in this pattern is not a number up to {MAX_REPEAT}.")
    return int(text)
