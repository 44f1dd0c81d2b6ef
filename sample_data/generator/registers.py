"""The compliance registers an audit compares the data with; each has entries that break a rule."""

from __future__ import annotations

from collections.abc import Sequence

from lender import Loan
from people import Town
from planting import Cell, Ledger, plant
from writers import delimited

Rows = list[list[Cell]]


def everything(ledger: Ledger, town: Town, book: Sequence[Loan]) -> None:
    """Write all registers, one CSV file each."""
    for name, (header, rows) in {
        "staff": _staff(ledger, town),
        "agencies": _agencies(ledger),
        "agency_reviews": _agency_reviews(ledger),
        "complaints": _complaints(ledger, town),
        "sharing_log": _sharing_log(ledger),
        "consents": _consents(ledger, town),
        "pipia": _assessments(ledger),
        "deletion_records": _deletions(ledger, book),
        "rights_requests": _requests(ledger, town),
        "incidents": _incidents(ledger),
    }.items():
        path = f"registers/{name}.csv"
        ledger.write(path, delimited(header.split(), rows).encode())
        ledger.table(path, "delimited", "utf-8", header.split(), rows)


def _staff(ledger: Ledger, town: Town) -> tuple[str, Rows]:
    header = "agent_id 姓名 手机号 org_id hired_on exam_on first_case_on last_training_on violence_record"
    rows: Rows = []
    for n in range(1, 13):
        agent = f"A{n:03d}"
        dates = ["2023-05-08", "2023-05-19", "2023-05-22", f"2025-{n % 4 + 7:02d}-1{n % 9}"]
        if agent == "A011":
            dates[3] = "2025-03-09"
        if agent == "A012":
            dates[1:3] = "2026-03-20", "2026-03-02"
        phone = plant("CN_MOBILE_PHONE", town.fresh_mobile()) if n % 4 else ""
        org = ("SELF", "AG01", "AG02")[n % 3]
        rows.append([agent, plant("PERSON", town.name()), phone, org, *dates, "1" if agent == "A010" else "0"])
    ledger.audit["staff-training-overdue"].append("A011")
    ledger.audit["staff-started-before-exam"].append("A012")
    ledger.audit["staff-with-record-of-violence"].append("A010")
    return header, rows


def _agencies(ledger: Ledger) -> tuple[str, Rows]:
    header = "org_id org_title on_list contract_from contract_to permitted_fields purposes violent_record"
    fields = "case_no;cust_name;mobile;balance"
    ledger.audit["agency-contract-ended-before-sharing"].append("AG03")
    return header, [
        ["AG01", "华信信用管理有限公司", "1", "2025-01-01", "2026-12-31", fields, "collection", "0"],
        ["AG02", "中诚资产服务有限公司", "1", "2025-07-01", "2026-06-30", fields, "collection", "0"],
        ["AG03", "宏远商务咨询有限公司", "1", "2024-01-01", "2025-12-31", fields, "collection", "0"],
        ["AG04", "金盾法务服务有限公司", "0", "2023-01-01", "2023-12-31", fields, "collection", "1"],
    ]


def _agency_reviews(ledger: Ledger) -> tuple[str, Rows]:
    ledger.audit["agency-review-overdue"].append("AG02")
    return "review_id org_id reviewed_on result reviewer_dept", [
        ["V001", "AG01", "2025-11-20", "合格", "合规部"],
        ["V002", "AG02", "2025-06-02", "合格", "合规部"],
        ["V003", "AG03", "2025-10-15", "整改", "合规部"],
    ]


def _complaints(ledger: Ledger, town: Town) -> tuple[str, Rows]:
    header = "complaint_id source received_on answered_on closed_on debtor_id 联系电话 summary file_destroyed_on"
    rows: Rows = []
    for n in range(20):
        month = n % 6 + 1
        answered = f"2026-{month:02d}-{n % 9 + 12:02d}"  # eleven days
        row: list[Cell] = [f"C2026-{n:04d}", "direct" if n % 3 else "PBC", f"2026-{month:02d}-0{n % 9 + 1}", answered, answered]
        if n == 6:
            row[2:5] = "2026-01-03", "2026-01-19", "2026-01-19"  # sixteen days
            ledger.audit["complaint-answered-late"].append(str(row[0]))
        if n == 9:
            row[2:5] = "2026-04-01", "2026-04-16", "2026-04-16"  # fifteen days: in time
        if n == 12:
            row[2:5] = "2026-01-05", "", ""
            ledger.audit["complaint-answered-late"].append(str(row[0]))
        phone = plant("CN_MOBILE_PHONE", town.borrowers[n * 9].mobile) if n % 4 == 1 else ""
        rows.append([*row, f"D{770001 + n * 13}", phone, ("投诉频繁致电", "投诉联系家人", "咨询还款方案")[n % 3], ""])
    rows.append(["C2022-0113", "PBC", "2022-05-04", "2022-05-12", "2022-05-12", "D700113", "", "投诉利率", "2024-02-01"])
    ledger.audit["complaint-file-destroyed-early"].append("C2022-0113")
    return header, rows


