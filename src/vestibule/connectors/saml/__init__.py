"""SAML 2.0 as a service provider. XML is read in a short-lived child process alone (`child/`, decision 0012)."""
