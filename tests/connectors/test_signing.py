"""Signatures of requests, against the vectors that the services have published."""

from vestibule.connectors.senders import aliyun, sigv4, tencent
from vestibule.connectors.senders.record import Call

AWS = sigv4.Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
AT = "20150830T123600Z"


def test_amazons_vectors() -> None:
    """From the test suite of Signature Version 4: get-vanilla, post-vanilla, post-x-www-form-urlencoded."""
    headers = {"host": "example.amazonaws.com", "x-amz-date": AT}
    form = {**headers, "content-type": "application/x-www-form-urlencoded"}
    vectors = [
        ("GET", b"", headers, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", b"", headers, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("POST", b"Param1=value1", form, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ]
    for method, content, signed, signature in vectors:
        call = Call(method, "https://example.amazonaws.com/", {}, content)
        header = sigv4.authorization(AWS, call, signed, AT)
        names = ";".join(sorted(signed))
        scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
        assert header == f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"


def test_alibabas_vector() -> None:
    """The example of the RPC signature's documentation."""
    parameters = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }
    assert aliyun.signature("GET", parameters, "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_tencents_vector() -> None:
    """The example of signature v3's documentation, whose key is shown with asterisks in it."""
    payload = '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    call = Call(
        "POST",
        "https://cvm.tencentcloudapi.com/",
        {"content-type": "application/json; charset=utf-8"},
        payload.encode(),
    )
    header = tencent.authorization(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******", "Gu5t9xGARNpq86cd98joQYCN3*******", "cvm", call, 1551113065
    )
    assert header.endswith("2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c")
