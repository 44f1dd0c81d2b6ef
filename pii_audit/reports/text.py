"""The report for people: verdict, findings worst first, what was not read, time.

Long runs are cut to what fits a reading; every cut says how much it left out and how to see it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pii_audit.entities import installed
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.entity import Sensitivity
from pii_audit.model.finding import Confidence, Finding
from pii_audit.model.result import AuditResult, SourceInfo
from pii_audit.model.violation import Severity
from pii_audit.model.visible import visible
from pii_audit.reports.interface import ResultReport, View
from pii_audit.reports.judged import FIXED, Judged
from pii_audit.reports.words import Words, duration, size

_PER_SOURCE = 8     # findings shown of one source
_IN_ALL = 60        # findings shown of all sources
_LISTED = 15        # further sources, skips, notes
_SCREEN = 6         # more rules than this are more than a screen
_WIDE = 120         # from here on samples may stand on the same line, if this much is left for them:
_DETAIL = 56
_GAP = "  "
_LEVEL_STYLE = {Sensitivity.HIGH: "bold red", Sensitivity.MEDIUM: "yellow", Sensitivity.LOW: "cyan"}
_SURE = {Confidence.CERTAIN: 3, Confidence.LIKELY: 2, Confidence.POSSIBLE: 1}


class TextReport(ResultReport):
    name = "text"
    title = "A table to read, worst first"
    title_zh = "便于阅读的表格，最严重的在前"
    suffixes = (".txt",)
    human = True
    names_skipped = True

    def write(self, result: AuditResult, out: TextIO, view: View) -> None:
        console = Console(
            file=out,
            width=max(view.width, 40),
            color_system="standard" if view.color else None,
            force_terminal=view.color,
            no_color=not view.color,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        for line in _Text(result, view).lines():
            line.rstrip()
            console.print(line, soft_wrap=True)


def verdict(result: AuditResult, words: Words) -> str:
    """Return what a run found in one sentence, and a second one if it could not read everything."""
    sentences = list(Judged(result, View(words.lang), words).sentences()) if result.judgement else []
    sources = words.count("source", len(result.sources))
    if result.findings:
        sentences.append(
            words(
                "verdict.found",
                values=words.count("value", sum(f.count for f in result.findings)),
                types=words.count("type", len({f.entity_type for f in result.findings})),
                found=f"{len({f.source for f in result.findings}):,}",
                sources=sources,
                worst=words(max(f.sensitivity for f in result.findings).label),
            )
        )
    elif result.sources or not result.skipped:
        sentences.append(words("verdict.clean", sources=sources, size=size(result.run.bytes)))
    else:
        sentences.append(words("verdict.nothing"))
    if result.skipped:
        sentences.append(words("verdict.incomplete", items=words.count("item", len(result.skipped))))
    return words.title(" ", "").join(sentences)


def reasons(listed: Sequence[Skipped] | Sequence[Note], words: Words, limit: int | None) -> Iterator[str]:
    """Yield one line for each, at most ``limit`` and then one that counts the rest by code."""
    shown = listed if limit is None or len(listed) <= limit else listed[:limit]
    for item in shown:
        label = words.code(item.code)
        yield f"{visible(item.what)}{words.title(': ', '：')}{label}{words.title('; ', '；')}{visible(item.reason)}"
    if len(shown) < len(listed):
        rest = Counter(item.code for item in listed[len(shown) :])
        codes = words.join([f"{words.code(code)} {n:,}" for code, n in rest.most_common()])
        yield words("left.list", items=words.count("more_item", sum(rest.values())), codes=codes)


def titles(lang: str) -> Mapping[str, str]:
    """Return entity type → title in a language."""
    return {entity.name: entity.title_zh if lang == "zh" else entity.title for entity in installed()}


def cut(text: str, width: int) -> str:
    """Return the text in at most ``width`` columns of a terminal, an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return text
    kept = ""
    for char in text:
        if cell_len(kept + char) > width - 1:
            break
        kept += char
    return kept + "…"


def pad(text: str, width: int, right: bool = False) -> str:
    """Return the text cut and filled to exactly ``width`` columns of a terminal."""
    text = cut(text, width)
    fill = " " * (width - cell_len(text))
    return fill + text if right else text + fill


#: what stays together when a line is broken: a number with its Chinese measure word, a word, one character —
#: each with the punctuation after it
_TOKEN = re.compile(r"[“（《〔]*(?:[0-9.,]+ [\u4e00-\u9fff]+|[^\s\u3000-\u9fff\uff00-\uffef]+|.)[，。；、：）”》〕]*")


