"""Every page as a picture, to be looked at: python -m tests.browser.look FOLDER [PAGE...] [--model]

A PAGE is the beginning of a path. With --model works are ranked with the bundled encoder, too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import furnished
from tests.browser import serving
from tests.site_visits import address

WAYS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 360), "phone-dark": ("dark", 360), "wide": ("light", 2560)}  # fmt: skip


def main(words: list[str]) -> None:
    """Make the pictures, and say where they are."""
    folder, *pages = (word for word in words if not word.startswith("--"))
    model = "" if "--model" in words else "none-that-exists"
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as made,
        TemporaryDirectory() as copy,
        furnished.archive(Path(made), model=model) as settings,
        furnished.opened(settings, Path(copy)) as app,
        serving.serving(app) as origin,
        serving.chromium() as browser,
    ):
        known = furnished.samples(app)
        wanted = [address(path, known) for path in serving.paths()]
        wanted += ["/nowhere", *(f"/works/{each}" for each in furnished.hard_to_show(app)[:3])]
        for path in wanted:
            if pages and not path.startswith(tuple(pages)):
                continue
            for way, (scheme, width) in WAYS.items():
                with serving.looking(browser, origin, scheme=scheme, width=width) as look:
                    status = look.go(path)
                    file = out / f"{path.strip('/').replace('/', '-')[:60] or 'home'}.{way}.png"
                    look.page.screenshot(path=file, full_page=True)
                    told = "; ".join(look.said + look.strayed)
                    print(f"{file}: {status}, {look.size / 1000:.0f} kB {told}")


if __name__ == "__main__":
    main(sys.argv[1:])
