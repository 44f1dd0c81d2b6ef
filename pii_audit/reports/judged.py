"""The part of the text report that speaks of policies: violations worst first, what was not tested, what was accepted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len

from pii_audit.model.result import AuditResult
from pii_audit.model.violation import NotTestable, Severity, Violation
from pii_audit.model.visible import visible
from pii_audit.reports.interface import View
from pii_audit.reports.words import Words

STYLES = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan", Severity.INFO: "dim"}
_GAP = "  "
_PLACES = 3      # places shown of one violation
_ASPECTS = 5     # kinds shown of one violation
_REASONS = 12    # lines about what was not tested
_ARTICLES = 8


class Judged:
    """Lines about the judgement of a result; ``wrapped`` breaks a text into lines."""

    def __init__(self, result: AuditResult, view: View, words: Words) -> None:
        assert result.judgement is not None
        self.result = result
        self.judgement = result.judgement
        self.view = view
        self.words = words

    def sentences(self) -> Iterator[str]:
        """Yield the verdict."""
        w, cover = self.words, self.judgement.coverage
        counted = [violation for violation in self.result.violations if violation.severity > Severity.INFO]
        if counted:
            yield w(
                "verdict.broken",
                rules=w.count("rule", len({violation.rule for violation in counted})),
                datasets=w.count("dataset", len({violation.dataset for violation in counted})),
                worst=w(max(violation.severity for violation in counted).label),
            )
        else:
            yield w("verdict.kept")
        yield w("verdict.coverage", tested=f"{cover.tested:,}", rules=w.count("rule", cover.rules), partly=f"{cover.partly:,}", untested=f"{cover.untested:,}")

    def parts(self) -> Iterator[tuple[str, str, str]]:
        """Yield (text, indent, style) of every line of the sections."""
        yield from self._violations()
        yield from self._not_testable()
        yield from self._exemptions()
        yield from self._articles()

    # -- sections ---------------------------------------------------------------------------------------------------

    def _violations(self) -> Iterator[tuple[str, str, str]]:
        w = self.words
        ordered = sorted(self.result.violations, key=lambda v: (-v.severity, v.rule, v.dataset))
        for severity, group in groupby(ordered, key=lambda v: v.severity):
            listed = list(group)
            yield "", "", ""
            yield w(f"section.violations.{severity.label}", n=f"{len({v.rule for v in listed}):,}"), "", STYLES[severity]
            for rule, same in groupby(listed, key=lambda v: v.rule):
                yield from self._rule(rule, list(same))

    def _rule(self, rule: str, broken: Sequence[Violation]) -> Iterator[tuple[str, str, str]]:
        w, first = self.words, broken[0]
        yield f"{first.title_zh if self.view.lang == 'zh' else first.title}{_GAP}[{rule}]", _GAP, STYLES[first.severity]
        cited = w.join([item.cite(self.view.lang) for item in first.basis[: None if self.view.full else 3]]) or w("basis.policy")
        if len(first.basis) > 3 and not self.view.full:
            cited += w("basis.more", n=len(first.basis) - 3)
        for violation in broken:
            yield self._counts(violation), _GAP * 2, ""
            if violation.places:
                yield self._where(violation), _GAP * 3, "dim"
        yield cited, _GAP * 2, "dim"
        remedy = first.remedy_zh if self.view.lang == "zh" else first.remedy
        if remedy:
            yield w("remedy", text=remedy), _GAP * 2, "italic"

    def _counts(self, violation: Violation) -> str:
        w = self.words
        facts = [f"{visible(violation.dataset) if violation.dataset != '-' else w('organisation')}: {violation.count:,}"]
        if violation.tested:
            facts[0] += w("of_tested", n=f"{violation.tested:,}", share=_percent(violation.share or 0.0))
        if violation.subjects is not None:
            facts.append(w.count("subject", violation.subjects))
        shown = list(violation.details.items())
        if shown and not (len(shown) == 1 and shown[0][1] == violation.count and shown[0][0] == "unknown"):
            kinds = [f"{visible(name)} {n:,}" for name, n in shown[: None if self.view.full else _ASPECTS]]
            facts.append(w.join(kinds) + ("" if len(kinds) == len(shown) else " …"))
        if violation.owner:
            facts.append(w("owner", name=visible(violation.owner)))
        return " · ".join(facts)

    def _where(self, violation: Violation) -> str:
        limit = None if self.view.full else _PLACES
        by_source: defaultdict[str, list[str]] = defaultdict(list)
        for place in violation.places[:limit]:
            by_source[visible(place.source)].append(f"{place.row:,}" if place.row else visible(place.column) if place.column else "")
        texts = []
        for source, inside in by_source.items():
            named = self.words.join([item for item in inside if item])
            rows = any(place.row for place in violation.places[:limit] if visible(place.source) == source)
            texts.append(f"{source}{_GAP}{self.words('place.rows', rows=named) if rows else named}".rstrip())
        more = violation.count > sum(map(len, by_source.values()))
        return self.words.title("; ", "；").join(texts) + (" …" if more else "")

    def _not_testable(self) -> Iterator[tuple[str, str, str]]:
        listed = self.result.not_testable
        if not listed:
            return
        w = self.words
        yield "", "", ""
        yield w("section.not_testable", n=f"{len({item.rule for item in listed}):,}"), "", "bold yellow"
        # what is missing once stands for many rules
        by_reason: defaultdict[tuple[str, str], list[NotTestable]] = defaultdict(list)
        for item in listed:
            by_reason[item.dataset, item.reason].append(item)
        ordered = sorted(by_reason.items(), key=lambda entry: (-len(entry[1]), entry[0]))
        shown = ordered if self.view.full else ordered[:_REASONS]
        for (dataset, reason), items in shown:
            names = sorted({item.rule for item in items})
            rows = max(item.rows for item in items)
            place = "" if dataset == "-" else f"{visible(dataset)}: "
            count = f" ({w.count('row', rows)})" if rows else ""
            yield f"{place}{visible(reason)}{count} — {w.join(names)}", _GAP, ""
        if len(shown) < len(ordered):
            yield w("left.reasons", n=f"{len(ordered) - len(shown):,}"), _GAP, "dim"

    def _exemptions(self) -> Iterator[tuple[str, str, str]]:
        if not self.result.exemptions:
            return
        w = self.words
        yield "", "", ""
        yield w("section.exemptions"), "", "bold"
        for item in self.result.exemptions:
            state = w("exemption.expired", date=item.expires) if item.expired else w("exemption.holds", date=item.expires, n=f"{item.count:,}")
            where = f" · {visible(item.dataset)}" if item.dataset else ""
            where += f" · {visible(item.source)}" if item.source else ""
            yield f"{item.rule}{where} · {visible(item.owner)}: {visible(item.reason)} · {state}", _GAP, "bold yellow" if item.expired else ""

    def _articles(self) -> Iterator[tuple[str, str, str]]:
        w = self.words
        by_framework: defaultdict[str, list[str]] = defaultdict(list)
        kept: Counter[str] = Counter()
        for article in self.judgement.articles:
            if article.broken:
                by_framework[article.framework].append(f"{article.article} ({len(article.broken)})")
            elif len(article.untested) < len(article.rules):
                kept[article.framework] += 1
        if not by_framework:
            return
        yield "", "", ""
        yield w("section.articles"), "", "bold"
        width = max(map(cell_len, by_framework))
        for framework, broken in sorted(by_framework.items()):
            shown = broken if self.view.full else broken[: _ARTICLES * 3]
            yield f"{framework:<{width}}{_GAP}{w.join(shown)}{' …' if len(shown) < len(broken) else ''}", _GAP, ""


def _percent(share: float) -> str:
    percent = share * 100
    return "<0.1%" if 0 < percent < 0.1 else f"{percent:.0f}%" if percent >= 10 else f"{percent:.1f}%"
