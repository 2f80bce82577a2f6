"""Reading XML that strangers wrote: no document type, no entities, nothing fetched, bounded."""

from typing import Any

from lxml import etree

MAX_BYTES = 512 * 1024
PROTOCOL, ASSERTION = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"
METADATA, SIGNATURE = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
Element = Any
"""An element of lxml, which has no types."""


class Refused(Exception):
    """What is wrong with a document: a word for programs, a sentence for the operator's log."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word, self.sentence = word, sentence


def parse(content: bytes) -> Element:
    """Return the root; raises Refused."""
    if len(content) > MAX_BYTES:
        raise Refused("document", "The document is too large.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
                             huge_tree=False, remove_comments=True, remove_pis=True)  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("document", "The document is no well-formed XML.") from error
    if root.getroottree().docinfo.doctype:
        raise Refused("document", "A document with a document type is not read.")
    return root


def children(parent: Element, namespace: str, name: str) -> list[Element]:
    """Return the children with a name, not what lies deeper."""
    return list(parent.findall(f"{{{namespace}}}{name}"))


def text_of(element: Element) -> str:
    """Return the whole text of an element: what a comment had divided is one text, as it was signed."""
    return "".join(element.itertext()).strip()
