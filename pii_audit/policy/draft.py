"""A catalogue in draft: what a folder shows of its datasets, and what only people can say."""

from __future__ import annotations

import fnmatch
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pii_audit.model.visible import visible
from pii_audit.policy.catalogue import CATALOGUE_NAME, REGISTERS
from pii_audit.policy.interface import ROWS
from pii_audit.policy.packs import packs
from pii_audit.policy.registry import rules
from pii_audit.policy.roles import ROLES, guess

#: kind → roles that its table has, at least; the first that fits wins, the more telling before the less
_BY_ROLES: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (kind, frozenset(roles.split()))
    for kind, roles in (
        ("sharing_log", "recipient shared_on"),
        ("deletion_records", "deleted_on due_on"),
        ("consents", "given_on withdrawn_on"),
        ("agency_reviews", "agency reviewed_on"),
        ("agencies", "agency on_list"),
        ("staff", "agent exam_on"),
        ("staff", "agent trained_on"),
        ("pipia", "assessed_on"),
        ("complaints", "received_on answered_on complaint_source"),
        ("rights_requests", "received_on answered_on"),
        ("collection_log", "event_time target_number"),
        ("collection_log", "event_time channel agent"),
        ("collection_log", "event_time channel answered"),
        ("collection_log", "event_time channel target_role"),
        ("recording_index", "event_time recording"),
        ("message_log", "event_time text"),
        ("collection_log", "event_time channel"),
        ("incidents", "discovered_at grade"),
        ("incidents", "discovered_at reported_at"),
        ("loan_book", "loan opened_on"),
        ("loan_book", "loan closed_on"),
        ("contacts", "borrower contact_number"),
    )
)
#: kind → words in a path
_BY_NAME: tuple[tuple[str, str], ...] = (
    ("backup", r"backup|bak\b|archive|备份|归档"),
    ("test_data", r"\btest|\bdev\b|fixture|mock|测试"),
    ("outbound", r"outbox|outbound|to_agency|委外|外发|对外"),
    ("published", r"public\b|www|公开|公示"),
    ("credit_reports", r"credit.?report|征信"),
    ("export", r"export|report|导出|报表"),
)
#: kind → words in the name of a file whose columns say nothing
_BY_FILE: tuple[tuple[str, str], ...] = (
    ("repayments", r"repay|transaction|还款|流水"),
    ("recording_index", r"recording|录音"),
    ("message_log", r"sms|messages?[_.-]|notes?[_.-]|短信|催记"),
    ("collection_log", r"call_?log|collection_?(log|events?)|催收记录|外呼"),
    ("contacts", r"contacts?[_.-]|phone_?book|通讯录|联系人"),
    ("loan_book", r"loans?[_.-]|loan_?book|借据|贷款台账|放款"),
)
_LOG = re.compile(r"\.log\b|log[-_.]?\d|/logs?/|\.out\b", re.IGNORECASE)
_CONFIGURATION = re.compile(r"\.(properties|ini|conf|cfg|env|toml)$", re.IGNORECASE)
#: more files than this of one dataset are named by patterns, if so few fit them alone
_MANY = 12
_FEW = 3
#: keys of a dataset that no file tells
_FACTS = "owner, system, purpose, legal_basis, data_subjects, retention, region, environment, encryption, access_roles"
#: what a draft says beside data
_SAYS: Mapping[str, tuple[str, str]] = {
    "head": (
        "Draft of the catalogue of {title}. Lines with ??? ask for what only people know.\nEvery key: pii-audit policy schema catalogue",
        "{title} 的数据目录草稿。带 ??? 的行须由人填写。\n全部字段：pii-audit policy schema catalogue",
    ),
    "organisation": ("one of bank, consumer_finance, micro_loan, platform, agency, credit_bureau", "选填 bank、consumer_finance、micro_loan、platform、agency、credit_bureau"),
    "policies": ("more: {names}", "另有：{names}"),
    "undecided": ("what it is could not be told", "未能判断是何种数据"),
    "recipient": ("recipient: which of the recipients below", "recipient（接收方）：填写下面 recipients 之一"),
    "found": ("found here: {names}; list under entities what belongs here", "此处发现：{names}；应有的列入 entities"),
    "binding": ("columns as their headers say, used as they are; correct them or take them over", "按列名识别的列，默认即按此使用；请更正或采用"),
    "unbound": ("no column says {names}", "没有列对应 {names}"),
    "left": ("not listed, since its name holds personal data; give a pattern that fits it", "名称含个人信息，未列出；请用通配符指定"),
    "unnamed": ("not listed, since its name cannot be written here; give a pattern that fits it", "名称无法写入本文件，未列出；请用通配符指定"),
    "unread": ("could not be read", "未能读取"),
    "recipients": ("recipients: who receives data", "recipients（接收方）"),
}


