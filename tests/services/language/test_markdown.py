"""Markdown to HTML: safe and in bounded time, whatever was typed."""

import time
import warnings
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chantiers.language import markdown
from chantiers.language.markdown import french_spaces, plain, render

ALLOWED = {
    "a": {"href", "title", "rel"},
    "ol": {"start"},
    "td": {"class"},
    "th": {"class", "scope"},
    **{tag: set() for tag in ("blockquote", "br", "code", "em", "hr", "li", "p", "pre", "s", "strong", "ul")},
    **{tag: set() for tag in ("h3", "h4", "h5", "h6", "table", "tbody", "thead", "tr")},
}

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\x20type='text/javascript'>javascript:alert(1);</script>",
    "<script\x0d\x0a>alert(1)</script >",
    "<img src=x onerror=alert(1)>",
    "<img src=x:alert(alt) onerror=eval(src) alt=0>",
    '<IMG """><SCRIPT>alert("XSS")</SCRIPT>"\\>',
    "<IMG SRC=`javascript:alert(1)`>",
    "<IMG SRC=&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;&#97;&#108;&#101;&#114;&#116;&#40;1)>",
    "<<SCRIPT>alert(1);//\\<</SCRIPT>",
    "<svg onload=alert(1)>",
    "<svg><script>alert&#40;1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=20>x</text></a></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math href='javascript:alert(1)'>x</math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<div style='background:url(javascript:alert(1))'>",
    "<p style='position:fixed;inset:0'>",
    "<form action=https://evil.example><input name=password><button>ok</button></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<body onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a id=contenu name=cookie href=#>x</a>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<template><script>alert(1)</script></template>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<title><a title='</title><script>alert(1)</script>'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript&colon;alert(1))",
    "[x](javascript&Tab;:alert(1))",
    "[x](%6aavascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/)",
    "[x](/\\evil.example/)",
    "[x](\\\\evil.example/)",
    "[x](/%09/evil.example)",
    "[x](https:evil.example)",
    "[x](http://evil.example\" onmouseover=\"alert(1))",
    "[x](/a 'title\" onmouseover=\"alert(1)')",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[x][r]\n\n[r]: <https://a.fr/\"onclick=alert(1)>",
    "<javascript:alert(1)>",
    "<data:text/html,<script>alert(1)</script>>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.gif)",
    "![\"onerror=alert(1)](x)",
    "![<img src=x onerror=alert(1)>](x)",
    "https://evil.example/\"onmouseover=alert(1)",
    "https://evil.example/<script>alert(1)</script>",
    "https://evil.example/`onmouseover=alert(1)`",
    "`<script>alert(1)</script>`",
    "```<script>\n<script>alert(1)</script>\n```",
    "```\"onmouseover=alert(1)\n```",
    "|a|\n|:-:\" onclick=alert(1)|\n|<script>alert(1)</script>|",
    "# <img src=x onerror=alert(1)> {#contenu onclick=alert(1)}",
    "\u202e<script>alert(1)</script>",
    "\x00<script>alert(1)</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{ 7 * 7 }} {% include '/etc/passwd' %}",
]  # fmt: skip


def elements(html: str) -> Iterator[Element]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return (element for element in tree.iter() if element is not tree and element.tag != "DOCUMENT_FRAGMENT")


