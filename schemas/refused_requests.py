"""What is wrong with an object store that doesn't do what it is asked, in words for people."""

from __future__ import annotations

import os
import re
from typing import Final

_CODES: Final = {
    "NoSuchBucket": "that there is no such bucket; check its name and AWS_REGION",
    "ContainerNotFound": "that there is no such container; check its name",
    "InvalidAccessKeyId": "that it doesn't know the access key; mend AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "that the secret doesn't fit the access key; mend AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "that the credentials have expired; renew them",
    "AccessDenied": "that the credentials don't give access; mend them, or what they allow",
}
_STATUSES: Final = {
    "401": "that it wants credentials; set those of the environment",
    "403": _CODES["AccessDenied"],
    "404": "that there is no such bucket; check its name",
}


def reason(error: Exception) -> str:
    """What is wrong with an object store, and what to do, as the end of "expected …, found …"; never a secret."""
    text = str(error)
    code, status = re.search(r"<Code>(\w+)</Code>", text), re.search(r"status code: (\d+)", text)
    if code and code[1] in _CODES:
        return _CODES[code[1]]
    if status and status[1] in _STATUSES:
        return _STATUSES[status[1]]
    if status:
        return (
            f"that it answers with status {status[1]}{f' ({code[1]})' if code else ''}; try again, or ask who runs it"
        )
    if re.search(r"error sending request|HTTP error|[Tt]imed? ?out|[Cc]onnect", text):
        return f"that {_server()} doesn't answer; see that it runs and can be reached, then try again"
    return f"{text.partition(chr(10))[0][:200]}; mend that"


def _server() -> str:
    """The server that is asked, without what could be secret in its address."""
    found = re.match(r"(https?://)(?:[^/@]*@)?([\w.:-]+)", os.environ.get("AWS_ENDPOINT_URL", ""))
    return f"{found[1]}{found[2]}" if found else "the server"
