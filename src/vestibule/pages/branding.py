"""The sign-in experience as the pages show it."""

from msgspec import UNSET, UnsetType

from vestibule.domain.live_settings import LiveSettings
from vestibule.domain.sign_in_experience import DEFAULT, SignInExperience
from vestibule.ui.brand import Brand
from vestibule.ui.colours import sheet_name


class LiveBranding:
    """How pages look at this moment: worked out once for each reading of the settings."""

    def __init__(self, live: LiveSettings) -> None:
        self._live = live
        self._experience = live.experience
        self._brand = brand_of(live.experience)

    def __call__(self) -> Brand:
        """Return how pages look."""
        if self._experience is not self._live.experience:
            self._experience = self._live.experience
            self._brand = brand_of(self._experience)
        return self._brand


def brand_of(experience: SignInExperience) -> Brand:
    """Return how pages look."""
    colours, pictures, languages = experience.color, experience.branding, experience.language_info
    dark = colours.dark_primary_color if colours.is_dark_mode_enabled else None
    return Brand(
        colours="" if colours == DEFAULT.color else sheet_name(colours.primary_color, dark),
        follows_dark=colours.is_dark_mode_enabled,
        logo=_text(pictures.logo_url),
        dark_logo=_text(pictures.dark_logo_url),
        favicon=_text(pictures.favicon),
        dark_favicon=_text(pictures.dark_favicon),
        is_hidden=experience.hide_logto_branding,
        terms=experience.terms_of_use_url or "",
        privacy=experience.privacy_policy_url or "",
        support_email=experience.support_email or "",
        support_website=experience.support_website_url or "",
        css=experience.custom_css or "",
        detects_language=languages.auto_detect,
        language=languages.fallback_language,
    )


def _text(address: str | UnsetType) -> str:
    return "" if address is UNSET else address
