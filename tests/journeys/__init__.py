"""Browser journeys: Chromium against `vestibule up`, a real SMTP server, and the stores."""
