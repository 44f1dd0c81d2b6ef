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
        "生效的 {rules}中，{tested} 条可完全检验，{partly} 条可部分检验，{untested} 条无法检验。",
    ),
    # judgement
    "section.violations.high": ("High severity: {rules} broken", "严重程度高：违反 {rules}"),
    "section.violations.medium": ("Medium severity: {rules} broken", "严重程度中：违反 {rules}"),
    "section.violations.low": ("Low severity: {rules} broken", "严重程度低：违反 {rules}"),
    "section.violations.info": ("For information", "供参考"),
    "section.not_testable": ("Not testable, wholly or in part: {rules}", "无法检验或只能部分检验：{rules}"),
    "section.exemptions": ("Accepted", "豁免"),
    "section.articles": ("Articles concerned, with the number of rules broken", "涉及条款及违反的规则数"),
    "section.datasets": ("By dataset: rules broken", "按数据集：违反的规则数"),
    "section.deletions": ("To be deleted: past their period, statutory minimum included", "应删除：已过保存期限（含法定最短期限）"),
    "section.bindings": ("Columns and what they were taken for", "列与角色的对应"),
    "section.guessed": ("Columns bound by their headers alone; confirm or correct them under binding", "仅按列名识别的列，请在 binding 中确认或更正"),
    "section.record": ("Record of processing activities (PIPL 55, 56)", "个人信息处理活动记录（《个人信息保护法》第55条、第56条）"),
    "binding.guessed": (" (guessed)", "（按列名推定）"),
    "deletions.list": ("every row, with its owner: --places FILE, action delete", "逐行清单及负责人：--places 文件，action 为 delete"),
    "article.article": ("Art. {n}", "第{n}条"),
    "article.clause": ("cl. {n}", "第{n}条"),
    "article.annex": ("annex {n}", "附件第{n}点"),
    "article.broken": ("broken {rules}", "违反 {rules}"),
    "article.kept": ("nothing found by {rules}", "未发现问题 {rules}"),
    "article.untested": ("not testable {rules}", "无法检验 {rules}"),
    "record.state": (
        "{datasets}; with personal data and something undeclared: {gaps}",
        "共 {datasets}，其中含个人信息而登记不全的 {gaps} 个",
    ),
    "record.how": ("The record itself: --verbose, or a report to a file", "完整记录：--verbose，或将报告写入文件"),
    "record.missing": ("not declared: {names}", "未登记：{names}"),
    "record.from": (" from {role}", "，自 {role} 起算"),
    "record.least": (", at least {period}", "，法定至少 {period}"),
    "record.purpose": ("purpose", "处理目的"),
    "record.legal_basis": ("legal basis", "合法性基础"),
    "record.data_subjects": ("data subjects", "个人信息主体"),
    "record.entities": ("declared types", "登记的信息种类"),
    "record.found": ("found types", "发现的信息种类"),
    "record.retention": ("retention", "保存期限"),
    "record.recipient": ("recipient", "接收方"),
    "record.owner": ("owner", "负责人"),
    "record.system": ("system", "系统"),
    "record.region": ("stored in", "存储地"),
    "record.environment": ("environment", "环境"),
    "record.encryption": ("encryption", "加密"),
    "record.access_roles": ("roles with access", "访问角色"),
    "record.pipia": ("impact assessment", "影响评估"),
    "left.names": (" and {n} more", " 等，另 {n} 个"),
    "left.datasets": ("and {datasets}: {names}", "另有 {datasets}：{names}"),
    "language.limits": (
        "Rules on language (threats, insults …) help to choose what to listen to and measure nothing: of new wordings, the lexicon caught 51 of 96, and 24 of 66 harder ones.",
        "言语类规则（威胁、侮辱等）仅用于辅助抽听，不代表已查全：对未经调整的新说法，词库在 96 种中识别出 51 种，在 66 种更难的说法中识别出 24 种。",
    ),
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
    # words that rules and catalogues use
    "aspect.unknown": ("unknown", "不明"),
    "aspect.call": ("call", "电话"),
    "aspect.ai_call": ("call by machine", "智能外呼"),
    "aspect.sms": ("short message", "短信"),
    "aspect.im": ("instant message", "即时消息"),
    "aspect.email": ("e-mail", "电子邮件"),
    "aspect.letter": ("letter", "信函"),
    "aspect.visit": ("visit", "外访"),
    "aspect.overdue": ("overdue", "逾期"),
    "aspect.never": ("never", "从未"),
    "aspect.off-list": ("off the list", "不在名单内"),
    "aspect.no-exam": ("no exam", "未考核"),
    "aspect.before-exam": ("before the exam", "考核之前"),
    "aspect.nameless": ("without an id", "无工号"),
    "aspect.refused": ("refused", "已拒绝"),
    "aspect.stop-request": ("asked to stop", "要求停止"),
    "aspect.after": ("after the contract", "合同期后"),
    "aspect.before": ("before the contract", "合同期前"),
    "aspect.not closed": ("not closed", "未办结"),
    "aspect.closed": ("closed", "已结清或已办结"),
    "aspect.cancelled": ("cancelled", "已注销"),
    "aspect.withdrawn": ("withdrawn", "已撤回"),
    "aspect.written_off": ("written off", "已核销"),
    "aspect.late": ("late", "逾期"),
    "aspect.not done": ("not done", "未完成"),
    "aspect.no retention period": ("no retention period", "无保存期限"),
    "aspect.no purpose": ("no purpose", "无处理目的"),
    "aspect.date in its name": ("date in its name", "文件名所示日期"),
    "aspect.last change": ("last change", "最后修改日期"),
    "aspect.persons": ("persons", "人数"),
    "aspect.sensitive": ("persons with sensitive data", "敏感个人信息人数"),
    "aspect.no-notice": ("no notice", "未告知"),
    "aspect.late-notice": ("late notice", "告知过晚"),
    "aspect.general": ("general", "一般"),
    "aspect.larger": ("larger", "较大"),
    "aspect.major": ("major", "重大"),
    "aspect.extraordinary": ("extraordinary", "特别重大"),
    "aspect.handler": ("another handler", "其他处理者"),
    "aspect.joint": ("joint handler", "共同处理者"),
    "aspect.entrusted": ("entrusted party", "受托人"),
    "aspect.contact": ("contact", "联系人"),
    "aspect.third": ("third person", "第三人"),
    "aspect.guarantor": ("guarantor", "担保人"),
    "aspect.co_debtor": ("co-debtor", "共同债务人"),
    "aspect.debtor": ("debtor", "债务人"),
    "aspect.undeclared": ("undeclared", "未登记"),
    "aspect.consent": ("consent", "同意"),
    "aspect.contract": ("contract", "合同"),
    "aspect.legal_duty": ("legal duty", "法定职责或义务"),
    "aspect.public_health_or_emergency": ("public health or emergency", "突发公共卫生事件或紧急情况"),
    "aspect.news_or_public_interest": ("news or public interest", "新闻报道或舆论监督"),
    "aspect.already_public": ("already public", "已公开"),
    "aspect.other_law": ("other law", "法律规定的其他情形"),
    "aspect.agency": ("agency", "催收机构"),
    "aspect.bureau": ("bureau", "征信机构"),
    "aspect.cloud": ("cloud", "云服务商"),
    "aspect.affiliate": ("affiliate", "关联方"),
    "aspect.vendor": ("vendor", "供应商"),
    "aspect.regulator": ("regulator", "主管机关"),
    "aspect.other": ("other", "其他"),
    "aspect.cloud_drive": ("cloud drive", "网盘"),
    "aspect.removable": ("removable medium", "移动介质"),
    "aspect.paper": ("paper", "纸质"),
    "aspect.pbc": ("PBC", "人民银行"),
    "aspect.nfra": ("NFRA", "金融监管部门"),
    "aspect.direct": ("direct", "直接投诉"),
    "aspect.whereabouts-credit-property": ("whereabouts, credit or property", "行踪、征信或财产信息"),
    "aspect.communication-records": ("communication records", "通信记录"),
    "aspect.whereabouts-credit-property-insider": ("whereabouts, credit or property, for insiders", "行踪、征信或财产信息（内部人员标准）"),
    "aspect.communication-records-insider": ("communication records, for insiders", "通信记录（内部人员标准）"),
    "aspect.other-insider": ("other, for insiders", "其他信息（内部人员标准）"),
    "aspect.assessment": ("assessment", "安全评估"),
    "aspect.standard contract or certification": ("standard contract or certification", "标准合同或认证"),
    "aspect.purpose": ("purpose", "处理目的"),
    "aspect.fields": ("fields", "信息种类"),
    "aspect.recipient": ("recipient", "接收方"),
    "aspect.transfer": ("way of transfer", "传输方式"),
    "aspect.agent": ("agent", "催收员"),
    "aspect.borrower": ("borrower", "借款人"),
    "aspect.channel": ("channel", "联系方式"),
    "aspect.target_number": ("number", "被联系号码"),
    "aspect.period": ("period", "期限"),
    "aspect.method": ("method", "处理方式"),
    "aspect.types": ("types", "信息种类"),
    "aspect.measures": ("measures", "保护措施"),
    "aspect.duties": ("duties", "权利义务"),
    "aspect.storage_period": ("storage period", "保存期限"),
    "aspect.onward": ("onward sharing", "转委托"),
    "aspect.production": ("production", "生产"),
    "aspect.test": ("test", "测试"),
    "aspect.development": ("development", "开发"),
    "aspect.archive": ("archive", "归档"),
    "aspect.endpoint": ("endpoint", "终端"),
    "aspect.public": ("public", "公开"),
    "aspect.none": ("none", "未加密"),
    "aspect.at_rest": ("at rest", "静态加密"),
    "aspect.field": ("by field", "字段级加密"),
    # draft of a catalogue
    "init.done": (
        "pii-audit: {path} drafted with {datasets}; fill in what it asks for, then run: pii-audit audit {path}",
        "pii-audit：已起草 {path}，含 {datasets}；请补全其中 ??? 各项，然后运行：pii-audit audit {path}",
    ),
    "init.left": ("pii-audit: not in the draft: {name}", "pii-audit：未列入草稿：{name}"),
    "init.replace": ("{path} exists already; replace it?", "{path} 已存在，是否覆盖？"),
    # where a person occurs
    "subject.found": ("Identifier {n}: {places} in {datasets}", "标识符 {n}：出现于 {datasets}，共 {places}"),
    "subject.none": ("Identifier {n}: does not occur", "标识符 {n}：未出现"),
    "subject.keep": ("kept {keep}", "保存期限 {keep}"),
    "dated.name": ("date in its name", "文件名所示日期"),
    "dated.modified": ("file last changed", "文件最后修改"),
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
    "head.degree": ("PIPL 73", "个保法第73条"),
    "head.reversible": ("reversible", "可还原"),
    "head.keeps_joins": ("keeps joins", "可关联"),
    "head.needs_key": ("needs a key", "需要密钥"),
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
    "explain.operator": ("Operator", "处理方式"),
    "explain.reversible": ("can be reversed with the key", "凭密钥可还原"),
    "explain.keeps_joins": ("equal values stay equal", "相同值结果相同"),
    "explain.needs_key": ("needs a key", "需要密钥"),
    "explain.per_row": ("works on rows, not on pieces of text", "按行处理，不用于文本片段"),
    "explain.parameters": ("Parameters", "参数"),
    "explain.must": ("must be given", "必填"),
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
    "clear": ("in clear", "明文"),
    "de-identified": ("de-identified", "去标识化"),
    "anonymised": ("anonymised", "匿名化"),
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
