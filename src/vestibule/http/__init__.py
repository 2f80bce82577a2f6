"""The edge of both servers: route table, requests and responses, guards, faces, OpenAPI, and the server itself."""

from vestibule.http.access import PUBLIC, Access
from vestibule.http.application import Application
from vestibule.http.envelope import api_face
from vestibule.http.face import CorsPolicy, Face
from vestibule.http.logs import AccessLog, Log
from vestibule.http.pagination import Page, paginated
from vestibule.http.prepared import Prepared
from vestibule.http.protocol import Bounds
from vestibule.http.request import Request
from vestibule.http.response import Response, empty, html, json_response, redirect, text
from vestibule.http.routing import Handler, Route
from vestibule.http.server import run, serve

__all__ = [
    "PUBLIC",
    "Access",
    "AccessLog",
    "Application",
    "Bounds",
    "CorsPolicy",
    "Face",
    "Handler",
    "Log",
    "Page",
    "Prepared",
    "Request",
    "Response",
    "Route",
    "api_face",
    "empty",
    "html",
    "json_response",
    "paginated",
    "redirect",
    "run",
    "serve",
    "text",
]