def _sharing_log(ledger: Ledger) -> tuple[str, Rows]:
    header = "share_id shared_at recipient country channel purpose field_list subject_count dpa_no separate_consent pipia_id file_ref"
    full = "姓名;身份证号;手机号;银行卡号;家庭地址;单位名称"
    for breach, share in (
        ("agency-got-direct-identifiers", "S0002"),
        ("shared-after-contract-end", "S0003"),
        ("shared-by-forbidden-channel", "S0004"),
        ("shared-without-separate-consent", "S0005"),
        ("cross-border-without-assessment", "S0006"),
        ("impact-assessment-after-transfer", "S0007"),
        ("sharing-log-incomplete", "S0008"),
        ("onward-sharing", "S0009"),
    ):
        ledger.audit[breach].append(share)
    return header, [
        ["S0001", "2026-02-03T10:00:00+08:00", "AG02", "CN", "sftp", "collection", "姓名;手机号", "36", "P-1", "1", "I01", ""],
        ["S0002", "2026-03-05T11:20:00+08:00", "AG01", "CN", "sftp", "collection", full, "40", "P-2", "1", "I01", "outbox/AG01_20260305/cases.csv"],
        ["S0003", "2026-03-18T09:45:00+08:00", "AG03", "CN", "sftp", "collection", "姓名;手机号", "25", "P-3", "1", "I01", "outbox/AG03_20260318/detail.tsv"],
        ["S0004", "2026-03-20T15:02:00+08:00", "AG01", "CN", "mail", "collection", "姓名;手机号", "12", "P-2", "1", "I01", ""],
        ["S0005", "2026-03-23T15:30:00+08:00", "征信服务商", "CN", "api", "scoring", "身份证号;手机号", "980", "P-4", "0", "I02", ""],
        ["S0006", "2026-04-02T02:00:00Z", "云服务商新加坡", "SG", "api", "hosting", "身份证号;手机号;银行卡号", "10450", "P-5", "1", "", ""],
        ["S0007", "2026-04-08T09:00:00+08:00", "AG02", "CN", "sftp", "collection", "姓名;手机号", "44", "P-1", "1", "I03", ""],
        ["S0008", "2026-04-15T09:00:00+08:00", "AG02", "CN", "sftp", "", "", "", "P-1", "1", "I01", ""],
        ["S0009", "2026-04-21T09:00:00+08:00", "AG01→AG05", "CN", "sftp", "collection", "姓名;手机号", "9", "P-2", "1", "I01", ""],
    ]


def _consents(ledger: Ledger, town: Town) -> tuple[str, Rows]:
    header = "consent_id borrower_id mobile purpose scope given_on expires_on withdrawn_on separate default_ticked"
    rows: Rows = []
    for n, who in enumerate(town.borrowers[:90]):
        expires, withdrawn = f"{2026 + n % 3}-12-31", ""
        if n % 15 == 4:
            expires = "2025-12-31"
            ledger.audit["consent-expired"].append(who.number)
        if n % 30 == 7:
            withdrawn = "2026-02-14"
            ledger.audit["consent-withdrawn"].append(who.number)
        scope = ("loan", "loan;contacts", "loan;marketing")[n % 3]
        ticked = "1" if n == 11 else "0"
        rows.append([f"N{n + 1:05d}", who.number, who.v_mobile, "lending", scope, f"2024-0{n % 9 + 1}-11", expires, withdrawn, str(n % 2), ticked])
    ledger.audit["consent-ticked-by-default"].append("N00012")
    for n, withdrawn in ((2, "2026-03-01"), (3, "")):
        # see the messages of March
        rows.append([f"N{n + 89:05d}", town.borrowers[n].number, "", "marketing", "", "2025-06-11", "2027-12-31", withdrawn, "1", "0"])
    return header, rows


