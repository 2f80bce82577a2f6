"""All senders that are records."""

from vestibule.connectors.senders.aliyun import CODE_SMS, DIRECT_MAIL, SMS
from vestibule.connectors.senders.amazon import SES
from vestibule.connectors.senders.emails import EMAILS
from vestibule.connectors.senders.record import Sender
from vestibule.connectors.senders.tencent import TENCENT
from vestibule.connectors.senders.texts import TEXTS

SENDERS: tuple[Sender, ...] = (*EMAILS, SES, DIRECT_MAIL, *TEXTS, SMS, CODE_SMS, TENCENT)
