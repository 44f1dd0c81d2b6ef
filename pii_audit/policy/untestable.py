"""What could not be tested, in Chinese: the reasons that ``evaluate.py`` gives, from what is missing."""

from __future__ import annotations

import re

from pii_audit.model.violation import NotTestable
from pii_audit.policy.catalogue import KINDS, REGISTERS
from pii_audit.policy.roles import ROLES

_WITHOUT_ROWS = {
    "its paths match no file, or none but those of other datasets": "路径未匹配到任何文件，或仅匹配到属于其他数据集的文件",
    "what was read is text, not a table": "读到的是文本，不是表格",
    "no row could be read": "没有一行能够读取",
    "it has no row": "没有数据行",
}
_FACTS = {
    "retention": "保存期限", "retention.min": "法定最短保存期限", "owner": "负责人", "purpose": "处理目的", "legal_basis": "合法性基础",
    "environment": "所处环境", "encryption": "加密方式", "region": "存储地区", "since": "起始日期", "recipient": "接收方",
    "contract_until": "合同到期日", "contract_states": "合同约定事项", "country": "所在国家或地区", "relation": "与本机构的关系",
    "permitted": "允许的信息种类", "persons": "处理个人信息的人数", "last_audit": "最近一次合规审计", "last_minors_audit": "最近一次未成年人个人信息审计",
    "last_drill": "最近一次演练", "catalogue_reviewed_on": "数据目录复核日期", "same_auditor": "审计方", "licensed": "征信业务资质",
    "violence_record": "暴力催收记录", "automated_decision": "是否用于自动化决策", "separate_consent": "单独同意", "route_on": "出境路径完成日期",
    "onward": "转委托对象", "purposes": "合同约定的目的", "entities": "应有的信息种类", "others_read": "访问权限",
}  # fmt: skip


def in_chinese(item: NotTestable) -> str:
    """Return the reason in Chinese; the reason as it is where there is no other wording."""
    what, _, name = item.missing.partition(" ")
    role = ROLES[name].title_zh if name in ROLES else name
    some = re.match("([0-9]+) of ([0-9]+) ", item.reason)
    match what:
        case "column" if item.reason.startswith("the catalogue binds"):
            return f"目录为 {name}（{role}）指定的列在任何文件中都不存在"
        case "column" if some:
            return f"{some[2]} 个文件或表中有 {some[1]} 个没有“{role}”列（{name}）"
        case "column":
            return f"没有“{role}”列（{name}）"
        case "values":
            return f"“{role}”（{name}）缺失或无法读取的行"
        case "fact":
            return f"目录未说明{_FACTS.get(name, name)}（{name}）"
        case "recipients":
            return "目录未登记任何接收方"
        case "kind" if name in KINDS:
            return f"目录中没有{'' if name in REGISTERS else '此类数据集：'}{KINDS[name][1]}（{name}）"
        case "date":
            return "有文件无法确定日期"
        case "condition":
            return "部分行无法计算其条件"
        case "rows":
            if found := re.match("[0-9]+(?= files)", item.reason):
                return f"{found[0]} 个文件或其中一部分是文本，不是表格"
            return _WITHOUT_ROWS.get(item.reason.rpartition(": ")[2], item.reason)
    return item.reason
