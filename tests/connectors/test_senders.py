"""Every sender that is a record, on real loopback sockets: what it sends, what it takes for a yes, how it fails."""

import json
import logging
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from tests.connectors.sender_cases import CASES, CHINESE, CODE, FORM, KEY, MAIL, PHONE, Case, templates
from tests.connectors.world import LOOPBACK, http_server, silent_server
from vestibule.connectors import outgoing as ways
from vestibule.connectors.configuration import cleaned
from vestibule.connectors.factory import Message, SenderFactory
from vestibule.connectors.outgoing import Outgoing
from vestibule.connectors.senders.engine import factory_of
from vestibule.connectors.senders.records import SENDERS
from vestibule.connectors.wording import LANGUAGES, Wording
from vestibule.errors import (
    AppError,
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidParameters,
    ConnectorInvalidResponse,
    ConnectorRateLimited,
    ConnectorTemplateNotFound,
)

pytestmark = pytest.mark.anyio

FACTORIES = {record.id: factory_of(record) for record in SENDERS}
BY_ID = {case.id: case for case in CASES}
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
NOW = 1_750_000_000_000


def answer(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """An HTTP answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def placed(case: Case, port: int, **changes: object) -> dict[str, object]:
    """The configuration of a case, its service on this machine."""
    path = case.path if case.id == "gatewayapi-sms" else ""
    return {**case.config, "endpoint": f"http://127.0.0.1:{port}{path}", **changes}


def said(case: Case, **changes: object) -> Message:
    """The message of a case."""
    message = Message(case.to, "SignIn", {"code": CODE}, NOW, "203.0.113.7")
    return replace(message, **changes)  # type: ignore[arg-type]


async def sent(
    case: Case, message: Message | None = None, reply: bytes | None = None, **changes: object
) -> tuple[str, dict[str, str], dict[str, object]]:
    """Send and return the one request: its line, its headers, its body."""
    async with http_server(reply or answer(case.answers)) as (port, requests):
        outgoing = Outgoing([LOOPBACK])
        try:
            await FACTORIES[case.id].send(outgoing, placed(case, port, **changes), message or said(case))
        finally:
            await outgoing.close()
    (request,) = requests
    head, body = request.split(b"\r\n\r\n", 1)
    line, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (item.partition(": ") for item in lines)}
    target = line.split(" ")[1]
    if case.encoding == "query":
        return line, headers, dict(parse_qsl(target.partition("?")[2]))
    if case.encoding == FORM:
        return line, headers, dict(parse_qsl(body.decode(), keep_blank_values=True))
    return line, headers, json.loads(body)


async def refused(case: Case, reply: bytes, message: Message | None = None, **changes: object) -> AppError:
    """Send and return the refusal."""
    with pytest.raises(AppError) as refusal:
        await sent(case, message, reply, **changes)
    return refusal.value


def test_every_record_has_a_case() -> None:
    assert sorted(BY_ID) == sorted(FACTORIES)


@each
async def test_the_request_is_the_one_that_the_service_expects(case: Case) -> None:
    line, headers, body = await sent(case)
    method, target, _ = line.split(" ")
    assert (method, target.partition("?")[0]) == ("GET" if case.encoding == "query" else "POST", case.path)
    assert {name: headers.get(name) for name in case.headers} == case.headers
    assert {key: value for key, value in body.items() if key not in case.own} == case.body
    assert case.own <= set(body)
    if case.encoding != "query":
        assert headers["content-type"] == case.encoding


@each
@pytest.mark.parametrize("status", ["301 Moved", "400 Bad Request", "401 Unauthorized", "429 Slow", "500 Oops"])
async def test_any_other_status_is_a_refusal_that_repeats_nothing(
    case: Case, status: str, caplog: pytest.LogCaptureFixture
) -> None:
    """B93: a service may answer with all it was sent; no key, code or address comes back out, or is logged."""
    caplog.set_level(logging.DEBUG)
    echo = f"{CODE} {KEY} {case.to} denied"
    everywhere = {"message": echo, "Message": echo, "msg": echo, "error": {"message": echo, "code": echo}, "Code": echo}
    body = json.dumps({**everywhere, "errors": [{"message": echo}], "data": {"error": echo}}).encode()
    error = await refused(case, answer(body, status, "Location: http://127.0.0.1:1/\r\n"))
    assert error.status in {400, 429}
    assert error.code in {"connector.general", "connector.invalid_response"}
    assert isinstance(error.data, dict)
    assert error.data["statusCode"] == int(status[:3])
    for secret in (CODE, KEY, case.to):
        assert secret not in f"{error.text}{error.data}{error.details}{caplog.text}"


@each
async def test_a_page_in_place_of_an_answer_is_a_refusal(case: Case) -> None:
    error = await refused(case, answer(b"<html>Bad gateway</html>", "502 Bad Gateway"))
    assert error.code in {"connector.general", "connector.invalid_response"}
    assert "html" not in f"{error.text}{error.data}"


@each
async def test_a_yes_that_says_no_inside_is_a_refusal(case: Case) -> None:
    if case.refuses is None:
        return
    error = await refused(case, answer(case.refuses))
    assert error.code in {"connector.general", "connector.invalid_response"}


@each
async def test_a_huge_answer_is_cut_off(case: Case) -> None:
    error = await refused(case, answer(b"x" * (ways.MAX_ANSWER_BYTES + 1)))
    assert isinstance(error, ConnectorGeneral)


@each
async def test_a_service_that_is_down_is_a_refusal(case: Case) -> None:
    async with http_server() as (port, _):
        pass
    outgoing = Outgoing([LOOPBACK])
    with pytest.raises(ConnectorGeneral, match="cannot be reached"):
        await FACTORIES[case.id].send(outgoing, placed(case, port), said(case))
    await outgoing.close()


async def test_a_service_that_never_answers_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Outgoing.request, "__kwdefaults__", {"content": b"", "headers": None, "timeout": 0.05})
    async with silent_server() as port:
        outgoing = Outgoing([LOOPBACK])
        with pytest.raises(ConnectorGeneral, match="did not answer within"):
            await FACTORIES[CASES[0].id].send(outgoing, placed(CASES[0], port), said(CASES[0]))
        await outgoing.close()


@each
async def test_a_private_address_needs_permission(case: Case) -> None:
    """B92, A29: the address of a service in a configuration is no way into the network."""
    async with http_server() as (port, requests):
        with pytest.raises(ConnectorGeneral, match="VESTIBULE_ALLOW_PRIVATE"):
            await FACTORIES[case.id].send(Outgoing(), placed(case, port), said(case))
        assert requests == []


@each
def test_every_required_field_is_missed(case: Case) -> None:
    factory: SenderFactory[dict[str, object]] = FACTORIES[case.id]
    factory.read({**case.config, **({"endpoint": "https://example.com"} if case.id == "gatewayapi-sms" else {})})
    with pytest.raises(ConnectorInvalidConfig) as refusal:
        factory.read({})
    assert isinstance(refusal.value.data, dict)
    missed = {issue["path"][0] for issue in refusal.value.data["issues"]}
    assert missed == {item.key for item in factory.form_items if item.required is True}


@each
@pytest.mark.parametrize("value", [5, "a\r\nX-Injected: 1", "ключ"])
def test_a_secret_that_fits_no_header_is_refused(case: Case, value: object) -> None:
    (key,) = [item.key for item in FACTORIES[case.id].form_items if item.is_confidential is True]
    with pytest.raises(ConnectorInvalidConfig):
        FACTORIES[case.id].read({**case.config, key: value})


@pytest.mark.parametrize(
    "endpoint", ["file:///etc/passwd", "example.com", "https://", "https://a@b.example", "https://b?q"]
)
def test_an_address_of_a_service_is_http(endpoint: str) -> None:
    with pytest.raises(ConnectorInvalidConfig):
        FACTORIES["vonage-sms"].read({**BY_ID["vonage-sms"].config, "endpoint": endpoint})


@each
async def test_missing_usages_are_named(case: Case) -> None:
    if "templates" not in case.config or case.id == "smsbao-sms":
        return
    held = case.config["templates"]
    assert isinstance(held, list)
    with pytest.raises(ConnectorInvalidConfig) as refusal:
        FACTORIES[case.id].read({**case.config, "endpoint": "https://example.com", "templates": held[1:2]})
    assert isinstance(refusal.value.data, dict)
    (issue,) = refusal.value.data["issues"]
    assert (issue["code"], issue["path"]) == ("custom", ["templates"])


EXACT = {"tencent-short-message-service", "smsaero-short-message-service"}


@each
async def test_a_usage_without_a_template_takes_the_generic_one(case: Case) -> None:
    """But for two services, whose templates are for one usage each."""
    if case.id == "mailgun-email":
        return
    other = said(case, type="MyOwnUsage")
    if case.id in EXACT:
        error = await refused(case, answer(b""), other)
        assert isinstance(error, ConnectorTemplateNotFound)
    else:
        _, _, body = await sent(case, other)
        assert set(body) == set(case.body) | case.own


@each
@pytest.mark.parametrize("language", LANGUAGES)
async def test_our_own_words_stand_in_for_templates(case: Case, language: str) -> None:
    names = {item.key for item in FACTORIES[case.id].form_items}
    if "defaultTemplates" not in names:
        return
    config = {key: value for key, value in case.config.items() if key not in {"templates", "deliveries"}}
    message = said(case, payload={"code": CODE, "locale": language})
    _, _, body = await sent(replace(case, config=config), message, defaultTemplates=True)
    whole = json.dumps(body, ensure_ascii=False)
    assert CODE in whole
    assert "{{" not in whole
    assert {"en": "cod", "fr": "code", "de": "Code", "es": "código", "zh": "验证码"}[language] in whole


STORED = Wording("Stored {{code}}", "<i>{{code}}</i>", reply_to="Help <help@example.org>", send_from="Somebody")


@each
async def test_stored_words_win_where_words_are_ours(case: Case) -> None:
    factory = FACTORIES[case.id]
    if not factory.localised:
        return
    _, _, body = await sent(case, said(case, wording=STORED))
    whole = json.dumps(body)
    assert f"Stored {CODE}" in whole
    assert f"<i>{CODE}</i>" in whole


async def test_a_stored_sender_names_the_sender_and_not_the_recipient() -> None:
    _, _, body = await sent(BY_ID["sendgrid-email-service"], said(CASES[0], wording=STORED))
    assert body["from"] == {"email": "id@example.org", "name": "Somebody"}
    assert body["reply_to"] == {"email": "help@example.org", "name": "Help"}
    assert body["personalizations"] == [{"to": [{"email": MAIL}]}]


@pytest.mark.parametrize("send_from", ["Other <other@example.org>", "other@example.org"])
async def test_a_stored_sender_may_be_an_address(send_from: str) -> None:
    wording = replace(STORED, send_from=send_from)
    _, _, body = await sent(BY_ID["mailjunky-email-service"], said(CASES[0], wording=wording))
    name = "Other" if "Other" in send_from else "Vestibule"
    assert body["from"] == f"{name} <other@example.org>"


async def test_values_bring_no_markup_and_no_second_line() -> None:
    case = BY_ID["sendgrid-email-service"]
    payload = {"code": "<script>\r\nBcc: x@y.z"}
    _, _, body = await sent(case, said(case, payload=payload))
    assert body["subject"] == "Sign in: <script> Bcc: x@y.z"
    assert body["content"] == [{"type": "text/html", "value": "<b>&lt;script&gt;\r\nBcc: x@y.z</b>"}]


@each
async def test_a_recipient_of_another_kind_is_refused(case: Case) -> None:
    for to in ("", "a@b.example, c@d.example", "+61 412", "1" * 16):
        error = await refused(case, answer(b""), said(case, to=to))
        assert isinstance(error, ConnectorInvalidParameters)


async def test_mailgun_names_a_template_of_its_own_with_variables() -> None:
    case = BY_ID["mailgun-email"]
    deliveries = {"Generic": {"template": "welcome", "variables": {"brand": "Ours"}}}
    _, _, body = await sent(case, said(case, type="Register"), deliveries=deliveries)
    assert body == {
        "from": "Vestibule <id@example.org>",
        "to": MAIL,
        "template": "welcome",
        "h:X-Mailgun-Variables": f'{{"brand":"Ours","code":"{CODE}"}}',
    }


async def test_text_beyond_the_basic_alphabet_is_marked() -> None:
    words = templates(content="验证码 {{code}}")
    _, _, vonage = await sent(BY_ID["vonage-sms"], templates=words)
    _, _, gateway = await sent(BY_ID["gatewayapi-sms"], templates=words)
    assert (vonage["type"], gateway["encoding"]) == ("unicode", "UCS2")


@pytest.mark.parametrize(
    ("factory", "code", "kind"),
    [
        ("aliyun-short-message-service", "isv.BUSINESS_LIMIT_CONTROL", ConnectorRateLimited),
        ("aliyun-short-message-auth-service", "FREQUENCY_FAIL", ConnectorRateLimited),
        ("aliyun-short-message-auth-service", "MOBILE_NUMBER_ILLEGAL", ConnectorInvalidParameters),
        ("aliyun-short-message-service", "isv.OTHER", ConnectorGeneral),
    ],
)
async def test_a_service_that_takes_no_more_is_told_from_one_that_fails(
    factory: str, code: str, kind: type[AppError]
) -> None:
    error = await refused(BY_ID[factory], answer(json.dumps({"Code": code, "Message": "why"}).encode()))
    assert type(error) is kind
    assert isinstance(error.data, dict)
    assert error.data["providerCode"] == code
    assert error.data["message"] == "why"


async def test_what_amazon_refuses_is_an_invalid_response() -> None:
    error = await refused(BY_ID["aws-ses-mail"], answer(b'{"message": "Email address is not verified."}', "400 Bad"))
    assert isinstance(error, ConnectorInvalidResponse)
    assert "not verified" in error.text


async def test_aliyun_chooses_the_template_by_country() -> None:
    case = replace(BY_ID["aliyun-short-message-service"], to=CHINESE)
    _, _, body = await sent(case)
    assert body["TemplateCode"] == "SMS_1"
    for strict, code in ((False, "SMS_1"), (True, "SMS_2")):
        _, _, body = await sent(replace(case, to=CHINESE[2:]), strictPhoneRegionNumberCheck=strict)
        assert body["TemplateCode"] == code


async def test_verification_sms_of_aliyun_reach_china_alone() -> None:
    case = replace(BY_ID["aliyun-short-message-auth-service"], to=PHONE)
    assert isinstance(await refused(case, answer(b"")), ConnectorInvalidParameters)


async def test_yunpian_sends_abroad_only_when_told_to() -> None:
    case = replace(BY_ID["yunpian-sms"], to=PHONE)
    _, _, body = await sent(case, enableInternational=True)
    assert body["mobile"] == f"+{PHONE}"
    error = await refused(case, answer(b""), unsupportedCountriesMsg="Chinese numbers only.")
    assert isinstance(error, ConnectorGeneral)
    assert error.data == {"message": "Chinese numbers only."}
    async with http_server() as (port, requests):
        await FACTORIES[case.id].send(Outgoing([LOOPBACK]), placed(case, port), said(case))
    assert requests == []


async def test_whatsapp_needs_a_code() -> None:
    error = await refused(
        BY_ID["whatsapp-short-message-service"], answer(b""), said(BY_ID["whatsapp-short-message-service"], payload={})
    )
    assert isinstance(error, ConnectorGeneral)


async def test_a_key_of_smsbao_travels_as_it_is() -> None:
    key = "0123456789abcdef0123456789ABCDEF"
    _, _, body = await sent(BY_ID["smsbao-sms"], passwordOrApiKey=key)
    assert body["p"] == key


def test_empty_members_of_a_configuration_count_as_missing() -> None:
    with pytest.raises(ConnectorInvalidConfig):
        FACTORIES["vonage-sms"].read(cleaned({**BY_ID["vonage-sms"].config, "apiKey": ""}))
