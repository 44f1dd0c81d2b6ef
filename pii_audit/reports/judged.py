"""The part of the text report that speaks of policies.

Where rules are broken, violations worst first, what is to be deleted, what was not tested, what was accepted, the
articles concerned, columns that were guessed, and the record of processing activities.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.cells import cell_len

from pii_audit.entities import installed
from pii_audit.model.result import AuditResult
from pii_audit.model.violation import Article, NotTestable, Severity, Violation
from pii_audit.model.visible import visible
from pii_audit.reports.interface import View
from pii_audit.reports.words import WORDS, Words

STYLES = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan", Severity.INFO: "dim"}
_GAP = "  "
_PLACES = 3      # places shown of one violation
_ASPECTS = 5     # kinds shown of one violation
_REASONS = 12    # lines about what was not tested
_DATASETS = 6    # datasets shown of one rule
_BASES = 3       # citations shown of one rule
_LEVELS = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)


class Judged:
    """Lines about the judgement of a result; ``wrapped`` breaks a text into lines."""

    def __init__(self, result: AuditResult, view: View, words: Words) -> None:
        assert result.judgement is not None
        self.result = result
        self.judgement = result.judgement
        self.view = view
        self.words = words
        self._aspects = {entity.name: entity.title_zh if words.lang == "zh" else entity.title for entity in installed()}

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
        if self.judgement.language:
            yield self.words("language.limits"), "", "dim"
        yield from self._by_dataset()
        yield from self._violations()
        yield from self._deletions()
        yield from self._not_testable()
        yield from self._exemptions()
        yield from self._articles()
        yield from self._bindings()
        yield from self._record()

    # -- sections ---------------------------------------------------------------------------------------------------

    def _by_dataset(self) -> Iterator[tuple[str, str, str]]:
        """Yield a table: how many rules of each severity are broken in which dataset."""
        w = self.words
        rules: defaultdict[str, Counter[Severity]] = defaultdict(Counter)
        for violation in self.result.violations:
            if violation.severity > Severity.INFO:
                rules[violation.dataset][violation.severity] += 1
        if not rules:
            return
        yield "", "", ""
        yield w("section.datasets"), "", "bold"
        ordered = sorted(rules, key=lambda name: ([-rules[name][level] for level in _LEVELS], name))
        owners = {violation.dataset: violation.owner for violation in self.result.violations}
        kinds = {name: self._kind(name) for name in ordered}
        heads = [w(level.label) for level in _LEVELS]
        name_width = min(max(cell_len(self._named(name)) for name in ordered), max(self.view.width // 3, 16))
        widths = [max(cell_len(head), *(cell_len(f"{rules[name][level]:,}") for name in ordered)) for head, level in zip(heads, _LEVELS, strict=True)]
        taken = name_width + sum(widths) + max(cell_len(owner or "") for owner in owners.values()) + 6 * len(_GAP)
        kind_width = min(max(cell_len(kind) for kind in kinds.values()), max(self.view.width - taken, 12))
        yield self._row("", name_width, "", kind_width, heads, widths, ""), _GAP, "dim"
        for name in ordered:
            counts = [f"{rules[name][level]:,}" if rules[name][level] else "·" for level in _LEVELS]
            yield self._row(self._named(name), name_width, kinds[name], kind_width, counts, widths, visible(owners.get(name) or "")), _GAP, ""

    def _row(self, name: str, name_width: int, kind: str, kind_width: int, counts: Sequence[str], widths: Sequence[int], owner: str) -> str:
        cells = [_pad(name, name_width), _pad(kind, kind_width), *(_pad(count, width, right=True) for count, width in zip(counts, widths, strict=True)), owner]
        return FIXED + _GAP.join(cells).rstrip()

    def _named(self, dataset: str) -> str:
        return self.words("organisation") if dataset == "-" else visible(dataset)

    def _kind(self, dataset: str) -> str:
        record = self.judgement.record.get(dataset, {})
        return record.get("kind_title_zh" if self.view.lang == "zh" else "kind_title", "")

    def _violations(self) -> Iterator[tuple[str, str, str]]:
        w = self.words
        ordered = sorted(self.result.violations, key=lambda v: (-v.severity, v.rule, v.dataset))
        for severity, group in groupby(ordered, key=lambda v: v.severity):
            listed = list(group)
            yield "", "", ""
            yield w(f"section.violations.{severity.label}", rules=w.count("rule", len({v.rule for v in listed}))), "", STYLES[severity]
            for rule, same in groupby(listed, key=lambda v: v.rule):
                yield from self._rule(rule, list(same))

    def _rule(self, rule: str, broken: Sequence[Violation]) -> Iterator[tuple[str, str, str]]:
        w, first = self.words, broken[0]
        yield f"{first.title_zh if self.view.lang == 'zh' else first.title}{_GAP}[{rule}]", _GAP, STYLES[first.severity]
        shown = broken if self.view.full else broken[:_DATASETS]
        for violation in shown:
            yield self._counts(violation), _GAP * 2, ""
            if where := self._where(violation):
                yield where, _GAP * 3, "dim"
        if left := broken[len(shown) :]:
            yield w("left.datasets", datasets=w.count("dataset", len(left)), names=w.join([self._named(item.dataset) for item in left])), _GAP * 2, "dim"
        cited = w.join([item.cite(self.view.lang) for item in first.basis[: None if self.view.full else _BASES]]) or w("basis.policy")
        if len(first.basis) > _BASES and not self.view.full:
            cited += w("basis.more", n=len(first.basis) - _BASES)
        yield cited, _GAP * 2, "dim"
        remedy = first.remedy_zh if self.view.lang == "zh" else first.remedy
        if remedy:
            yield w("remedy", text=remedy), _GAP * 2, "italic"

    def _counts(self, violation: Violation) -> str:
        w = self.words
        facts = [f"{self._named(violation.dataset)}{w.title(': ', '：')}{violation.count:,}"]
        if violation.tested:
            facts[0] += w("of_tested", n=f"{violation.tested:,}", share=_percent(violation.share or 0.0))
        if violation.subjects is not None:
            facts.append(w.count("subject", violation.subjects))
        shown = list(violation.details.items())
        if shown and not (len(shown) == 1 and shown[0][1] == violation.count and shown[0][0] == "unknown"):
            kinds = [f"{self._aspect(name)} {n:,}" for name, n in shown[: None if self.view.full else _ASPECTS]]
            # titles have commas of their own in Chinese
            facts.append(w.title(", ", "，").join(kinds) + ("" if len(kinds) == len(shown) else " …"))
        if violation.owner:
            facts.append(w("owner", name=visible(violation.owner)))
        return " · ".join(facts)

    def _aspect(self, name: str) -> str:
        """Return a kind of violation in words: an entity type, or a word that rules use."""
        known = self._aspects.get(name)
        return known or (self.words(f"aspect.{name}") if f"aspect.{name}" in WORDS else visible(name))

    def _where(self, violation: Violation) -> str:
        limit = None if self.view.full else _PLACES
        by_source: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        for place in violation.places[:limit]:
            if place.row is None and place.column is None and place.source == violation.dataset:
                continue  # the dataset as a whole, named already
            inside = f"{place.row:,}" if place.row else visible(place.column) if place.column else ""
            by_source[visible(place.source)][inside] = place.row is not None
        texts = []
        for source, inside_it in by_source.items():
            named = self.words.join([item for item in inside_it if item])
            texts.append(f"{source}{_GAP}{self.words('place.rows', rows=named) if any(inside_it.values()) else named}".rstrip())
        more = bool(texts) and violation.count > sum(map(len, by_source.values()))
        return self.words.title("; ", "；").join(texts) + (" …" if more else "")

    def _deletions(self) -> Iterator[tuple[str, str, str]]:
        """Yield what may be there no more, by dataset, for its owner."""
        due: defaultdict[str, list[Violation]] = defaultdict(list)
        for violation in self.result.violations:
            if violation.deletes:
                due[violation.dataset].append(violation)
        if not due:
            return
        w = self.words
        yield "", "", ""
        yield w("section.deletions"), "", "bold"
        for dataset, broken in sorted(due.items()):
            owner = f" · {w('owner', name=visible(broken[0].owner))}" if broken[0].owner else ""
            yield f"{self._named(dataset)}{owner}", _GAP, ""
            for violation in sorted(broken, key=lambda v: v.rule):
                yield f"{violation.rule} {violation.count:,}{_GAP}{self._where(violation)}".rstrip(), _GAP * 2, ""
        yield w("deletions.list"), _GAP, "dim"

    def _not_testable(self) -> Iterator[tuple[str, str, str]]:
        listed = self.result.not_testable
        if not listed:
            return
        w = self.words
        yield "", "", ""
        yield w("section.not_testable", rules=w.count("rule", len({item.rule for item in listed}))), "", "bold yellow"
        # what is missing once stands for many rules, and often in many datasets
        by_place: defaultdict[tuple[str, str], list[NotTestable]] = defaultdict(list)
        for item in listed:
            by_place[item.dataset, self._reason(item)].append(item)
        by_reason: defaultdict[tuple[str, tuple[str, ...], int], list[str]] = defaultdict(list)
        for (dataset, reason), items in by_place.items():
            by_reason[reason, tuple(sorted({item.rule for item in items})), max(item.rows for item in items)].append(dataset)
        ordered = sorted(by_reason.items(), key=lambda entry: (-len(entry[0][1]) * len(entry[1]), entry[0]))
        shown = ordered if self.view.full else ordered[:_REASONS]
        for (reason, rules, rows), datasets in shown:
            names = [visible(dataset) for dataset in sorted(datasets) if dataset != "-"]
            listed_names = names if self.view.full else names[:_DATASETS]
            left = w("left.names", n=f"{len(names) - len(listed_names):,}") if len(listed_names) < len(names) else ""
            place = f"{w.join(listed_names)}{left}{w.title(': ', '：')}" if names else ""
            count = w.title(f" ({w.count('row', rows)})", f"（{w.count('row', rows)}）") if rows else ""
            yield f"{place}{visible(reason)}{count} — {w.join(list(rules))}", _GAP, ""
        if len(shown) < len(ordered):
            yield w("left.reasons", n=f"{len(ordered) - len(shown):,}"), _GAP, "dim"

    def _reason(self, item: NotTestable) -> str:
        if self.view.lang == "zh" and item.reason_zh:
            return item.reason_zh
        return item.reason.removesuffix(f" of {item.dataset}")

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
            text = f"{item.rule}{where} · {visible(item.owner)}{w.title(': ', '：')}{visible(item.reason)} · {state}"
            yield text, _GAP, "bold yellow" if item.expired else ""

    def _articles(self) -> Iterator[tuple[str, str, str]]:
        w = self.words
        by_framework: defaultdict[str, list[Article]] = defaultdict(list)
        for article in self.judgement.articles:
            if article.broken or self.view.full:
                by_framework[w.title(article.framework_title, article.framework_title_zh)].append(article)
        if not by_framework:
            return
        yield "", "", ""
        yield w("section.articles"), "", "bold"
        for framework, articles in by_framework.items():
            if not self.view.full:
                counts = [self._article(article) + w.title(f" ({len(article.broken)})", f"（{len(article.broken)}）") for article in articles]
                yield f"{framework}{w.title(': ', '：')}{w.join(counts)}", _GAP, ""
                continue
            yield framework, _GAP, "bold"
            for article in articles:
                broken = w("article.broken", rules=w.join(list(article.broken))) if article.broken else ""
                untested = w("article.untested", rules=w.join(list(article.untested))) if article.untested else ""
                kept = [rule for rule in article.rules if rule not in article.broken and rule not in article.untested]
                facts = [broken, w("article.kept", rules=w.join(kept)) if kept else "", untested]
                yield f"{self._article(article)}{w.title(': ', '：')}{w.title('; ', '；').join(filter(None, facts))}", _GAP * 2, ""

    def _article(self, article: Article) -> str:
        w, number = self.words, article.article
        title = w.title(article.title, article.title_zh)
        if number.startswith("annex "):
            place = w("article.annex", n=number.removeprefix("annex "))
        elif not number[:1].isdigit():
            return title or number
        else:
            place = w("article.clause" if "." in number else "article.article", n=number)
        return f"{place} {title}"

    def _bindings(self) -> Iterator[tuple[str, str, str]]:
        """Yield which columns were taken for what; only those that nobody declared, unless everything is wanted."""
        w, guessed = self.words, self.judgement.guessed
        shown = {
            name: {role: column for role, column in sorted(bound.items()) if self.view.full or role in guessed.get(name, ())}
            for name, bound in sorted(self.judgement.bindings.items())
        }
        if not any(shown.values()):
            return
        yield "", "", ""
        yield w("section.bindings" if self.view.full else "section.guessed"), "", "bold"
        for name, bound in shown.items():
            if bound:
                marks = {role: w("binding.guessed") if self.view.full and role in guessed.get(name, ()) else "" for role in bound}
                columns = [(role if role == column else f"{role} ← {visible(column)}") + marks[role] for role, column in bound.items()]
                yield f"{visible(name)}{w.title(': ', '：')}{w.join(columns)}", _GAP, ""

    def _record(self) -> Iterator[tuple[str, str, str]]:
        """Yield the record of processing activities; in a short report, how complete it is."""
        w, record = self.words, self.judgement.record
        gaps = sum("missing" in entry for entry in record.values())
        yield "", "", ""
        yield w("section.record"), "", "bold"
        yield w("record.state", datasets=w.count("dataset", len(record)), gaps=f"{gaps:,}"), _GAP, ""
        if not (self.view.full or self.view.file):
            yield w("record.how"), _GAP, "dim"
            return
        for name, entry in record.items():
            yield f"{visible(name)}{_GAP}{self._kind(name)}", _GAP, "bold"
            facts = [f"{w(f'record.{key}')}{w.title(' ', '：')}{visible(self._fact(key, entry))}" for key in _RECORD if key in entry]
            if facts:
                yield " · ".join(facts), _GAP * 2, ""
            if "missing" in entry:
                yield w("record.missing", names=w.join([w(f"record.{key}") for key in entry["missing"].split(", ")])), _GAP * 2, "yellow"

    def _fact(self, key: str, entry: Mapping[str, str]) -> str:
        w, text = self.words, entry[key]
        if key in ("entities", "found"):
            return w.join([self._aspects.get(name, name) for name in text.split(", ")])
        if key in ("legal_basis", "environment", "encryption"):
            return self._aspect(text)
        if key == "retention":
            begins = w("record.from", role=entry["retention_from"]) if "retention_from" in entry else ""
            law = w.title(f" ({entry['retention_law']})", f"（{entry['retention_law']}）") if "retention_law" in entry else ""
            return text + begins + (w("record.least", period=entry["retention_min"]) + law if "retention_min" in entry else "")
        return text


#: what a record says, in this order
_RECORD = (
    "purpose", "legal_basis", "data_subjects", "entities", "found", "retention", "recipient", "owner", "system", "region",
    "environment", "encryption", "access_roles", "pipia",
)  # fmt: skip
#: begins a line that is not to be broken: a row of a table
FIXED = "\u2060"


def _pad(text: str, width: int, right: bool = False) -> str:
    """Return the text cut and filled to so many columns of a terminal."""
    while cell_len(text) > width:
        text = text[:-2] + "…"
    fill = " " * (width - cell_len(text))
    return fill + text if right else text + fill


def _percent(share: float) -> str:
    percent = share * 100
    return "<0.1%" if 0 < percent < 0.1 else f"{percent:.0f}%" if percent >= 10 else f"{percent:.1f}%"