def assert_harmless(html: str) -> None:
    for element in elements(html):
        assert element.tag in ALLOWED, (element.tag, html)
        assert set(element.attrib) <= ALLOWED[element.tag], (element.attrib, html)
        href = element.get("href", "#")
        assert href.startswith(("http://", "https://", "mailto:", "#")) or (
            href.startswith("/") and not href.startswith(("//", "/\\"))
        ), href
        if element.tag == "a":
            assert element.get("rel") == "noopener nofollow ugc"
        assert element.get("class", "align-left") in {"align-left", "align-center", "align-right"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_do_nothing(payload: str) -> None:
    for text in (
        payload,
        f"**{payload}**",
        f"- {payload}",
        f"> {payload}",
        f"[{payload}](/ici)",
        f"|a|\n|-|\n|{payload}|",
    ):
        assert_harmless(render(text))


pieces = st.sampled_from(
    [
        *"<>[]()!*_`~|#-+&\\\"'=/:;. \n\t\x00\u202e",
        "javascript:",
        "https://",
        "<a href=",
        "onclick=",
        "![",
        "](",
        "```",
        "|-|",
    ]
)


@given(st.one_of(st.text(max_size=400), st.lists(pieces | st.text(max_size=5), max_size=80).map("".join)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_harmless(text: str) -> None:
    assert_harmless(render(text))
    plain(text)


@given(st.text(max_size=50), st.integers(1, 40))
def test_excerpts_keep_to_their_length(text: str, length: int) -> None:
    assert len(plain(text, length)) <= length
    assert "\n" not in plain(text, length)


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10_000, "> " * 10_000, "[" * 10_000, "]" * 10_000, "[a](" * 10_000, "![" * 10_000, "*a " * 10_000,
        "*_" * 10_000, "`a" * 10_000, "- " * 10_000, "1. " * 10_000, "> - " * 10_000, "|" * 10_000, "<" * 10_000,
        "<a " * 10_000, "\\" * 10_000, "&" * 10_000, "~~a" * 10_000, "https://" * 10_000, "https://a" + ")" * 10_000,
        "[\n" * 10_000, "[a]: x\n" * 10_000, "".join(f"[a{i}]: x\n" for i in range(5000)) + "[a][b] " * 500,
        "".join("`" * i + " " for i in range(1, 300)),
        "\n".join("  " * i + "- a" for i in range(300)), "a" * 10_000_000,
    ],
)  # fmt: skip
def test_hostile_texts_are_answered_in_time(text: str) -> None:
    start = time.process_time()
    render(text)
    plain(text)
    assert time.process_time() - start < 3


def test_nothing_is_dropped_for_being_deep_or_long() -> None:
    deep = "\n".join("  " * level + f"- niveau {level}" for level in range(30))
    assert "niveau 29" in render(deep)
    assert "niveau 29" in plain(deep, 2000)
    assert "dernier mot" in render("mot " * 30_000 + "dernier mot")
    assert "dernier mot" in render("*" * 25_000 + " dernier mot")


def test_what_people_write() -> None:
    assert render("Un **mot**\nsur deux lignes, ~~barré~~.") == (
        "<p>Un <strong>mot</strong><br>\nsur deux lignes, <s>barré</s>.</p>\n"
    )
    assert render(None) == render("") == ""


def test_headings_follow_those_of_the_page() -> None:
    tags = [
        element.tag for element in elements(render("### a\n\n# b\n\n##### c\n\n## d\n\n#### e\n\n###### f"))
    ]
    assert tags == ["h3", "h3", "h4", "h4", "h5", "h6"]


def test_cells_are_aligned_by_class() -> None:
    html = render("|a|b|c|d|\n|-|:-|:-:|-:|\n|1|2|3|4|")
    classes = [element.get("class") for element in elements(html) if element.tag == "td"]
    assert classes == [None, "align-left", "align-center", "align-right"]
    assert html.count('scope="col"') == 4
    assert "style" not in html


@pytest.mark.parametrize(
    ("text", "address", "rest"),
    [
        ("Voir https://a.fr/x.", "https://a.fr/x", "."),
        ("(https://a.fr/x(y))", "https://a.fr/x(y)", ")"),
        ("« https://a.fr »", "https://a.fr", " »"),
        ("**https://a.fr/x**", "https://a.fr/x", ""),
        ("<https://a.fr>", "https://a.fr", ""),
        ("[ici](mailto:a@b.fr)", "mailto:a@b.fr", ""),
        ("[ici](/taches/3#fin)", "/taches/3#fin", ""),
    ],
)
def test_addresses_are_links(text: str, address: str, rest: str) -> None:
    html = render(text)
    (link,) = [element for element in elements(html) if element.tag == "a"]
    assert link.get("href") == address
    assert html.rstrip().removesuffix("</p>").removesuffix("</strong>").endswith("</a>" + rest)


def test_a_link_holds_no_link() -> None:
    assert render("[https://a.fr](https://b.fr)").count("<a ") == 1
    assert "<a " not in render("`https://a.fr`")


def test_images_are_told_by_their_words() -> None:
    html = render("![Plan du *parc*](https://a.fr/i.png)")
    assert html == "<p>Plan du parc</p>\n"


def test_excerpts() -> None:
    assert plain("# Titre\n\nUn **mot** [ici](http://a.fr)\net `là`.") == "Titre Un mot ici et là."
    assert plain("Un texte assez long pour être coupé", 20) == "Un texte assez long…"
    assert plain("abcdefghijkl", 5) == "abcd…"
    assert plain(None) == ""


def test_french_spaces() -> None:
    assert french_spaces("Quoi ? « Oui » : 5 % ; non !") == (
        "Quoi\u202f? «\u00a0Oui\u00a0»\u00a0: 5\u202f%\u202f; non\u202f!"
    )
    assert french_spaces("https://a.fr?x:y a:b 12:30") == "https://a.fr?x:y a:b 12:30"


def test_a_text_shown_again_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = render("un texte *montré* deux fois")
    monkeypatch.setattr(markdown, "_parse", None)
    assert render("un texte *montré* deux fois") == first


def test_the_cache_is_bounded() -> None:
    cache = markdown.HtmlCache(10_000)
    for number in range(100):
        cache.put(bytes([number]), "x" * 1000)
        cache.get(b"\x00")
    assert cache.bytes <= 10_000
    assert cache.get(b"\x00") is not None
    assert cache.get(b"\x63") is not None
    assert cache.get(b"\x01") is None
    cache.put(b"big", "x" * 20_000)
    assert cache.bytes == 0
