"""Files are deleted when their retention period is over."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FILES, Reads, Rule, World, param, place
from pii_audit.policy.rules._periods import kept_until, over


def _exposed(files: ir.Table) -> ir.BooleanValue:
    return files.exposed > 0


def _by_file(files: ir.Table) -> ir.BooleanValue:
    return _exposed(files) & files.keep_until_from.isnull()


@dataclass(frozen=True)
class FileAge(Rule):
    """Asks whether files with personal data are older than the retention period of their dataset.

    Why: old exports, backups and log files are forgotten, not kept for a purpose. The age is that of the date in a name
    or partition (the end of its month or year), else of the last change. Datasets whose period runs from a date of the
    row (``dated_by``) are left to the rule on rows. A statutory minimum wins.
    Example: backup_2019.zip, kept 5 years: in time until 2024-12-31, too old from 2025-01-01.
    Remedy: delete the files, and let rotation or lifecycle rules of the store do it from now on.
    """

    id = "file-age"
    title = "Files kept past their retention period"
    title_zh = "文件超过保存期限"
    remedy_zh = "删除过期文件，并由日志轮转或存储生命周期规则自动执行。"
    example_zh = "backup_2019.zip 保存5年：至2024-12-31合规，自2025-01-01起超期。"
    severity = Severity.MEDIUM
    law = ("RET-01", "RET-04")
    deletes = True
    reads = (Reads(FILES, needs=("keep_months", "latest"), only=_by_file),)

    keep: Period | None = param(PERIOD, None, "how long files are kept; none: as the catalogue declares", "保存期限；空表示按目录声明")
    min: Period | None = param(PERIOD, None, "minimum that wins over keep; none: as the catalogue declares", "法定最短期限，优先于 keep；空表示按目录声明")

    def __post_init__(self) -> None:
        if self.keep:
            object.__setattr__(self, "reads", (Reads(FILES, needs=("latest",), only=_exposed),))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (files,) = tables
        old = files.filter(over(kept_until(files, files.latest, self.keep, self.min), world.as_of))
        return place(old, aspect=ibis.ifelse(old.dated.notnull(), "date in its name", "last change"))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
