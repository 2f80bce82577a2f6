"""The paths of the page that others must know."""

HOME, LOGIN, CALLBACK, LOGOUT, SIGNED_OUT = "/", "/login", "/callback", "/logout", "/signed-out"
BACKCHANNEL_LOGOUT = "/backchannel-logout"
PASSKEYS, CONNECTED, TRUSTED, APPLICATIONS = "/passkeys", "/connected", "/trusted-devices", "/applications"
