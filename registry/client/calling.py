"""One HTTP exchange with a registry; a problem document comes back as the error it was."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2

from registry.errors import Flaw, RegistryError, Unavailable


class Pending(Unavailable):
    """The state waited for was not reached in time; the act is kept and goes on without us."""

    code = "pending"
    title = {"en": "Not settled yet", "zh": "尚未完成"}


class Line:
    """An open line to one registry. Safe to share between threads."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url.rstrip("/")
        self._http = httpx2.Client(base_url=self.url, timeout=timeout, follow_redirects=False)

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        asked = {name: value for name, value in query.items() if value is not None}
        return _object(self._ask("GET", path, params=asked))

    def post(
        self, path: str, body: Any, *, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Sends JSON, or bytes as they are. Raises: RegistryError, Unavailable when no answer came."""
        sent = {"content-type": "application/json"} | (headers or {})
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._ask("POST", path, content=data, headers=sent)

    def events(self, path: str, *, timeout: float) -> Iterator[dict[str, Any]]:
        """The data of server-sent events, until the other side ends them. Raises: as `get`."""
        try:
            with self._http.stream("GET", path, timeout=timeout) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise refusal(answer)
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        yield json.loads(line[5:])
        except httpx2.HTTPError as e:
            raise Unavailable(f"{self.url}: {_told(e)}") from e

    def _ask(self, method: str, path: str, **what: Any) -> httpx2.Response:
        try:
            answer = self._http.request(method, path, **what)
        except httpx2.HTTPError as e:
            raise Unavailable(f"{self.url}: {_told(e)}") from e
        if answer.status_code >= 400:
            raise refusal(answer)
        return answer


def refusal(answer: httpx2.Response) -> RegistryError:
    """The error that a problem document tells of (RFC 9457)."""
    try:
        problem = answer.json()
        flaws = tuple(
            Flaw(each["pointer"], each["rule"], each["detail"]) for each in problem["errors"]
        )
        kind = _kinds().get(problem["code"], RegistryError)
        return kind(problem["detail"], flaws=flaws)
    except (ValueError, KeyError, TypeError):
        said = f"HTTP {answer.status_code} and no problem document"
        return Unavailable(said) if answer.status_code >= 500 else RegistryError(said)


def _kinds(root: type[RegistryError] = RegistryError) -> dict[str, type[RegistryError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= {code: kind for code, kind in _kinds(child).items() if code not in found}
    return found


def _object(answer: httpx2.Response) -> dict[str, Any]:
    value = answer.json()
    if not isinstance(value, dict):
        raise RegistryError(f"{answer.url}: expected a JSON object")
    return value


def _told(fault: httpx2.HTTPError) -> str:
    return f"no answer: {type(fault).__name__} {fault}".rstrip()
