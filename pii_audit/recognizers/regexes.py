"""Definitions as regular expressions, and those as a Presidio recognizer file: an independent, weaker reading.

What a regular expression can say of a definition: no check digits, no reference tables, half-width text only. It matches
without regard to case, as Presidio does. What needs a label is looked for behind one, by a look-behind of variable
length, which the ``regex`` package has. Presidio itself is not needed here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

import yaml

from pii_audit.entities import select
from pii_audit.model.entity import EntityType, Shape, Strength
from pii_audit.model.errors import UsageError
from pii_audit.model.score import SCORES, Evidence
from pii_audit.recognizers.compile import positions

#: the language that the recognizers name
LANGUAGE = "zh"

# neighbours that may not touch a match; the letter of a line break that is written out is no neighbour
_NO_DIGIT = "(?<![0-9])"
_FREE = r"(?:(?<![0-9A-Za-z])|(?<=\\[nrt]))"
_END = "(?![0-9A-Za-z])"
#: what may stand between a label and a value that its label makes telling, and between a label and a value of open form
_NEAR = r"[^0-9\n;!?。；！？]{0,20}"
_GAP = r"(?:[_ -]?[A-Za-z_]{0,12})[0-9]?[\s\"'\\\[\](){}<>「」『』【】《》:：=＝是为编号码]{0,12}"
_HEX = "[0-9A-Fa-f]"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_DATE = "(?:19|20)[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?"
#: what scanners of the kernel read, as far as a regular expression can say it
_ALONE = {
    "email": r"[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}",
    "ipv4": rf"{_OCTET}(?:\.{_OCTET}){{3}}",
    "ipv6": f"(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}|(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,5}})?::(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,5}})?",
    "mac": f"{_HEX}{{2}}(?::{_HEX}{{2}}){{5}}|{_HEX}{{2}}(?:-{_HEX}{{2}}){{5}}",
    "landline": r"(?:(?:\+86|0086)[ -]?)?\(?0?[1-9][0-9]{1,2}[ )-]{1,3}[1-8][0-9]{2,3}[ -]?[0-9]{4}(?:[ ,]{0,2}(?:-|转分机|转|分机|ext|x|#)[ .]{0,2}[0-9]{1,6})?",
    "plate": "(?:WJ)?[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]?[ ·•・.-]?[0-9A-HJ-NP-Z]{4,6}[学警挂港澳领试超]?|使[0-9]{6}",
    "military": "[\u4e00-\u9fff]字第?[0-9]{6,8}号?",
    "geo": r"[0-9]{1,3}\.[0-9]{4,}[ ,;/]{1,3}[0-9]{1,3}\.[0-9]{4,}",
    "datetime": f"{_DATE}(?:[ T][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?)?",
    "wxid": "wxid_[0-9a-z]{10,24}",
    "secret": r"eyJ[A-Za-z0-9_-]{7,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|AKIA[0-9A-Z]{16}|LTAI[0-9A-Za-z]{12,20}|(?<=://[^\s:/@]{1,64}:)[^\s@/]{1,64}(?=@)|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.{1,8192}",
    "url": "[A-Za-z][A-Za-z0-9+]*://[!#-&(-;=-~]*[0-9A-Za-z/=]",
}
#: what they read near a label only
_LABELLED = {
    "landline": "0[1-9][0-9]{9,10}",
    "geo": r"-?[0-9]{1,3}\.[0-9]{3,}",
    "date": _DATE,
    "expiry": "(?:0[1-9]|1[0-2])[/-]?(?:20)?[0-9]{2}|20[0-9]{2}[-/年]?(?:1[0-2]|0?[1-9])月?|[0-9]{2}年[0-9]{1,2}月",
    "uuid": f"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}",
    "biometric": r"(?:data:image/[a-z]+;base64,)?[A-Za-z0-9+/_-]{64,}={0,2}",
}
_PRINTED = r"(?!Bearer )[^\s\"',;&<>\\\[({:：=＝是为][^\s\"',;，；。&<>\\]{3,127}"


def regexes(entity: EntityType) -> list[tuple[str, str, float]]:
    """Return (title, regular expression, score) of what an expression can say of a definition; may be nothing."""
    label = _label(entity)
    alone, beside = SCORES[Evidence.PATTERN], SCORES[Evidence.CONTEXT]
    found = []
    for shape in entity.shapes:
        weak = shape.strength is Strength.WEAK
        if weak and not label:
            continue
        before = _NO_DIGIT + (f"{label}{_NEAR})" if weak else "") + (r"\+?" if shape.body.startswith("86") else "")
        bodies = [(shape.title, shape.body)]
        bodies += [(f"{shape.title} ({groups})", _grouped(shape, groups)) for groups in shape.groups]
        found += [(title, f"{before}{body}{_END}", beside if weak else alone) for title, body in bodies]
    for name in entity.scanners:
        if name in _ALONE:
            found.append((name, f"{_FREE}(?:{_ALONE[name]}){_END}", alone))
        if label and name in _LABELLED:
            found.append((f"{name} near a label", f"{label}{_NEAR})(?:{_LABELLED[name]}){_END}", beside))
        if label and name == "secret":
            found.append((f"{name} behind a label", f"{label}{_GAP}(?:Bearer )?){_PRINTED}", beside))
    for item in entity.labelled if label else ():
        value = f"[{item.first or item.chars}][{item.chars}]{{{item.min_length - 1},{item.max_length - 1}}}"
        found.append((item.title, f"{label}{_GAP}){value}{_END}", beside))
    return found


def _label(entity: EntityType) -> str:
    """Return the beginning of a look-behind for one of the words that announce a value; nothing if there are none."""
    words = sorted({*entity.context, *filter(str.isascii, entity.headers)})
    # words are kept without separators: idno stands for id_no, id-no and «id no»
    latin = ["[_ -]?".join(map(re.escape, word)) for word in words if word.isascii()]
    han = [re.escape(word) for word in words if not word.isascii()]
    kinds = [f"(?<![A-Za-z])(?:{'|'.join(latin)})[0-9]?"] * bool(latin) + han
    return f"(?<=(?:{'|'.join(kinds)})" if kinds else ""


def _grouped(shape: Shape, groups: str) -> str:
    """Return the expression of a shape written in groups with single spaces or hyphens between them."""
    sizes = [int(size) for size in groups.split("-")]
    reading = next(reading for reading in positions(shape.body) if len(reading) == sum(sizes))
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return "[ -]".join(_run(reading[end - size : end]) for size, end in zip(sizes, ends, strict=True))


def _run(reading: Sequence[frozenset[str]]) -> str:
    found = ""
    for chars, same in groupby(reading):
        count = len(list(same))
        found += f"[{''.join(sorted(chars))}]" + (f"{{{count}}}" if count > 1 else "")
    return found


_NOTICE = """\
# Entity types of pii-audit as Presidio pattern recognizers: what regular expressions can say of them.
# Check digits and reference tables are missing, and full-width characters have to be folded before.
"""


def to_yaml(names: Sequence[str] | None = None) -> str:
    """Return entity types (None: those that are on by default) as a Presidio recognizer file.

    ``RecognizerRegistry.add_recognizers_from_yaml`` reads it. A comment names the types that no expression can tell.
    Raises PluginError for an unknown name, UsageError if nothing is left to write.
    """
    recognizers, missing = [], []
    for entity in select(names):
        patterns = [
            {"name": title, "regex": expression, "score": score} for title, expression, score in regexes(entity)
        ]
        if not patterns:
            missing.append(entity.name)
            continue
        recognizers.append(
            {
                "name": f"PiiAudit{entity.name.title().replace('_', '')}Pattern",
                "supported_language": LANGUAGE,
                "supported_entity": entity.name,
                "patterns": patterns,
                "context": list(entity.context),
            }
        )
    if not recognizers:
        raise UsageError(f"no regular expression can tell {', '.join(missing)}; only the detector can")
    absent = f"# Left out, since no regular expression can tell them: {', '.join(missing)}.\n" if missing else ""
    document = yaml.safe_dump({"recognizers": recognizers}, allow_unicode=True, sort_keys=False, width=120)
    return f"{_NOTICE}{absent}{document}"