def wrap(text: str, width: int) -> Iterator[str]:
    """Yield the text in lines of at most ``width`` columns; a token that is longer stays whole."""
    line = ""
    for match in _TOKEN.finditer(text):
        token = match[0]
        if line and cell_len(line + token.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += token if line else token.lstrip()
    if line:
        yield line.rstrip()


def _badness(finding: Finding) -> tuple[int, int, int]:
    return (finding.sensitivity, _SURE[finding.confidence], finding.count)


@dataclass(frozen=True)
class _Widths:
    level: int
    type: int
    column: int
    count: int
    distinct: int
    share: int
    confidence: int
    gap: str                #: before the numbers
    one_line: bool          #: details stand on the same line

    @property
    def total(self) -> int:
        cells = (self.level, self.type, self.column, self.count, self.distinct, self.share, self.confidence)
        return sum(cells) + 4 * len(_GAP) + 3 * len(self.gap)


class _Text:
    def __init__(self, result: AuditResult, view: View) -> None:
        self.result = result
        self.view = view
        self.words = Words(view.lang)
        self.titles = titles(view.lang)
        self.infos: Mapping[str, SourceInfo] = {source.path: source for source in result.sources}

    def lines(self) -> Iterator[Text]:
        result = self.result
        bad = any(v.severity > Severity.INFO for v in result.violations) if result.judgement else bool(result.findings)
        style = "bold red" if bad else "bold yellow" if result.skipped else "bold green"
        yield from self.wrapped(verdict(result, self.words), style=style)
        if result.run.values_shown:
            yield from self.wrapped(self.words("end.values_shown"), style="bold red")
        if result.judgement:
            for text, indent, style in Judged(result, self.view, self.words).parts():
                if text.startswith(FIXED):
                    yield Text(indent + cut(text.removeprefix(FIXED), self.view.width - cell_len(indent)), style=style)
                else:
                    yield from self.wrapped(text, indent, indent + _GAP, style) if text else [Text()]
        if result.findings:
            if not result.judgement or self.view.full:
                yield from self.findings()
            yield from self.by_type()
        yield from self.masked()
        yield from self.listed("section.skipped", sorted(result.skipped), "bold yellow")
        yield from self.listed("section.notes", sorted(result.notes), "bold")
        yield Text()
        yield from self.wrapped(self.end(), style="dim")
        if len({violation.rule for violation in result.violations}) > _SCREEN:  # the beginning has left the screen
            yield from self.wrapped(next(Judged(result, self.view, self.words).sentences()), style=style)

    def wrapped(self, text: str, indent: str = "", hang: str = "", style: str = "") -> Iterator[Text]:
        for n, line in enumerate(wrap(text, max(self.view.width - cell_len(hang or indent), 20))):
            yield Text(hang if n and hang else indent) + Text(line, style=style)

    # --- findings ----------------------------------------------------------------------------------------------

    def findings(self) -> Iterator[Text]:
        by_source: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in self.result.findings:
            by_source[finding.source].append(finding)
        groups = [sorted(group, key=lambda f: (*(-n for n in _badness(f)), f.column or "", f.entity_type))
                  for group in by_source.values()]  # fmt: skip
        groups.sort(key=lambda group: (*(-n for n in _badness(group[0])), group[0].source))

        shown, left_sources = self.choose(groups)
        widths = self.widths([finding for group, n in shown for finding in group[:n]])
        yield Text()
        yield self.head(widths)
        for group, n in shown:
            yield Text()
            yield self.source(group[0].source)
            for finding in group[:n]:
                yield from self.finding(finding, widths)
            if n < len(group):
                yield from self.wrapped(self.left("left.findings", group[n:]), _GAP, style="italic")
        if left_sources:
            yield Text()
        for group in left_sources[:_LISTED]:
            yield Text(visible(group[0].source), style="bold").append(_GAP + self.brief(group), style="not bold")
        if rest := [finding for group in left_sources[_LISTED:] for finding in group]:
            yield from self.wrapped(self.left("left.sources", rest), style="italic")
        if left_sources or any(n < len(group) for group, n in shown):
            yield from self.wrapped(self.words("left.how"), style="dim")

    def choose(self, groups: list[list[Finding]]) -> tuple[list[tuple[list[Finding], int]], list[list[Finding]]]:
        """Return the sources to show with how many findings of each, and the sources left out."""
        if self.view.full:
            return [(group, len(group)) for group in groups], []
        shown: list[tuple[list[Finding], int]] = []
        room = _IN_ALL
        for at, group in enumerate(groups):
            n = min(len(group), _PER_SOURCE)
            if n > room:
                return shown, groups[at:]
            shown.append((group, n))
            room -= n
        return shown, []

    def left(self, message: str, findings: list[Finding]) -> str:
        return self.words(
            message,
            findings=self.words.count("more_finding", len(findings)),
            sources=self.words.count("source", len({finding.source for finding in findings})),
            brief=self.brief(findings),
        )

    def brief(self, findings: list[Finding]) -> str:
        """Return how many findings of each level, and how many values."""
        levels = Counter(finding.sensitivity for finding in findings)
        counts = [f"{self.words(level.label)} {levels[level]:,}" for level in sorted(levels, reverse=True)]
        values = self.words.count("value", sum(finding.count for finding in findings))
        return f"{self.words.join(counts)} · {values}"

    def widths(self, findings: list[Finding]) -> _Widths:
        def widest(head: str, texts: Iterable[str]) -> int:
            return max(cell_len(self.words(f"head.{head}")), *(cell_len(text) for text in texts))

        level = widest("level", (self.words(f.sensitivity.label) for f in findings))
        count = widest("count", (f"{f.count:,}" for f in findings))
        distinct = widest("distinct", (self.distinct(f) for f in findings))
        share = widest("share", (self.share(f) for f in findings))
        confidence = widest("confidence", (self.words(f.confidence.value) for f in findings))
        kind = widest("type", (self.title(f.entity_type) for f in findings))
        column = widest("column", (visible(f.column or "") for f in findings))
        wide = self.view.width >= _WIDE
        gap = _GAP if wide else " "
        taken = level + count + distinct + share + confidence + 4 * len(_GAP) + 3 * len(gap)
        room = self.view.width - taken
        one_line = wide and kind + column <= room - _DETAIL
        if kind + column > room:
            column = min(column, max(room - kind, room * 2 // 5))
            kind = min(kind, room - column)
        return _Widths(level, max(kind, 4), max(column, 4), count, distinct, share, confidence, gap, one_line)

    def head(self, widths: _Widths) -> Text:
        w = self.words
        cells = [w(f"head.{name}") for name in ("type", "column", "count", "distinct", "share", "confidence")]
        line = self.row(widths, Text(w("head.level")), cells)
        line.stylize("dim")
        return line

    def row(self, widths: _Widths, level: Text, cells: Sequence[str]) -> Text:
        level.truncate(widths.level, pad=True)
        line = Text(_GAP) + level
        kind, column, count, distinct, share, sure = cells
        line.append(_GAP + pad(kind, widths.type) + _GAP + pad(column, widths.column))
        for text, width in ((count, widths.count), (distinct, widths.distinct), (share, widths.share)):
            line.append(widths.gap + pad(text, width, right=True))
        return line.append(_GAP + pad(sure, widths.confidence))

    def source(self, path: str) -> Text:
        line = Text(visible(path), style="bold")
        if info := self.infos.get(path):
            noun = "row" if info.columns is not None else "line"
            facts = [info.kind, *([info.encoding] if info.encoding else []), self.words.count(noun, info.rows)]
            line.append("  " + " · ".join(facts), style="not bold dim")
        return line

    def finding(self, finding: Finding, widths: _Widths) -> Iterator[Text]:
        level = Text(self.words(finding.sensitivity.label), style=_LEVEL_STYLE[finding.sensitivity])
        cells = [
            self.title(finding.entity_type),
            visible(finding.column) if finding.column is not None else "—",
            f"{finding.count:,}",
            self.distinct(finding),
            self.share(finding),
            self.words(finding.confidence.value),
        ]
        line = self.row(widths, level, cells)
        if widths.one_line:
            detail = self.detail(finding, widths, self.view.width - widths.total - 2)
            yield line + Text(_GAP) + detail
            return
        yield line
        indent = " " * (widths.level + 4)
        yield Text(indent) + self.detail(finding, widths, self.view.width - len(indent))

    def detail(self, finding: Finding, widths: _Widths, width: int) -> Text:
        """Return the column if it was cut, how it was found, people, masked samples and first place.

        There are fewer samples where there is less room.
        """
        w = self.words
        column = visible(finding.column or "")
        facts = [column] if cell_len(column) > widths.column else []
        if finding.pattern != "column":
            facts.append(w(f"pattern.{finding.pattern}"))
        if finding.subjects is not None:
            facts.append(w.count("subject", finding.subjects))
        if finding.third_persons is not None:
            facts.append(w.count("third", finding.third_persons))
        first = finding.first_locations[0] if finding.first_locations else None
        place = []
        if first is not None:
            place = [w("first.line", n=f"{first.line:,}") if first.line else w("first.row", n=f"{first.row or 0:,}")]
        samples = [visible(sample) for sample in finding.masked_samples]
        for n in range(len(samples), -1, -1):
            text = " · ".join([*facts, *([_GAP.join(samples[:n])] if n else []), *place])
            if cell_len(text) <= width:
                break
        return Text(cut(text, width), style="dim")

    def title(self, entity_type: str) -> str:
        return visible(self.titles.get(entity_type, entity_type))

    def distinct(self, finding: Finding) -> str:
        return f"{'' if finding.distinct_exact else '≈'}{finding.distinct:,}"

    def share(self, finding: Finding) -> str:
        percent = finding.share * 100
        if 0 < percent < 0.1:
            return "<0.1%"
        return f"{percent:.0f}%" if percent >= 10 or not percent else f"{percent:.1f}%"

    # --- sections ----------------------------------------------------------------------------------------------

    def section(self, message: str, style: str, extra: str = "") -> Iterator[Text]:
        yield Text()
        yield Text(self.words(message) + extra, style=style)

    def by_type(self) -> Iterator[Text]:
        by_type: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in self.result.findings:
            by_type[finding.entity_type].append(finding)
        rows = [
            (
                max(finding.sensitivity for finding in found),
                sum(finding.count for finding in found),
                self.title(name),
                len({finding.source for finding in found}),
                visible(name),
            )
            for name, found in by_type.items()
        ]
        rows.sort(key=lambda row: (-row[0], -row[1], row[4]))
        w = self.words
        level = max(cell_len(w(row[0].label)) for row in rows)
        kind = min(max(cell_len(row[2]) for row in rows), 34)
        values = max(cell_len(w.count("value", row[1])) for row in rows)
        sources = max(cell_len(w.count("source", row[3])) for row in rows)
        kind = max(min(kind, self.view.width - level - values - sources - max(cell_len(row[4]) for row in rows) - 5 * len(_GAP)), 12)
        yield from self.section("section.types", "bold")
        for sensitivity, n, title, where, name in rows:
            line = Text(_GAP) + Text(pad(w(sensitivity.label), level), style=_LEVEL_STYLE[sensitivity])
            line.append(_GAP + pad(title, kind) + _GAP + pad(w.count("value", n), values, right=True))
            line.append(_GAP + pad(w.count("source", where), sources, right=True))
            line.append(_GAP + name, style="dim")
            yield line

    def masked(self) -> Iterator[Text]:
        if not self.result.masked:
            return
        counts: Counter[str] = Counter()
        places: defaultdict[str, set[str]] = defaultdict(set)
        for masked in self.result.masked:
            counts[masked.entity_type] += masked.count
            places[masked.entity_type].add(masked.source)
        w = self.words
        yield from self.section("section.masked", "bold")
        for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            values, sources = w.count("value", n), w.count("source", len(places[name]))
            line = w("masked.line", title=self.title(name), values=values, sources=sources)
            yield from self.wrapped(line, _GAP, _GAP * 2)

    def listed(self, message: str, items: Sequence[Skipped] | Sequence[Note], style: str) -> Iterator[Text]:
        if not items:
            return
        yield from self.section(message, style, self.words.title(f" ({len(items):,})", f"（{len(items):,}）"))
        for line in reasons(items, self.words, None if self.view.full else _LISTED):
            yield from self.wrapped(line, _GAP, _GAP * 2)

    def end(self) -> str:
        run, w = self.result.run, self.words
        facts = [
            w(
                "end.run",
                sources=w.count("source", len(self.result.sources)),
                size=size(run.bytes),
                time=duration(run.seconds),
                rate=size(run.bytes / run.seconds if run.seconds else 0),
                workers=w.count("worker", run.workers),
            )
        ]
        if run.sample:
            facts.append(w("end.sample", sample=run.sample))
        if run.config_file:
            facts.append(w("end.config", path=visible(run.config_file)))
        return " · ".join(facts)