@dataclass(frozen=True)
class Seen:
    """One file: its path, whether its first table is lines of text, its headers, the entity types in it."""

    path: str
    text: bool
    headers: tuple[str, ...]
    entities: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """A catalogue in draft. ``left``: files that it does not name, as they may be shown; ``unread``: what is unknown."""

    text: str
    datasets: int
    left: tuple[str, ...]
    unread: tuple[str, ...]


def kind_of(seen: Seen) -> str:
    """Return the kind of dataset that a file looks like, ``other`` if it looks like none."""
    lowered = seen.path.lower()
    if seen.text or not seen.headers or _LOG.search(lowered):
        by_roles = None
    else:
        roles = set(guess(seen.headers, ROLES))
        by_roles = next((kind for kind, wanted in _BY_ROLES if wanted <= roles), None)
    if by_roles in REGISTERS:
        return by_roles
    if by_name := next((kind for kind, words in _BY_NAME if re.search(words, lowered)), None):
        return by_name
    known = {"PERSON", "CN_RESIDENT_ID"} <= set(seen.entities)
    if by_roles == "contacts" and known:
        return "borrower_master"
    if by_roles:
        return by_roles
    if _CONFIGURATION.search(lowered):
        return "configuration"
    file = lowered.rsplit("/", 1)[-1]
    if seen.entities and (by_file := next((kind for kind, words in _BY_FILE if re.search(words, file)), None)):
        return by_file
    if _LOG.search(lowered):
        return "application_log"
    if "CONTACT_LIST" in seen.entities:
        return "contacts"
    return "borrower_master" if known and seen.headers else "other"


def _roles_of(kind: str) -> tuple[str, ...]:
    """Return the roles that some rule asks of this kind."""
    asked = (r for rule in rules().values() for r in rule.reads if r.relation == ROWS and kind in (r.kinds or (kind,)))
    return tuple(dict.fromkeys(role for reads in asked for role in (*reads.needs, *reads.uses)))


def _needed(kind: str) -> tuple[str, ...]:
    """Return the roles without which most rules on this kind cannot be tested."""
    asked = [r for rule in rules().values() for r in rule.reads[:1] if r.relation == ROWS and r.kinds and kind in r.kinds]
    counts = Counter(role for reads in asked for role in reads.needs)
    return tuple(role for role, n in counts.most_common() if 2 * n >= len(asked))


