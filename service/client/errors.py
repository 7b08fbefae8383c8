"""What the client raises."""

from __future__ import annotations

from service.errors import LitwatchError

UNREACHABLE = "unreachable"  # no answer came, or not all of it
NOT_DATA = "not-data"  # an answer that is not the API's


class ClientError(LitwatchError):
    """A request came to nothing.

    `status` is that of the answer, None where none came. `code` names the kind of failure, as the
    server does in its other faces ("query", "input", "not-found", "token", "too-fast"),
    or is `UNREACHABLE` or `NOT_DATA`. `detail` is what failed and why, `remedy` what you can do;
    `at` is the place to mend in a query that cannot be read. `instance` names the request in the
    server's log.
    """

    code: str  # type: ignore[misc]  # the server says it, so that it is no constant of the class

    def __init__(
        self,
        request: str,
        detail: str,
        remedy: str = "",
        *,
        status: int | None = None,
        code: str = UNREACHABLE,
        at: int | None = None,
        instance: str = "",
    ) -> None:
        super().__init__(request, detail, remedy)
        self.status = status
        self.code = code
        self.at = at
        self.instance = instance

    @property
    def detail(self) -> str:
        """What failed and why."""
        return self.cause
