"""A FastAPI application that signs people in with Vestibule and shows their account.

pip install fastapi uvicorn httpx
CLIENT_ID=… CLIENT_SECRET=… uvicorn app:app --port 8000
"""

import base64
import hashlib
import os
import secrets
from html import escape
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse

IDENTITY = os.environ.get("IDENTITY", "http://localhost:3001/oidc")
API = os.environ.get("SETTINGS_API", "http://localhost:3002/api")
CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
CALLBACK = os.environ.get("CALLBACK", "http://localhost:8000/callback")

app = FastAPI()


@app.get("/")
def sign_in() -> RedirectResponse:
    """Send the browser to sign in; state and verifier stay in cookies that no script can read."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = urlencode(
        {
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid account:read",
            "resource": API,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    back = RedirectResponse(f"{IDENTITY}/auth?{query}", status_code=303)
    for name, value in (("state", state), ("verifier", verifier)):
        back.set_cookie(name, value, max_age=600, httponly=True, samesite="lax")
    return back


@app.get("/callback")
async def callback(request: Request, code: str, state: str) -> HTMLResponse:
    """Redeem the code and ask the settings API who this is."""
    if not secrets.compare_digest(state, request.cookies.get("state", "")):
        return HTMLResponse("This answer belongs to another sign-in.", status_code=400)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": request.cookies.get("verifier", ""),
        "resource": API,
    }
    async with httpx.AsyncClient(timeout=10) as http:
        token = await http.post(f"{IDENTITY}/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
        token.raise_for_status()
        bearer = {"authorization": f"Bearer {token.json()['access_token']}"}
        me = await http.get(f"{API}/me", headers=bearer)
        me.raise_for_status()
    return HTMLResponse(f"<h1>Hello {escape(me.json()['name'] or me.json()['username'] or 'you')}</h1>")