def draft(files: Iterable[Seen], title: str, lang: str = "en", left: Sequence[str] = (), unread: Sequence[str] = ()) -> Draft:
    """Return a catalogue with one dataset per kind, folder and set of headers.

    ``title``: the folder; ``left``: files that must not be named; ``unread``: what could not be read. All three as they
    may be shown. Names of files and columns stay data, whatever is in them.
    """

    def says(message: str, **values: str) -> str:
        return _SAYS[message][lang == "zh"].format(**values)

    seen_files = list(files)
    unnamed = [visible(seen.path) for seen in seen_files if not _writable(seen.path)]
    groups: dict[tuple[str, str, tuple[str, ...]], list[Seen]] = {}
    for seen in seen_files:
        if _writable(seen.path):
            groups.setdefault((os.path.dirname(seen.path), kind_of(seen), seen.headers), []).append(seen)
    every = [seen.path for seen in seen_files]
    policies = ["baseline", "retention", "sharing", "exposure", "minimisation", "collection"]
    more = ", ".join(name for name in packs() if name not in policies)
    lines = [f"# {line}" for line in says("head", title=title).split("\n")]
    lines += ["organisation:", f"  kind: other  # ??? {says('organisation')}"]
    lines += [f"policies: [{', '.join(policies)}]  # {says('policies', names=more)}", "datasets:"]
    undecided = f"  # ??? {says('undecided')}"
    names: set[str] = set()
    for (folder, kind, headers), group in groups.items():
        name = _name(os.path.basename(group[0].path) if len(group) == 1 else kind if kind != "other" else os.path.basename(folder), names)
        lines += [f"  {_text(name)}:", f"    paths: [{', '.join(map(_text, _paths([seen.path for seen in group], every)))}]"]
        lines += [f"    kind: {kind}{undecided if kind == 'other' else ''}"]
        lines += [f"    # ??? {_FACTS}"]
        if kind == "outbound":
            lines.append(f"    # ??? {says('recipient')}")
        if entities := sorted({entity for seen in group for entity in seen.entities}):
            lines.append(f"    # {says('found', names=', '.join(entities))}")
        asked = _roles_of(kind)
        if binding := guess(headers, asked):
            lines += [f"    # {says('binding')}", f"    # binding: {{{', '.join(f'{role}: {_text(header)}' for role, header in binding.items())}}}"]
        if headers and (unbound := [role for role in _needed(kind) if role not in binding]):
            lines.append(f"    # ??? {says('unbound', names=', '.join(unbound))}")
    lines += [f"# ??? {says('left')}: {name}" for name in left]
    lines += [f"# ??? {says('unnamed')}: {name}" for name in unnamed]
    lines += [f"# ??? {says('unread')}: {name}" for name in unread]
    lines += [f"# ??? {says('recipients')}", "# recipients:", "#   AG01: {type: agency, country: CN, contract: …, contract_until: …, permitted: […]}", ""]
    return Draft("\n".join(lines), len(groups), (*left, *unnamed), tuple(unread))


def _name(file: str, taken: set[str]) -> str:
    base = re.sub(r"[^A-Za-z0-9\u4e00-\u9fff]+", "_", file.partition(".")[0] or file).strip("_")[:48] or "dataset"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name


def _paths(paths: list[str], every: list[str]) -> list[str]:
    """Return the paths of a dataset; patterns if they are many, and a few patterns fit them and no other file."""
    paths = ["./-" if path == "-" else path for path in paths]  # a file of that name, not standard input
    if len(paths) <= _MANY or any(set("*?[") & set(path) for path in paths):
        return paths
    folder = os.path.dirname(paths[0])
    files = [os.path.basename(path) for path in paths]
    beside = [os.path.basename(path) for path in every if os.path.dirname(path) == folder] + [CATALOGUE_NAME]
    for made in ([re.sub(r"[0-9]+(?:[-_.]?[0-9]+)*", "*", file) for file in files], [f"*{os.path.splitext(file)[1]}" for file in files]):
        patterns = sorted(set(made))
        fits = [file for file in beside if any(fnmatch.fnmatchcase(file, pattern) for pattern in patterns)]
        if len(patterns) <= _FEW and sorted(fits) == sorted(files):
            return [os.path.join(folder, pattern) for pattern in patterns]
    return paths


def _writable(path: str) -> bool:
    """Return whether a name can stand in YAML: bytes that are no UTF-8 cannot."""
    return not any("\ud800" <= char <= "\udfff" for char in path)


#: words that YAML reads as something else than text
_SPECIAL = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def _text(value: str) -> str:
    """Return a text as YAML on one line."""
    if re.fullmatch(r"[A-Za-z\u4e00-\u9fff][A-Za-z0-9_./\u4e00-\u9fff-]*", value) and value.lower() not in _SPECIAL:
        return value
    made = (f"\\{char}" if char in '"\\' else char if char.isprintable() else f"\\U{ord(char):08x}" for char in value)
    return f'"{"".join(made)}"'
