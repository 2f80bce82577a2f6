"""What a message says: as it is written in a template, or in our own words in the language of the recipient."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

import msgspec

LANGUAGES = ("en", "fr", "de", "es", "zh")
DEFAULT = "en"
GENERIC = "Generic"

Words = Mapping[str, str]


@dataclass(frozen=True)
class Wording:
    """An e-mail before its placeholders are filled in; `text` is the text part beside HTML."""

    subject: str
    content: str
    content_type: str = "text/html"
    reply_to: str | None = None
    send_from: str | None = None
    text: str | None = None


def built_in_mail(usage: str, payload: Mapping[str, object]) -> Wording:
    """Return our own e-mail for a usage, in the language of the payload's `locale`: HTML and text."""
    words = _words(language_of(payload))
    title, lead = _said(words, usage, "title"), _said(words, usage, "lead")
    link = "link" in payload
    tail = [words["link_once"] if link else words["once"], words["ignore_link" if link else "ignore"]]
    text = "\n\n".join([lead, "{{link}}" if link else "{{code}}", *tail]) + "\n"
    values = {
        "language": language_of(payload),
        "title": escape(title),
        "lead": escape(lead),
        "body": _BUTTON.format(go=escape(words["go"])) if link else _CODE,
        "once": escape(tail[0]),
        "ignore": escape(tail[1]),
    }
    content = _layout()
    for name, value in values.items():
        content = content.replace(f"<!-- {name} -->", value)
    return Wording(_said(words, usage, "subject"), content, text=text)


def built_in_text(usage: str, payload: Mapping[str, object]) -> str:
    """Return our own text message for a usage, in the language of the payload's `locale`."""
    words = _words(language_of(payload))
    return words["sms_link"] if "link" in payload else words.get(f"{usage}.sms", words["sms"])


def language_of(payload: Mapping[str, object]) -> str:
    """Return which of our languages a message is written in: that of its `locale`, else English."""
    wanted = str(payload.get("locale", "")).lower().replace("_", "-").partition("-")[0]
    return wanted if wanted in LANGUAGES else DEFAULT


def _said(words: Words, usage: str, part: str) -> str:
    return words.get(f"{usage}.{part}") or words[f"{GENERIC}.{part}"]


@cache
def _words(language: str) -> Words:
    text = resources.files("vestibule.connectors").joinpath("words", f"{language}.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, str])


@cache
def _layout() -> str:
    return resources.files("vestibule.connectors").joinpath("words", "mail.html").read_text("utf-8")


_CODE = '<p class="code" style="{style}">{{{{code}}}}</p>'.format(
    style=(
        "margin:24px 0;padding:16px;background:#eef0f4;border-radius:10px;text-align:center;color:#191c24;"
        "font:600 30px/1.2 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.18em"
    )
)
_BUTTON = (
    '<p style="margin:24px 0"><a class="go" href="{{{{link}}}}" style="display:inline-block;padding:12px 22px;'
    'background:#4048b8;color:#ffffff;border-radius:10px;font-weight:600;text-decoration:none">{go}</a></p>'
    '<p class="quiet" style="margin:0 0 20px;color:#5b6170;font-size:14px;word-break:break-all">{{{{link}}}}</p>'
)
