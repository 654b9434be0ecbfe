import base64
import hashlib
import hmac
import re
import time


def is_from_gateway(headers, body, secrets, tolerance_seconds=300):
    """Whether a request is from the gateway.

    headers: anything with .get(name); Django's request.headers minds no case.
    body: the bytes as they came. JSON that was parsed and written again is something else.
    secrets: those of the gateway, and while they are changed the old ones as well.
    """
    event_id = headers.get("webhook-id") or ""
    timestamp = headers.get("webhook-timestamp") or ""
    if not event_id or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return False
    if abs(time.time() - int(timestamp)) > tolerance_seconds:
        return False
    signed = f"{event_id}.{timestamp}.".encode("latin-1") + body
    given = (headers.get("webhook-signature") or "").encode("latin-1").split(b" ")
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        if any(hmac.compare_digest(one, expected) for one in given):
            return True
    return False
