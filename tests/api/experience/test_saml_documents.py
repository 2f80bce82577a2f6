"""Documents of SAML providers that are good but for what stands before what was signed (B74)."""

import base64

import pytest

from tests.api.experience.test_saml import Company, company
from tests.saml_provider import packed

__all__ = ["company"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "declared",
    ["<!DOCTYPE Response>", '<!DOCTYPE Response SYSTEM "http://127.0.0.1:1/x.dtd">', '<!DOCTYPE r [<!ENTITY x "y">]>'],
)
async def test_a_good_answer_is_refused_for_its_document_type_alone(company: Company, declared: str) -> None:
    """The signature holds, whatever stands before what was signed."""
    _, saml = await company.leave()
    document = declared + base64.b64decode(saml.answer()).decode()
    assert await company.post(packed(document.encode())) == (401, "connector.authorization_failed", "document")
    _, saml = await company.leave()
    assert (await company.post(packed(b"<!-- nothing -->" + base64.b64decode(saml.answer()))))[0] == 303