def _assessments(ledger: Ledger) -> tuple[str, Rows]:
    ledger.audit["impact-assessment-destroyed-early"].append("I00")
    return "pipia_id subject assessed_on kept_until", [
        ["I00", "委托催收", "2023-06-01", "2025-06-01"],
        ["I01", "委托催收", "2025-06-10", "2028-06-10"],
        ["I02", "征信查询", "2025-08-01", "2028-08-01"],
        ["I03", "新增字段对外提供", "2026-04-30", "2029-04-30"],
    ]


def _deletions(ledger: Ledger, book: Sequence[Loan]) -> tuple[str, Rows]:
    header = "record_id dataset loan_no basis due_on deleted_on method operator_id"
    closed = [loan for loan in book if loan.closed]
    rows: Rows = []
    for n, loan in enumerate(closed[:12]):
        # the record says deleted, the loan book still has the row
        ledger.audit["deleted-but-still-there"].append(loan.number)
        rows.append([f"X{n + 1:04d}", "core/loan_book.csv", loan.v_number, "保存期限届满", "2026-01-31", "2026-02-0" + str(n % 9 + 1), "物理删除", "A001"])
    rows.append(["X0013", "core/repayments.parquet", "", "用户注销", "2026-03-01", "", "", ""])
    ledger.audit["deletion-overdue"].append("X0013")
    rows.append(["X0014", "collection/recordings", "", "清理空间", "", "2025-09-01", "物理删除", "A002"])
    ledger.audit["deletion-without-due-date"].append("X0014")
    return header, rows


def _requests(ledger: Ledger, town: Town) -> tuple[str, Rows]:
    rows: Rows = []
    for n, kind in enumerate(("查阅", "更正", "删除", "撤回同意", "复制", "注销")):
        answered = "" if kind == "删除" else f"2026-04-{n + 10}"
        rows.append([f"Q{n + 1:03d}", f"2026-04-0{n + 1}", kind, town.borrowers[n * 5].number, town.borrowers[n * 5].v_mobile, answered])
    ledger.audit["rights-request-unanswered"].append("Q003")
    return "request_id received_on kind borrower_id mobile answered_on", rows


def _incidents(ledger: Ledger) -> tuple[str, Rows]:
    for breach, incident in (
        ("incident-reported-late", "F002"),
        ("larger-incident-briefed-late", "F004"),
        ("larger-incident-reported-late", "F005"),
        ("incident-without-notice", "F006"),
        ("incident-never-reported", "F008"),
        ("incident-to-be-reported", "F009"),
    ):
        ledger.audit[breach].append(incident)
    return "incident_id summary level discovered_at brief_at reported_at notified_on harm_avoided", [
        # seventy-two hours, and a second more
        ["F001", "邮件误发", "一般", "2026-01-12T09:00:00+08:00", "", "2026-01-15T09:00:00+08:00", "2026-01-16", "0"],
        ["F002", "笔记本电脑遗失", "一般", "2026-02-03T14:20:00+08:00", "", "2026-02-06T14:20:01+08:00", "2026-02-07", "0"],
        # one hour and a day, then a second more of the one and of the other
        ["F003", "接口越权查询", "较大", "2026-03-08T22:10:00+08:00", "2026-03-08T23:10:00+08:00", "2026-03-09T22:10:00+08:00", "2026-03-10", "0"],
        ["F004", "数据库端口暴露", "较大", "2026-04-11T08:00:00+08:00", "2026-04-11T09:00:01+08:00", "2026-04-12T08:00:00+08:00", "2026-04-13", "0"],
        ["F005", "外包人员导出名单", "较大", "2026-04-20T02:30:00Z", "2026-04-20T11:00:00+08:00", "2026-04-21T10:30:01+08:00", "2026-04-22", "0"],
        ["F006", "催收名单外泄", "一般", "2026-05-06T16:00:00+08:00", "", "2026-05-07T10:00:00+08:00", "", "0"],
        ["F007", "加密硬盘遗失", "一般", "2026-05-18T11:30:00+08:00", "", "2026-05-19T09:00:00+08:00", "", "1"],
        ["F008", "短信发错号码", "一般", "2026-05-25T15:00:00+08:00", "", "", "2026-05-26", "0"],
        # its hours are still running
        ["F009", "测试库未脱敏", "一般", "2026-06-29T20:00:00+08:00", "", "", "2026-06-30", "0"],
    ]
