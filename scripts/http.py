"""How verbs reach our own services: one short request, no redirects, the words of the failure kept."""

import requests

_SECONDS = 10


def post(url: str, body: bytes, content_type: str) -> bytes:
    """The body of the answer. Raises OSError when nobody answers or the answer is no success."""
    answer = requests.post(
        url, data=body, headers={"Content-Type": content_type}, timeout=_SECONDS, allow_redirects=False
    )
    answer.raise_for_status()
    return answer.content


def nobody(url: str, _body: bytes, _content_type: str) -> bytes:
    """For work without a line: nobody answers."""
    raise OSError(f"offline: {url} is not asked")
