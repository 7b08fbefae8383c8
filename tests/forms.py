"""What a browser would send of a form, read from its page."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    """The fields of one form, in their order, without its buttons and files."""

    def __init__(self, page: str, form: str) -> None:
        super().__init__()
        self._wanted, self._within = form, not form
        self._select = self._text = ""
        self.fields: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._within = told.get("id") == self._wanted or not self._wanted
        if not self._within:
            return
        if tag == "input" and "name" in told:
            self._input(told)
        elif tag == "textarea":
            self._text = told["name"]
            self.fields.append((self._text, ""))
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and self._select:
            held = [name for name, _ in self.fields]
            if self._select not in held:
                self.fields.append((self._select, told["value"]))
            elif "selected" in told:
                self.fields[held.index(self._select)] = (self._select, told["value"])

    def _input(self, told: dict[str, str]) -> None:
        kind, value = told.get("type", "text"), told.get("value", "")
        if kind in {"checkbox", "radio"}:
            if "checked" in told:
                self.fields.append((told["name"], told.get("value", "on")))
        elif kind == "range":
            self.fields.append((told["name"], _on_its_grid(told)))
        elif kind != "file":
            self.fields.append((told["name"], value))

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[-1] = (self._text, self.fields[-1][1] + data.removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form" and self._wanted:
            self._within = False


def _on_its_grid(told: dict[str, str]) -> str:
    """A slider's value as browsers have it: within its ends, on one of its steps."""
    least, most, step = (float(told[name]) for name in ("min", "max", "step"))
    value = min(max(float(told["value"]), least), most)
    steps = min(round((value - least) / step), int((most - least) / step + 1e-9))
    return f"{least + steps * step:.10g}"


def fields_of(page: str, form: str = "") -> dict[str, list[str]]:
    """The fields of the form with this id (of all that there is, without one), by name."""
    found: dict[str, list[str]] = {}
    for name, value in _Form(page, form).fields:
        found.setdefault(name, []).append(value)
    return found
