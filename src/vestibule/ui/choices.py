"""What a person chooses from: languages by their own names, time zones by region and city."""

from functools import cache

from babel.core import get_global

LANGUAGE_NAMES = {
    "id": "Bahasa Indonesia", "ca": "Català", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "et": "Eesti",
    "en": "English", "en-GB": "English (United Kingdom)", "en-US": "English (United States)", "es": "Español",
    "es-MX": "Español (México)", "eu": "Euskara", "fr": "Français", "fr-BE": "Français (Belgique)",
    "fr-CA": "Français (Canada)", "fr-CH": "Français (Suisse)", "ga": "Gaeilge", "hr": "Hrvatski", "it": "Italiano",
    "lv": "Latviešu", "lt": "Lietuvių", "hu": "Magyar", "nl": "Nederlands", "nb": "Norsk bokmål", "pl": "Polski",
    "pt-BR": "Português (Brasil)", "pt-PT": "Português (Portugal)", "ro": "Română", "sk": "Slovenčina",
    "sl": "Slovenščina", "fi": "Suomi", "sv": "Svenska", "vi": "Tiếng Việt", "tr": "Türkçe", "el": "Ελληνικά",
    "bg": "Български", "ru": "Русский", "sr": "Српски", "uk": "Українська", "he": "עברית", "ar": "العربية",
    "fa": "فارسی", "hi": "हिन्दी", "bn": "বাংলা", "th": "ไทย", "ko": "한국어", "ja": "日本語", "zh-CN": "简体中文",
    "zh-TW": "繁體中文",
}  # fmt: skip

REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def time_zones() -> dict[str, tuple[str, ...]]:
    """Return the zones that people live in, by region."""
    known = sorted(get_global("zone_territories"))
    return {region: tuple(zone for zone in known if zone.startswith(f"{region}/")) for region in REGIONS}


def city(zone: str) -> str:
    """Return the place of a time zone as people write it."""
    return zone.partition("/")[2].replace("_", " ").replace("/", ", ") or zone
