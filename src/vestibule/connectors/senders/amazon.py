"""Amazon SES: the second version of its API, signed (docs.aws.amazon.com/ses/latest/APIReference-V2)."""

from vestibule.connectors.factory import Message
from vestibule.connectors.senders.fields import EMAIL, LABEL, Field, endpoint, secret, text
from vestibule.connectors.senders.record import Call, Config, Sender, Verdict
from vestibule.connectors.senders.sigv4 import Credentials, signed
from vestibule.connectors.senders.templates import CONTENT, SUBJECT, Templates
from vestibule.errors import ConnectorInvalidResponse

ARN = "$config.emailAddressIdentityArn"
FEEDBACK = "feedbackForwardingEmailAddress"


def _sign(config: Config, call: Call, message: Message) -> Call:
    credentials = Credentials(str(config["accessKeyId"]), str(config["accessKeySecret"]), str(config["region"]), "ses")
    return signed(credentials, call, message.at)


SES = Sender(
    id="aws-ses-mail",
    kind="Email",
    target="aws-ses",
    name="Amazon SES",
    fields=(
        text("accessKeyId", "Access key id"),
        secret("accessKeySecret", "Access key secret"),
        Field("region", "Region", shape=LABEL, placeholder="eu-central-1"),
        text("emailAddress", "Sender", required=False, placeholder="Example <hello@example.com>"),
        text("emailAddressIdentityArn", "ARN of the sender's identity", required=False),
        Field(FEEDBACK, "Address for bounces", required=False, shape=EMAIL),
        text(f"{FEEDBACK}IdentityArn", "ARN of that address", required=False),
        text("configurationSetName", "Configuration set", required=False),
        endpoint("https://email.eu-central-1.amazonaws.com"),
    ),
    templates=Templates((SUBJECT, CONTENT), words=True),
    sender_keys=("emailAddress", ""),
    origin="https://email.$config.region.amazonaws.com",
    path="/v2/email/outbound-emails",
    body={
        "FromEmailAddress": "$from.encoded",
        "FromEmailAddressIdentityArn": ARN,
        "Destination": {"ToAddresses": ["$to"]},
        "FeedbackForwardingEmailAddress": f"$config.{FEEDBACK}",
        "FeedbackForwardingEmailAddressIdentityArn": f"$config.{FEEDBACK}IdentityArn",
        "ConfigurationSetName": "$config.configurationSetName",
        "Content": {
            "Simple": {
                "Subject": {"Data": "$subject", "Charset": "utf8"},
                "Body": {
                    "Html": {"Data": "$content", "Charset": "utf8"},
                    "Text": {"?": "$alternative", "Data": "$alternative", "Charset": "utf8"},
                },
            }
        },
    },
    sign=_sign,
    verdict=Verdict(reason="message", otherwise=ConnectorInvalidResponse),
)
