"""Every sentence people read, in English and Chinese, by message id.

Chinese terms follow the Personal Information Protection Law and GB/T 35273 (个人信息主体, 敏感, 脱敏).
A countable thing is written ``one|many`` in English.
"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    # countable
    "n.source": ("{n} source|{n} sources", "{n} 个数据源"),
    "n.value": ("{n} value|{n} values", "{n} 个值"),
    "n.type": ("{n} type|{n} types", "{n} 类"),
    "n.item": ("{n} item|{n} items", "{n} 项"),
    "n.more_finding": ("{n} more finding|{n} more findings", "另有 {n} 项发现"),
    "n.more_item": ("{n} more|{n} more", "另有 {n} 项"),
    "n.row": ("{n} row|{n} rows", "{n} 行"),
    "n.line": ("{n} line|{n} lines", "{n} 行"),
    "n.worker": ("{n} worker|{n} workers", "{n} 个工作进程"),
    "n.subject": ("{n} data subject|{n} data subjects", "{n} 名个人信息主体"),
    "n.third": ("{n} third person|{n} third persons", "{n} 名第三人"),
    "n.column": ("{n} column|{n} columns", "{n} 列"),
    "n.rule": ("{n} rule|{n} rules", "{n} 条规则"),
    "n.place": ("{n} place|{n} places", "{n} 处"),
    "n.dataset": ("{n} dataset|{n} datasets", "{n} 个数据集"),
    # verdict
    "verdict.clean": ("No personal data found in {sources} ({size}).", "{sources}（{size}）中未发现个人信息。"),
    "verdict.found": (
        "Personal data found: {values} of {types} exposed in {found} of {sources}; highest sensitivity {worst}.",
        "发现个人信息：{sources}中有 {found} 个存在暴露，共 {types}、{values}，最高敏感程度为“{worst}”。",
    ),
    "verdict.nothing": ("Nothing was read.", "没有读取任何数据。"),
    "verdict.incomplete": (
        "Incomplete: {items} could not be read.",
        "结果不完整：{items}未能读取。",
    ),
    "verdict.broken": (
        "Rules broken: {rules} in {datasets}; highest severity {worst}.",
        "违反规则：{datasets}共违反 {rules}，最高严重程度为“{worst}”。",
    ),
    "verdict.kept": ("No rule is broken, as far as rules could be tested.", "在可检验的范围内未发现违规。"),
    "verdict.coverage": (
        "Of {rules} in force, {tested} could be tested wholly, {partly} in part, {untested} not at all.",
        "生效 {rules}，其中完全可检验 {tested} 条，部分可检验 {partly} 条，无法检验 {untested} 条。",
    ),
    # judgement
    "section.violations.high": ("High severity: {n} rules broken", "严重程度高：违反 {n} 条规则"),
    "section.violations.medium": ("Medium severity: {n} rules broken", "严重程度中：违反 {n} 条规则"),
    "section.violations.low": ("Low severity: {n} rules broken", "严重程度低：违反 {n} 条规则"),
    "section.violations.info": ("For information", "供参考"),
    "section.not_testable": ("Not testable, wholly or in part: {n} rules", "无法检验或只能部分检验：{n} 条规则"),
    "section.exemptions": ("Accepted", "豁免"),
    "section.articles": ("Articles concerned (rules broken)", "涉及条款（违反的规则数）"),
    "info": ("info", "提示"),
    "organisation": ("organisation", "本机构"),
    "of_tested": (" of {n} tested ({share})", " / 检验 {n}（{share}）"),
    "owner": ("owner {name}", "负责人 {name}"),
    "at.row": ("row {n}", "第 {n} 行"),
    "at.line": ("line {n}", "第 {n} 行"),
    "place.rows": ("row {rows}", "第 {rows} 行"),
    "remedy": ("→ {text}", "→ {text}"),
    "basis.policy": ("own policy, no law", "机构内部制度，无法律依据"),
    "basis.more": (" and {n} more", " 等，另 {n} 项"),
    "left.reasons": ("{n} further reasons; --verbose shows all", "另有 {n} 项原因；--verbose 显示全部"),
    "exemption.expired": ("expired on {date}: exempts nothing", "已于 {date} 到期，不再豁免"),
    "exemption.holds": ("until {date}; {n} taken out", "有效期至 {date}；已扣除 {n} 项"),
    # draft of a catalogue
    "init.done": (
        "pii-audit: {path} drafted with {datasets}; fill in what it asks for, then run: pii-audit audit {path}",
        "pii-audit：已起草 {path}，含{datasets}；请补全其中 ??? 各项，然后运行：pii-audit audit {path}",
    ),
    "init.left": ("pii-audit: not in the draft: {name}", "pii-audit：未列入草稿：{name}"),
    "init.replace": ("{path} exists already; replace it?", "{path} 已存在，是否覆盖？"),
    # where a person occurs
    "subject.found": ("Identifier {n}: {places} in {datasets}", "标识符 {n}：出现于{datasets}，共 {places}"),
    "subject.none": ("Identifier {n}: does not occur", "标识符 {n}：未出现"),
    "subject.keep": ("kept {keep}", "保存期限 {keep}"),
    "dated.name": ("date in its name", "文件名所示日期"),
    "dated.modified": ("file last changed", "文件最后修改"),
    "subject.dated": ("{role} {date}", "{role} {date}"),
    "subject.must": ("must be kept until {date}", "法定须保存至 {date}"),
    "subject.delete": ("to be deleted from {date} on", "自 {date} 起应删除"),
    "subject.overdue": ("to be deleted since {date}", "已自 {date} 起应删除"),
    "undated.undeclared": ("no retention period declared", "未声明保存期限"),
    "undated.no-column": ("no column for {role}", "没有 {role} 列"),
    "undated.unreadable": ("its {role} cannot be read", "{role} 无法读取"),
    "undated.not-begun": ("no {role} yet: the period has not begun", "尚无 {role}，期限未起算"),
    "undated.no-date": ("nothing dates it", "没有起算日期"),
    # levels and confidence
    "low": ("low", "低"),
    "medium": ("medium", "中"),
    "high": ("high", "高"),
    "certain": ("certain", "确定"),
    "likely": ("likely", "很可能"),
    "possible": ("possible", "可能"),
    # roles
    "direct-identifier": ("direct identifier", "直接标识符"),
    "quasi-identifier": ("quasi-identifier", "准标识符"),
    "sensitive-attribute": ("sensitive attribute", "敏感属性"),
    # what proves a value
    "found.checked": ("check digit", "校验位"),
    "found.pattern": ("shape", "结构"),
    "found.weak": ("shape beside a word or header", "结构加上下文词或列名"),
    "found.labelled": ("label or header", "标签或列名"),
    "found.structure": ("structure of a table or record", "表或记录的结构"),
    "found.elsewhere": ("recognizer", "识别器"),
    # table heads
    "head.level": ("level", "级别"),
    "head.severity": ("severity", "严重程度"),
    "head.policies": ("policies", "所属策略"),
    "head.type": ("kind of data", "数据类型"),
    "head.column": ("column", "列"),
    "head.count": ("values", "数量"),
    "head.distinct": ("distinct", "去重数"),
    "head.share": ("share", "占比"),
    "head.confidence": ("sure", "置信度"),
    "head.name": ("name", "名称"),
    "head.title": ("what it is", "说明"),
    "head.sensitivity": ("sensitivity", "敏感程度"),
    "head.role": ("role", "角色"),
    "head.found": ("found by", "识别依据"),
    "head.suffixes": ("suffixes", "扩展名"),
    "head.default": ("default", "默认启用"),
    # findings
    "section.types": ("By kind of data", "按数据类型汇总"),
    "section.masked": ("Already masked, not counted as exposed", "已脱敏（不计入暴露）"),
    "section.skipped": ("Could not be read", "未能读取"),
    "section.notes": ("Notes", "提示"),
    "pattern.embedded": ("inside text", "文本中夹带"),
    "pattern.name": ("in a name", "出现在名称中"),
    "pattern.rare": ("rare leak", "零星泄露"),
    "pattern.structure": ("by structure", "按结构识别"),
    "first.row": ("first in row {n}", "首见第 {n} 行"),
    "first.line": ("first in line {n}", "首见第 {n} 行"),
    "left.findings": ("… {findings} here: {brief}", "…… 此处{findings}：{brief}"),
    "left.sources": ("… {findings} in {sources}: {brief}", "…… {findings}，分布在 {sources}：{brief}"),
    "left.list": ("… {items}: {codes}", "…… {items}：{codes}"),
    "left.how": ("Everything: --verbose, or --report json=FILE", "查看全部：--verbose，或 --report json=文件"),
    "masked.line": ("{title}: {values} in {sources}", "{title}：{sources}中的 {values}"),
    # end
    "end.run": ("Read {sources}, {size} in {time} ({rate}/s), {workers}", "读取 {sources}，{size}，用时 {time}（{rate}/秒），{workers}"),
    "end.config": ("configuration {path}", "配置文件 {path}"),
    "end.sample": ("sample {sample}: not everything was read", "抽样 {sample}：并非全部读取"),
    "end.values_shown": (
        "Values are shown in clear text, as asked with --show-values: treat this report as personal data.",
        "应 --show-values 要求，本报告含明文个人信息，请按个人信息妥善保管。",
    ),
    # reasons
    "code.missing": ("missing", "不存在"),
    "code.permission": ("no permission", "没有权限"),
    "code.truncated": ("truncated", "被截断"),
    "code.corrupt": ("corrupt", "已损坏"),
    "code.encrypted": ("encrypted", "已加密"),
    "code.too-deep": ("nested too deep", "嵌套过深"),
    "code.ratio": ("expands too much", "压缩比异常"),
    "code.not-a-file": ("not a file", "不是普通文件"),
    "code.undecodable": ("undecodable", "无法解码"),
    "code.changed": ("changed while read", "读取时发生变化"),
    "code.too-large": ("too large", "过大"),
    "code.loop": ("link loop", "链接循环"),
    "code.unreadable": ("unreadable", "无法读取"),
    "code.unsupported": ("not supported", "不支持"),
    "code.malformed": ("malformed", "格式错误"),
    "code.crashed": ("reader crashed", "读取进程异常退出"),
    "code.too-many": ("too many", "数量过多"),
    "code.long-record": ("record too long", "记录过长"),
    "code.symlink": ("symbolic link", "符号链接"),
    "code.grown": ("grew while read", "读取时增长"),
    "code.recognizer": ("recognizer failed", "识别器出错"),
    # notes
    "code.encoding-change": ("encoding changes", "编码中途改变"),
    "code.type-mismatch": ("not what its name says", "内容与扩展名不符"),
    "code.hidden-sheet": ("hidden sheet", "隐藏工作表"),
    "code.link": ("link", "链接"),
    "code.overlap": ("named twice", "目标重叠"),
    "code.excluded": ("excluded", "已排除"),
    "code.encoding": ("encoding", "编码"),
    "code.view": ("view", "视图"),
    "code.embedded": ("embedded content", "内嵌内容"),
    "code.comments": ("comments", "批注"),
    "code.pending-changes": ("changes not yet merged", "有未合并的更改"),
    "code.binary-column": ("binary column", "二进制列"),
    # explain and list
    "explain.source": ("Source", "数据源"),
    "explain.report": ("Report format", "报告格式"),
    "explain.found": ("Found by", "识别依据"),
    "explain.context": ("Context words", "上下文词"),
    "explain.headers": ("Column headers", "列名"),
    "explain.example": ("Example, made up", "示例（虚构）"),
    "explain.category": ("Classified as", "分类分级"),
    "explain.cites": ("Sources", "依据"),
    "explain.suffixes": ("Usual suffixes", "常见扩展名"),
    "explain.extra": ("Needs", "需要安装"),
    "explain.by_default": ("on by default", "默认启用"),
    "explain.on_request": ("only when named in --entities", "仅在 --entities 指定时启用"),
    "explain.sensitivity": ("{level} sensitivity", "敏感程度：{level}"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    # progress
    "progress.compiling": (
        "pii-audit: on the first run the detector is compiled for this machine; this takes a minute or more, once",
        "pii-audit：首次运行时需为本机编译识别器，需一分钟或更久，仅此一次",
    ),
    "progress.findings": ("{n} found", "发现 {n}"),
    "progress.left": ("{time} left", "剩余 {time}"),
}  # fmt: skip


class Words:
    """The messages of one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._at = 1 if lang == "zh" else 0

    def __call__(self, message: str, /, **values: object) -> str:
        """Return a message with its places filled."""
        return WORDS[message][self._at].format(**values)

    def count(self, noun: str, n: int) -> str:
        """Return a number with its noun: ``1 source``, ``2 sources``."""
        one, _, many = WORDS[f"n.{noun}"][self._at].partition("|")
        return (one if n == 1 or not many else many).format(n=f"{n:,}")

    def code(self, code: str) -> str:
        """Return what a reason code means; the code itself if it has no entry."""
        entry = WORDS.get(f"code.{code}")
        return entry[self._at] if entry else code

    def title(self, en: str, zh: str) -> str:
        """Return the title in this language."""
        return zh if self._at else en

    def join(self, parts: list[str]) -> str:
        """Return a list as one text."""
        return ("、" if self._at else ", ").join(parts)


def size(n: float) -> str:
    """Return a number of bytes for people, in powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:,.0f} {unit}" if unit == "B" or n >= 100 else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:,.1f} TB"


def duration(seconds: float) -> str:
    """Return a time for people: ``0.8 s``, ``1:23``, ``2:03:04``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
